"""The action `channel: sms`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from journeys.action_kind import LanguageTag, MessageKind, ReadFile, Refusal, TextsSpec
from journeys.channels.fields import required_text
from journeys.channels.sms import Sms, check_number
from journeys.channels.sms_parts import parts_of
from journeys.errors import CodecError
from journeys.message_looks import card_page, field_lines
from journeys.messages import JsonObject
from journeys.outcomes import Reason
from journeys.specification import shown
from journeys.template import Template, parse_template


class SmsTexts(TextsSpec):
    """What a text message says in one more language."""

    text: str
    """The message; a name of a `.txt` file of the project is replaced by its text."""
    sender: str | None = None
    """Number or name that it comes from."""


class SmsAction(MessageKind):
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
    text: str
    """The message; a name of a `.txt` file of the project is replaced by its text."""
    languages: Mapping[LanguageTag, SmsTexts] = {}
    """Language tag to the texts in that language."""
    sender: str | None = None
    """Number or name that it comes from; by default the provider's."""

    def template(self, read: ReadFile) -> Template:
        """Give the fields of an `Sms`, with holes."""
        content = read(self.text)
        text = self.text if content is None else content
        fields = {"to": self.to, "text": text, "sender": self.sender, "language": self.language}
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

    @classmethod
    def told(cls, message: JsonObject) -> list[str]:
        """Show the text behind how many parts it takes."""
        text = str(message.get("text") or "")
        fields = {**{n: v for n, v in message.items() if n != "text"}, "parts": _parts(text)}
        return [*field_lines(fields), "", *text.splitlines()]

    @classmethod
    def page(cls, message: JsonObject) -> str:
        """Show the text as phones show it."""
        text = str(message.get("text") or "")
        return card_page("", text, _parts(text))


def _parts(text: str) -> str:
    found = parts_of(text)
    return f"{found.count} in {found.encoding}, {found.units} characters"
