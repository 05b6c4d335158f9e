"""The action `channel: push`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from journeys.action_kind import LanguageTag, MessageKind, ReadFile, Refusal, TextsSpec
from journeys.channels.push import Push, Urgency, address_of
from journeys.errors import CodecError
from journeys.expressions.types import Kind
from journeys.message_looks import card_page
from journeys.messages import JsonObject, JsonValue
from journeys.outcomes import Reason
from journeys.specification import LastingDuration, shown
from journeys.template import Template, parse_template


class PushTexts(TextsSpec):
    """What a notification says in one more language."""

    needed: ClassVar[tuple[tuple[str, ...], ...]] = (("title",), ("text",))

    title: str | None = None
    """The first line."""
    text: str | None = None
    """The message."""
    link: str | None = None
    """What opens when a person taps it."""


class PushAction(MessageKind):
    """A notification on a device or in a browser."""

    model_config = shown(
        {
            "kind": "action",
            "id": "push_reminder",
            "channel": "push",
            "category": "marketing",
            "to": "#{profile.pushToken}",
            "title": "Your tea is waiting",
            "text": "{{ profile.firstName }}, come back.",
        }
    )

    channel_name: ClassVar[str] = "push"
    shared_endpoint: ClassVar[str | None] = "push"
    """All notifications leave by the one service of the settings."""
    consent_name: ClassVar[str | None] = "push"
    reactions: ClassVar[frozenset[str]] = frozenset({"delivered", "opened", "clicked"})
    address_kinds: ClassVar[tuple[Kind, ...]] = (*MessageKind.address_kinds, Kind.OBJECT)

    channel: Literal["push"]
    to: str | None = None
    """The device's token, such as `#{profile.pushToken}`, or the subscription of a browser, such as
    `#{profile.webPush}`; by default what `journeys.yaml` names as the channel's `address`."""
    title: str
    """The first line."""
    text: str
    """The message."""
    link: str | None = None
    """What opens when a person taps it."""
    data: dict[str, str] = Field(default_factory=dict)
    """Values for the app."""
    languages: Mapping[LanguageTag, PushTexts] = {}
    """Language tag to the texts in that language."""
    ttl: LastingDuration | None = None
    """How long it is kept for a device that cannot be reached; by default four weeks."""
    urgency: Urgency | None = None
    """How much it may cost of a device's battery; by default `normal`."""

    def template(self, read: ReadFile) -> Template:
        """Give the fields of a `Push`, with holes."""
        del read
        fields: dict[str, JsonValue] = {
            "to": self.to,
            "title": self.title,
            "text": self.text,
            "link": self.link,
            "language": self.language,
            "ttl": None if self.ttl is None else -(-self.ttl // 1000),
            "urgency": self.urgency,
        }
        tree = {name: parse_template(value) for name, value in fields.items() if value is not None}
        return ["map", {**tree, "data": parse_template(dict(self.data))}]

    @classmethod
    def refusal(cls, message: JsonObject) -> Refusal | None:
        """A notification needs a token or a subscription, and texts that can be sent."""
        try:
            address_of(message.get("to"))
        except CodecError as error:
            return Reason.NO_ADDRESS, str(error)
        try:
            Push.from_json(message)
        except CodecError as error:
            return Reason.TEMPLATE_ERROR, str(error)
        return None

    @classmethod
    def page(cls, message: JsonObject) -> str:
        """Show the notification as phones show it."""
        title, text, link = (str(message.get(name) or "") for name in ("title", "text", "link"))
        return card_page(title, text, link)
