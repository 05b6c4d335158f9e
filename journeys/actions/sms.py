"""The action `channel: sms`."""

from __future__ import annotations

from typing import ClassVar, Literal

from journeys.action_kind import ActionKind, ReadFile, Refusal
from journeys.channels.fields import required_text
from journeys.channels.sms import Sms, check_number
from journeys.errors import CodecError
from journeys.messages import JsonObject
from journeys.outcomes import Reason
from journeys.specification import shown
from journeys.template import Template, parse_template


class SmsAction(ActionKind):
    """A text message to a phone."""

    model_config = shown(
        {
            "kind": "action",
            "id": "sms_reminder",
            "channel": "sms",
            "category": "marketing",
            "to": "#{profile.mobilePhone}",
            "text": "{{ profile.firstName }}, your tea is waiting.",
        }
    )

    channel_name: ClassVar[str] = "sms"
    shared_endpoint: ClassVar[str | None] = "sms"
    """All text messages leave by the one provider of the settings."""
    consent_name: ClassVar[str | None] = "sms"
    reactions: ClassVar[frozenset[str]] = frozenset({"delivered", "bounced", "clicked"})

    channel: Literal["sms"]
    to: str
    """Phone number with its country code, such as `#{profile.mobilePhone}`."""
    text: str
    """The message; a name of a `.txt` file of the project is replaced by its text."""
    sender: str | None = None
    """Number or name that it comes from; by default the provider's."""

    def template(self, read: ReadFile) -> Template:
        """Give the fields of an `Sms`, with holes."""
        text = read(self.text) or self.text
        fields = {"to": self.to, "text": text, "sender": self.sender}
        given = {name: value for name, value in fields.items() if value is not None}
        return ["map", {name: parse_template(value) for name, value in given.items()}]

    @classmethod
    def refusal(cls, message: JsonObject) -> Refusal | None:
        """A text message needs a number, and a text that can be sent."""
        try:
            check_number("sms.to", required_text(message, "sms", "to"))
        except CodecError as error:
            return Reason.NO_ADDRESS, str(error)
        try:
            Sms.from_json(message)
        except CodecError as error:
            return Reason.TEMPLATE_ERROR, str(error)
        return None
