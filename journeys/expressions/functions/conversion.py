"""Functions that turn a value into another type. What cannot be converted becomes null."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta

from journeys.expressions import temporal
from journeys.expressions.function import OnNull, function
from journeys.expressions.values import (
    MAX_INTEGER,
    MIN_INTEGER,
    Value,
    as_date,
    as_instant,
    as_local,
    as_number,
    text_of,
)

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?")


@function(
    "toBool(value: decimal|boolean|string|integer) -> boolean",
    examples=[("toBool('true')", True), ("toBool('TRUE')", False), ("toBool(2)", True)],
)
def to_bool(value: Value) -> Value:
    """Convert to a boolean: the text 'true' exactly, and every number but 0, are true."""
    if type(value) is str:
        return value == "true"
    if type(value) is bool:
        return value
    number = as_number(value)
    return None if number is None else number != 0


@function(
    "toInteger(value: integer|decimal|dateTime|string|boolean) -> integer",
    examples=[("toInteger(1.5)", 1), ("toInteger('4')", 4), ("toInteger('four')", None)],
    converts="digits, such as '42'; a decimal as text goes through toDecimal(…)",
)
def to_integer(value: Value) -> Value:
    """Convert to an integer: decimals are cut, a dateTime gives its milliseconds since 1970."""
    match value:
        case bool():
            return int(value)
        case int():
            return value
        case float():
            return int(value) if MIN_INTEGER <= value < MAX_INTEGER else None
        case str():
            number = int(value) if _INTEGER.fullmatch(value) else None
            return number if number is not None and MIN_INTEGER <= number <= MAX_INTEGER else None
        case datetime() if value.tzinfo is not None:
            return temporal.to_millis(value)
        case _:
            return None


@function(
    "toDecimal(value: decimal|integer|string|boolean) -> decimal",
    examples=[("toDecimal(1)", 1.0), ("toDecimal('1.5')", 1.5), ("toDecimal(true)", 1.0)],
    converts="a number, such as '1.5' or '2e3'",
)
def to_decimal(value: Value) -> Value:
    """Convert to a decimal; true is 1.0 and false 0.0."""
    if type(value) is str:
        number = float(value) if _DECIMAL.fullmatch(value) else math.inf
        return number if math.isfinite(number) else None
    if type(value) is bool:
        return float(value)
    found = as_number(value)
    return None if found is None else float(found)


@function(
    "toString(value: string|integer|decimal|boolean|dateTime|dateTimeOnly|dateOnly|duration) "
    "-> string",
    examples=[("toString(1.5)", "1.5"), ("toString(toDuration(90000))", "PT1M30S")],
)
def to_string(value: Value) -> Value:
    """Convert to text; dates and durations as ISO 8601."""
    return text_of(value)


@function(
    "toDateOnly(value: dateTime|dateTimeOnly|dateOnly|string) -> dateOnly",
    "toDateOnly(year: integer, month: integer, day: integer) -> dateOnly",
    examples=[
        ("toDateOnly('2026-03-01T23:30:00Z')", "2026-03-01"),
        ("toDateOnly(2026, 3, 1)", "2026-03-01"),
        ("toDateOnly('tomorrow')", None),
    ],
    converts="a date, such as '2026-03-01'",
)
def to_date_only(value: Value, month: int | None = None, day: int | None = None) -> Value:
    """Convert to a date; of a moment only its date counts."""
    if month is not None and day is not None:
        try:
            return date(value, month, day)  # type: ignore[arg-type]  # an integer by its signature
        except (ValueError, OverflowError):
            return None
    return value.date() if type(value) is datetime else as_date(value)


@function(
    "toDateTime(value: dateTime|string|integer) -> dateTime",
    "toDateTime(zone: string, local: dateTimeOnly|dateOnly) -> dateTime",
    examples=[
        ("toDateTime('2026-03-01T08:00:00Z')", "2026-03-01T08:00:00Z"),
        ("toDateTime(1560762190189)", "2019-06-17T09:03:10.189Z"),
        ("toDateTime('Europe/Paris', toDateOnly('2026-03-01'))", "2026-03-01T00:00:00+01:00"),
    ],
    literals={"zone": temporal.zone_problem},
    converts="a moment with its offset, such as '2026-03-01T08:00:00Z'",
)
def to_date_time(value: Value, local: Value = None) -> Value:
    """Convert to an instant, from text with an offset or from milliseconds since 1970.

    With a time zone: from a local time in it, or the start of a day in it.
    """
    if local is None:
        return as_instant(value)
    zone = temporal.zone_named(value) if type(value) is str else None
    moment = datetime.combine(local, time()) if type(local) is date else as_local(local)
    try:
        return None if zone is None or moment is None else temporal.at_zone(moment, zone)
    except OverflowError:
        return None


@function(
    "toDateTimeOnly(value: dateTime|dateTimeOnly|dateOnly|string) -> dateTimeOnly",
    examples=[
        ("toDateTimeOnly('2026-03-01T08:00:00+02:00')", "2026-03-01T08:00:00"),
        ("toDateTimeOnly('2026-03-01')", "2026-03-01T00:00:00"),
    ],
    converts="a date or a local time, such as '2026-03-01T08:00'",
)
def to_date_time_only(value: Value) -> Value:
    """Convert to a local time: the offset is dropped, a date becomes its midnight."""
    if type(value) is datetime:
        return value.replace(tzinfo=None)
    return datetime.combine(value, time()) if type(value) is date else as_local(value)


@function(
    "toDuration(value: string|integer|duration) -> duration",
    examples=[
        ("toDuration('P2DT3H4M')", "P2DT3H4M"),
        ("toDuration(1500)", "PT1.5S"),
        ("toDuration('soon')", None),
    ],
    converts="days, hours, minutes and seconds, such as 'P3DT12H'",
    on_null=OnNull.NULL,
)
def to_duration(value: Value) -> Value:
    """Convert to a duration: from ISO 8601 text, or from milliseconds. A day is 24 hours."""
    if type(value) is str:
        return temporal.parse_duration(value)
    if type(value) is int:
        return temporal.duration_of(value)
    return value if type(value) is timedelta else None
