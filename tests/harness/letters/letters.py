"""Letters on paper: a channel as another distribution adds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict

from connectors.channels.plugins import Channel
from connectors.egress import EgressPolicy
from connectors.secrets import Secrets
from journeys.action_kind import LanguageTag, MessageKind, ReadFile, Refusal, TextsSpec
from journeys.messages import ActionRequest, Delivery, JsonObject
from journeys.outcomes import Reason
from journeys.template import Template, parse_template

PRINTED: Final = "printed"


class LetterTexts(TextsSpec):
    """What a letter says in one more language."""

    text: str
    """What stands in the letter."""


class LetterAction(MessageKind):
    """A letter on paper."""

    channel_name: ClassVar[str] = "letter"
    consent_name: ClassVar[str | None] = "postalMail"

    channel: Literal["letter"]
    text: str
    """What stands in the letter."""
    languages: Mapping[LanguageTag, LetterTexts] = {}
    """Language tag to the texts in that language."""

    def template(self, read: ReadFile) -> Template:
        """Give the fields of the message, with holes."""
        fields = {"to": self.to, "text": read(self.text) or self.text, "language": self.language}
        given = {name: value for name, value in fields.items() if value is not None}
        return ["map", {name: parse_template(value) for name, value in given.items()}]

    def endpoint(self) -> str:
        """All letters leave by the one printer of the settings."""
        return self.channel_name

    @classmethod
    def refusal(cls, message: JsonObject) -> Refusal | None:
        """A letter needs a street."""
        return None if message.get("to") else (Reason.NO_ADDRESS, "letter.to is missing")


class LetterSettings(BaseModel):
    """Where letters are printed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    printer: str
    """Name of the printer."""
    address: str | None = None
    """Where letters go that do not say it themselves."""


class LetterChannel(Channel):
    """Prints letters."""

    settings = LetterSettings

    def __init__(self, settings: LetterSettings, egress: EgressPolicy, secrets: Secrets) -> None:
        del egress, secrets
        self._printer = settings.printer

    async def send(self, request: ActionRequest) -> Delivery:
        """Print one letter."""
        return Delivery(PRINTED, {"printer": self._printer, **request.message})
