"""The action `channel: push`."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from journeys.action_kind import ActionKind, ReadFile, Refusal
from journeys.channels.fields import required_text
from journeys.channels.push import Push
from journeys.errors import CodecError
from journeys.messages import JsonObject
from journeys.outcomes import Reason
from journeys.specification import shown
from journeys.template import Template, parse_template


class PushAction(ActionKind):
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

    channel: Literal["push"]
    to: str
    """The device's token, such as `#{profile.pushToken}`."""
    title: str
    """The first line."""
    text: str
    """The message."""
    link: str | None = None
    """What opens when a person taps it."""
    data: dict[str, str] = Field(default_factory=dict)
    """Values for the app."""

    def template(self, read: ReadFile) -> Template:
        """Give the fields of a `Push`, with holes."""
        del read
        fields = {"to": self.to, "title": self.title, "text": self.text, "link": self.link}
        tree = {name: parse_template(value) for name, value in fields.items() if value is not None}
        return ["map", {**tree, "data": parse_template(dict(self.data))}]

    @classmethod
    def refusal(cls, message: JsonObject) -> Refusal | None:
        """A notification needs a token, and texts that can be sent."""
        try:
            required_text(message, "push", "to")
        except CodecError as error:
            return Reason.NO_ADDRESS, str(error)
        try:
            Push.from_json(message)
        except CodecError as error:
            return Reason.TEMPLATE_ERROR, str(error)
        return None
