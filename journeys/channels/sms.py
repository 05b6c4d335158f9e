"""The message of the SMS channel, and what counts as a phone number. Knows no provider."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from journeys.channels.fields import (
    check_language,
    optional_text,
    refuse_half_characters,
    refuse_unknown,
    required_text,
)
from journeys.errors import CodecError
from journeys.limits import MAX_SMS
from journeys.messages import JsonObject

_KIND: Final = "sms"
_FIELDS: Final = ("to", "text", "sender", "language")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def check_number(where: str, number: str) -> None:
    """Refuse what is not a phone number with its country code (E.164), such as `+33612345678`.

    Raises:
        CodecError: the text is no such number.
    """
    if not _NUMBER.fullmatch(number):
        message = f"{where} is no phone number with a country code, such as +33612345678"
        raise CodecError(message)


@dataclass(frozen=True, slots=True)
class Sms:
    """One text message."""

    to: str
    text: str
    sender: str | None = None
    """Number or name that the message comes from; by default the provider's."""
    language: str | None = None
    """A language tag such as `fr-CA`."""

    def __post_init__(self) -> None:
        """Refuse what no provider takes."""
        check_number(f"{_KIND}.to", self.to)
        refuse_half_characters(f"{_KIND}.text", self.text)
        refuse_half_characters(f"{_KIND}.sender", self.sender or "")
        check_language(f"{_KIND}.language", self.language)
        if len(self.text) > MAX_SMS:
            message = f"{_KIND}.text has {len(self.text)} characters; at most {MAX_SMS} fit"
            raise CodecError(message)

    @classmethod
    def from_json(cls, message: JsonObject) -> Sms:
        """Read from the fields of a request.

        Raises:
            CodecError: says which field is missing or wrong.
        """
        refuse_unknown(message, _KIND, _FIELDS)
        return cls(
            to=required_text(message, _KIND, "to"),
            text=required_text(message, _KIND, "text"),
            sender=optional_text(message, _KIND, "sender"),
            language=optional_text(message, _KIND, "language"),
        )
