"""Who is in which audience, as records of the topic `profiles` say it.

`segmentMembership` of a patch is in the field's form: any namespace, then the audience, then
`status` and `lastQualificationTime`. It is taken out of the patch and becomes no attribute: what is
known of audiences is asked by `inAudience` alone, whether a list or a rule decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.clock import format_instant, parse_instant
from journeys.messages import JsonObject, JsonValue

FIELD = "segmentMembership"
NAMESPACE = "ups"
"""Under which the command line writes; all others are read alike."""
_INSIDE = {"realized": True, "existing": True, "exited": False}
"""Status to whether the person is in the audience."""
NEVER = -1
"""Stands for an instant that is not said."""


class MembershipError(ValueError):
    """What a patch says of audiences has not the form that it should have."""


def membership(audience: str, now: int, *, inside: bool) -> JsonObject:
    """Write a patch that takes a person into an audience, or out of it."""
    status = "realized" if inside else "exited"
    said: JsonObject = {"status": status, "lastQualificationTime": format_instant(now)}
    return {FIELD: {NAMESPACE: {audience: said}}}


def split(patch: JsonObject) -> tuple[JsonObject, dict[str, int | None]]:
    """Take what a patch says of audiences out of it.

    Returns:
        The rest of the patch; and since when the person is in each audience, `NEVER` where the
        patch does not say since when, None where they are not in it.

    Raises:
        MembershipError: it has not the form that it should have.
    """
    if FIELD not in patch:
        return patch, {}
    rest = {name: value for name, value in patch.items() if name != FIELD}
    return rest, dict(_memberships(patch[FIELD]))


def _memberships(value: JsonValue) -> Iterator[tuple[str, int | None]]:
    for namespace, audiences in _fields(value, f"/{FIELD}"):
        for audience, said in _fields(audiences, place := f"/{FIELD}/{namespace}"):
            yield audience, None if said is None else _since(said, f"{place}/{audience}")


def _fields(value: JsonValue, place: str) -> Iterator[tuple[str, JsonValue]]:
    if not isinstance(value, dict):
        message = f"{place}: it must be an object; to take a person out, say `exited` of each"
        raise MembershipError(message)
    yield from value.items()


def _since(said: JsonValue, place: str) -> int | None:
    fields = dict(_fields(said, place))
    inside = _INSIDE.get(str(fields.get("status")))
    if inside is None:
        found = fields.get("status")
        message = f"{place}/status: it is {found!r:.40}; expected one of {', '.join(_INSIDE)}"
        raise MembershipError(message)
    at = fields.get("lastQualificationTime")
    try:
        since = NEVER if at is None else parse_instant(str(at))
    except (ValueError, OverflowError) as error:
        message = f"{place}/lastQualificationTime: it is no instant: {error}"
        raise MembershipError(message) from error
    return since if inside else None
