"""What a profile says of reaching a person: consents to marketing, and addresses that failed.

Consents have the shape of the field (XDM): `consents.marketing.email.val` is `n` where somebody has
refused. An address that bounced, or whose owner complained, is `true` under `suppressed.email`.
"""

from __future__ import annotations

from collections.abc import Mapping

from journeys.messages import JsonObject, JsonValue


def refuses_marketing(attributes: Mapping[str, JsonValue], name: str) -> bool:
    """Say whether the person has said no to marketing on a channel, or on any."""
    marketing = _child(_child(attributes, "consents"), "marketing")
    return any(_child(marketing, each).get("val") == "n" for each in ("any", name))


def is_suppressed(attributes: Mapping[str, JsonValue], channel: str) -> bool:
    """Say whether nothing at all may be sent to the person's address on a channel."""
    return _child(attributes, "suppressed").get(channel) is True


def refused_channels(attributes: Mapping[str, JsonValue]) -> list[str]:
    """Name the channels by which the person refuses marketing; `any` is all."""
    marketing = _child(_child(attributes, "consents"), "marketing")
    return sorted(name for name in marketing if _child(marketing, name).get("val") == "n")


def suppressed_channels(attributes: Mapping[str, JsonValue]) -> list[str]:
    """Name the channels by which nothing may be sent to the person."""
    return sorted(name for name, is_so in _child(attributes, "suppressed").items() if is_so is True)


def learnt(
    attributes: Mapping[str, JsonValue], channel: str, reaction: str, *, permanent: bool
) -> JsonObject | None:
    """Give the patch of a profile that feedback on a message calls for; None: nothing new."""
    match reaction:
        case "bounced" if not permanent:
            return None
        case "bounced" | "complained" if not is_suppressed(attributes, channel):
            return {"suppressed": {channel: True}}
        case "unsubscribed" if not refuses_marketing(attributes, channel):
            return {"consents": {"marketing": {channel: {"val": "n"}}}}
        case _:
            return None


def _child(value: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    child = value.get(name)
    return child if isinstance(child, dict) else {}
