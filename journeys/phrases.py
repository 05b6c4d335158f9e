"""Values of a plan in words for people: on one line, durations spelled out."""

from __future__ import annotations

import orjson

from journeys.clock import format_instant

_UNITS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000))
_MILLISECONDS = "_ms"
_FIRST_INSTANT = 100_000_000_000
"""No number of a plan is as large as an instant of our time in milliseconds, but for instants."""
ELLIPSIS = "…"


def one_line(text: str) -> str:
    """Put a text on one line, without characters that cannot be shown."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cut(text: str, longest: int) -> str:
    """Cut a text to so many characters, and show that it was cut."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + ELLIPSIS


def duration(milliseconds: int) -> str:
    """Spell out a duration: 5400000 is `1 hour 30 minutes`."""
    rest = milliseconds
    parts = []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}" if count == 1 else f"{count} {unit}s")
    if rest:
        parts.append(f"{rest} ms")
    return " ".join(parts) or "no time"


def people(count: int) -> str:
    """Count people: `1 person`, `2 people`."""
    return f"{count} person" if count == 1 else f"{count} people"


def name_of(field: str) -> str:
    """Name a field of a plan as people do."""
    return field.removesuffix(_MILLISECONDS).replace("_", " ")


def value_of(field: str, value: object) -> str:
    """Write the value of a field of a plan."""
    match value:
        case None:
            return "nothing"
        case str(text):
            return one_line(text)
        case int(milliseconds) if field.endswith(_MILLISECONDS):
            return duration(milliseconds)
        case int(instant) if instant >= _FIRST_INSTANT:
            return format_instant(instant)
        case (first, last) if isinstance(value, tuple):
            return f"{first or 'any'} to {last or 'any'}"
        case [str(), *others] if all(isinstance(other, str) for other in others):
            return ", ".join(one_line(str(text)) for text in value)
        case _:
            return orjson.dumps(value).decode()
