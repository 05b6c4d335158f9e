"""What an evaluation reads. Everything an expression can see comes from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from journeys.messages import JsonObject, JsonValue

SourceCall: TypeAlias = "Callable[[str, str, JsonObject], JsonValue]"
"""Asks a source with parameters: (source, field group, parameters) to the group's fields."""
History: TypeAlias = "Callable[[str, tuple[str, ...], int | None], Sequence[JsonValue]]"
"""Gives past values, oldest first: (event, path, window in milliseconds or None for all)."""

_FRACTION = 2**53


def no_source_call(source: str, group: str, parameters: JsonObject) -> JsonValue:
    """Answer null: no source takes parameters here."""
    del source, group, parameters
    return None


def no_history(event: str, path: tuple[str, ...], window_ms: int | None) -> Sequence[JsonValue]:
    """Answer nothing: no past events are known here."""
    del event, path, window_ms
    return ()


@dataclass(slots=True)
class Scope:
    """All that one evaluation may read. Whatever is missing is null.

    `random()` and `uuid()` are drawn from `seed`: the same expression over an equal scope draws the
    same again.
    """

    events: Mapping[str, JsonValue] = field(default_factory=dict)
    """Event id to payload."""
    profile: JsonObject = field(default_factory=dict)
    sources: Mapping[str, JsonValue] = field(default_factory=dict)
    """Source to field group to fields."""
    actions: Mapping[str, JsonValue] = field(default_factory=dict)
    """Step id to response, with `jo_status_code` in it."""
    decisions: Mapping[str, JsonValue] = field(default_factory=dict)
    audiences: Mapping[str, str] = field(default_factory=dict)
    """Audience id to `realized`, `existing` or `exited`."""
    properties: Mapping[str, JsonValue] = field(default_factory=dict)
    """Properties of the journey, such as `journeyUID`."""
    supplemental_id: JsonValue = None
    """What `${supplementalId}` reads."""
    now: int = 0
    """Milliseconds since 1970-01-01 UTC."""
    zone: str = "UTC"
    """The IANA name of the journey's time zone: what `now()` is written in."""
    seed: str = ""
    """What random numbers are drawn from: the instance and the step."""
    source_call: SourceCall = no_source_call
    history: History = no_history
    drawn: int = 0
    """How often something was drawn; part of what the next draw depends on."""

    def random(self) -> float:
        """Draw a number from 0 up to, but not, 1."""
        return (int.from_bytes(self._draw()[:8]) >> 11) / _FRACTION

    def uuid(self) -> str:
        """Draw a version 4 UUID."""
        drawn = bytearray(self._draw()[:16])
        drawn[6] = drawn[6] & 0x0F | 0x40
        drawn[8] = drawn[8] & 0x3F | 0x80
        text = drawn.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _draw(self) -> bytes:
        self.drawn += 1
        return sha256(f"{self.seed}\n{self.drawn}".encode()).digest()
