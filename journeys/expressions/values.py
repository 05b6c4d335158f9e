"""What values do at run time: null for whatever does not fit, texts, equality, order, bounds.

Fields hold whatever their sender put there. A value of another kind than the one asked for counts
as null; it never stops an evaluation. Only a bound does, with a `LimitError`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from journeys.expressions import temporal

if TYPE_CHECKING:
    from journeys.messages import JsonValue

Value: TypeAlias = (
    "str | int | float | bool | date | datetime | timedelta | list[Value] | dict[str, Value] | None"
)

MAX_TEXT = 262_144
"""Characters in a text that an expression makes."""
MAX_ITEMS = 10_000
"""Items in a list that an expression looks at."""
MAX_LOOPS = 50_000
"""Items that all collection methods of one evaluation look at together."""
MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)


class LimitError(Exception):
    """A value went past a bound; the program adds where."""


def as_string(value: object) -> str | None:
    """Give a text, or null."""
    return value if type(value) is str else None


def as_number(value: object) -> int | float | None:
    """Give a number, or null."""
    return value if type(value) is int or type(value) is float else None


def as_decimal(value: object) -> float | None:
    """Give a decimal, or null; an integer is one."""
    return float(value) if type(value) is int or type(value) is float else None


def as_integer(value: object) -> int | None:
    """Give an integer, or null; a decimal without a fraction is one."""
    if type(value) is int:
        return value
    return int(value) if type(value) is float and value.is_integer() else None


def as_boolean(value: object) -> bool | None:
    """Give true or false, or null."""
    return value if type(value) is bool else None


def as_instant(value: object) -> datetime | None:
    """Give a dateTime; texts are read as ISO 8601 and integers as milliseconds."""
    if type(value) is datetime:
        return value if value.tzinfo is not None else None
    if type(value) is str:
        return temporal.parse_instant(value)
    return temporal.from_millis(value) if type(value) is int else None


def as_local(value: object) -> datetime | None:
    """Give a dateTimeOnly; texts are read as ISO 8601."""
    if type(value) is datetime:
        return value if value.tzinfo is None else None
    return temporal.parse_local(value) if type(value) is str else None


def as_moment(value: object) -> datetime | None:
    """Give a dateTime or a dateTimeOnly, whichever it is."""
    if type(value) is str:
        value = temporal.parse_any(value)
    return value if type(value) is datetime else None


def as_date(value: object) -> date | None:
    """Give a dateOnly; texts are read as ISO 8601."""
    if type(value) is date:
        return value
    return temporal.parse_date(value) if type(value) is str else None


def as_duration(value: object) -> timedelta | None:
    """Give a duration; texts are read as ISO 8601 and integers as milliseconds."""
    if type(value) is timedelta:
        return value
    if type(value) is str:
        return temporal.parse_duration(value)
    return temporal.duration_of(value) if type(value) is int else None


def as_list(value: object) -> list[Value]:
    """Give a list; null and whatever is none is an empty one."""
    if type(value) is not list:
        return []
    if len(value) > MAX_ITEMS:
        message = f"a list of {len(value)} items is too long: at most {MAX_ITEMS}"
        raise LimitError(message)
    return value


def each(convert: Callable[[object], Value]) -> Callable[[object], Value]:
    """Make the conversion of a list from the conversion of its items."""

    def convert_list(value: object) -> Value:
        return [convert(item) for item in as_list(value)] if type(value) is list else None

    return convert_list


def bounded_length(length: int) -> None:
    """Check the length of a text before it is made."""
    if length > MAX_TEXT:
        message = f"a text of {length} characters is too long: at most {MAX_TEXT}"
        raise LimitError(message)


def bounded_text(text: str) -> str:
    """Give the text back, unless it is too long."""
    bounded_length(len(text))
    return text


def bounded_number(number: float) -> int | float:
    """Give the number back, unless an integer left its 64 bits or a decimal its range."""
    if type(number) is int and not MIN_INTEGER <= number <= MAX_INTEGER:
        message = "the result does not fit into an integer of 64 bits"
        raise LimitError(message)
    if type(number) is float and number - number != 0:
        message = "the result is larger than the largest decimal"
        raise LimitError(message)
    return number


def text_of(value: Value) -> str:
    """Write any value as text; null is the empty text."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case datetime():
            return temporal.moment_text(value)
        case date():
            return value.isoformat()
        case timedelta():
            return temporal.duration_text(value)
        case _:
            return _json_text(value)


_JSON = json.JSONEncoder(ensure_ascii=False, default=text_of)


def _json_text(value: Value) -> str:
    """Write a list or an object, no further than a text may be long."""
    pieces, length = [], 0
    for piece in _JSON.iterencode(value):
        pieces.append(piece)
        length += len(piece)
        bounded_length(length)
    return "".join(pieces)


def to_json(value: Value) -> JsonValue:
    """Write a value as JSON: dates and durations become their ISO 8601 text."""
    if type(value) is list:
        return [to_json(item) for item in value]
    if type(value) is dict:
        return {name: to_json(item) for name, item in value.items()}
    return text_of(value) if isinstance(value, date | timedelta) else value  # type: ignore[return-value]  # the rest is JSON


def equal(left: Value, right: Value) -> bool:
    """Compare two values of unknown kinds; true and 1 differ, a date equals its text."""
    if type(left) is bool or type(right) is bool:
        return left is right
    if type(left) is str and isinstance(right, date | timedelta):
        left = like(right)(left)
    elif type(right) is str and isinstance(left, date | timedelta):
        right = like(left)(right)
    return left == right


def like(value: Value) -> Callable[[object], Value]:
    """Give the conversion to the kind that a date or duration has."""
    if type(value) is datetime:
        return as_local if value.tzinfo is None else as_instant
    return as_duration if type(value) is timedelta else as_date


def identity(value: Value) -> object:
    """Give a hashable value that is equal for equal values, also of objects and lists."""
    if type(value) is dict:
        return ("{}", frozenset((name, identity(item)) for name, item in value.items()))
    if type(value) is list:
        return ("[]", tuple(identity(item) for item in value))
    return ("?", value) if type(value) is bool else value


def order(value: Value) -> tuple[int, float | str | datetime | date | timedelta]:
    """Give a sort key; values of one kind keep their own order."""
    match value:
        case bool() | int() | float():
            return 0, value
        case str():
            return 1, value
        case datetime():
            return (2, value) if value.tzinfo else (3, value.replace(tzinfo=UTC))
        case date():
            return 4, value
        case timedelta():
            return 5, value
        case _:
            return 6, 0
