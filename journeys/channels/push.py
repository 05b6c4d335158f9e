"""The message of the push channel. Knows no provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from journeys.channels.fields import optional_text, refuse_unknown, required_text, text_map
from journeys.errors import CodecError
from journeys.limits import MAX_PUSH_BYTES
from journeys.messages import JsonObject

_KIND: Final = "push"
_FIELDS: Final = ("to", "title", "text", "link", "data")


@dataclass(frozen=True, slots=True)
class Push:
    """One notification for one device or browser."""

    to: str
    """The device's token."""
    title: str
    text: str
    link: str | None = None
    """What opens when a person taps it."""
    data: dict[str, str] = field(default_factory=dict)
    """Values for the app."""

    def __post_init__(self) -> None:
        """Refuse what no push service carries."""
        texts = (self.title, self.text, self.link or "", *self.data, *self.data.values())
        size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
        if size > MAX_PUSH_BYTES:
            message = f"{_KIND} has {size} bytes of text and data; at most {MAX_PUSH_BYTES} fit"
            raise CodecError(message)

    @classmethod
    def from_json(cls, message: JsonObject) -> Push:
        """Read from the fields of a request.

        Raises:
            CodecError: says which field is missing or wrong.
        """
        refuse_unknown(message, _KIND, _FIELDS)
        return cls(
            to=required_text(message, _KIND, "to"),
            title=required_text(message, _KIND, "title"),
            text=required_text(message, _KIND, "text"),
            link=optional_text(message, _KIND, "link"),
            data=text_map(message, _KIND, "data"),
        )
