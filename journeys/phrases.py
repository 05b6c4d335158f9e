"""Values of a plan in words for people: on one line, durations spelled out."""

from __future__ import annotations

import orjson

_UNITS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000))
_MILLISECONDS = "_ms"


def one_line(text: str) -> str:
    """Put a text on one line, without characters that cannot be shown."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


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


def name_of(field: str) -> str:
    """Name a field of a plan as people do."""
    return field.removesuffix(_MILLISECONDS).replace("_", " ")


def value_of(field: str, value: object) -> str:
    """Write the value of a field of a plan."""
    if field.endswith(_MILLISECONDS) and isinstance(value, int):
        return duration(value)
    if isinstance(value, str):
        return one_line(value)
    return orjson.dumps(value).decode()
