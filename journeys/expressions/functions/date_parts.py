"""Functions of ours that take dates apart, compare and write them."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from journeys.expressions import temporal
from journeys.expressions.function import Function, function
from journeys.expressions.functions.dates import unit_problem
from journeys.expressions.values import MAX_TEXT, Value

_CALENDAR = "dateTime|dateTimeOnly|dateOnly"
_MOMENT = "dateTime|dateTimeOnly"
_MONTHS_IN_YEAR = 12
_NOON = 12
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_PATTERN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']")
_PIECES = frozenset(
    ("yyyy", "yy", "MMMM", "MMM", "MM", "M", "dd", "d", "EEEE", "EEE",
     "HH", "H", "hh", "h", "mm", "m", "ss", "s", "SSS", "a", "XXX")
)  # fmt: skip


def _moment(value: Value) -> datetime | None:
    """Give a dateTime, a dateTimeOnly, or the midnight of a dateOnly, also from its text."""
    if type(value) is str:
        value = temporal.parse_any(value)
    if type(value) is date:
        return datetime.combine(value, time())
    return value if type(value) is datetime else None


def _part(name: str, of: str, description: str, example: int) -> Function:
    def part(value: Value) -> Value:
        moment = _moment(value)
        if moment is None:
            return None
        found = moment.isoweekday() if name == "dayOfWeek" else getattr(moment, name)
        return found if type(found) is int else None

    part.__doc__ = description
    text = "date('2026-03-01T08:30:15Z')"
    return function(f"{name}(value: {of}) -> integer", examples=[(f"{name}({text})", example)])(
        part
    )


year = _part("year", _CALENDAR, "Give the year of a date or moment.", 2026)
month = _part("month", _CALENDAR, "Give the month of a date or moment, from 1 to 12.", 3)
day = _part("day", _CALENDAR, "Give the day of the month of a date or moment.", 1)
day_of_week = _part("dayOfWeek", _CALENDAR, "Give the day of the week: Monday is 1, Sunday 7.", 7)
hour = _part("hour", _MOMENT, "Give the hour of a moment, from 0 to 23.", 8)
minute = _part("minute", _MOMENT, "Give the minute of a moment, from 0 to 59.", 30)
second = _part("second", _MOMENT, "Give the second of a moment, from 0 to 59.", 15)


@function(
    "dateDiff(start: dateTime, end: dateTime, unit: string) -> integer",
    "dateDiff(start: dateTimeOnly|dateOnly, end: dateTimeOnly|dateOnly, unit: string) -> integer",
    examples=[
        ("dateDiff(date('2026-01-31'), date('2026-03-01'), 'days')", 29),
        ("dateDiff(date('2026-01-31'), date('2026-03-01'), 'months')", 1),
    ],
    literals={"unit": unit_problem},
)
def date_diff(start: Value, end: Value, unit: str) -> Value:
    """Count the whole years, months, days, hours, minutes or seconds from one date to another.

    The count is negative when the end comes first.
    """
    first, last = _moment(start), _moment(end)
    if first is None or last is None or (first.tzinfo is None) is not (last.tzinfo is None):
        return None
    if last < first:
        found = _whole_units(last, first, unit)
        return None if found is None else -found
    return _whole_units(first, last, unit)


def _whole_units(first: datetime, last: datetime, unit: str) -> int | None:
    if unit in _SECONDS:
        return int((last - first).total_seconds() // _SECONDS[unit])
    if unit not in temporal.UNITS:
        return None
    if last.tzinfo is not None:
        last = last.astimezone(first.tzinfo)
    months = (last.year - first.year) * _MONTHS_IN_YEAR + last.month - first.month
    reached = temporal.shift(first, months, "months")
    if reached is None or reached > last:
        months -= 1
    return months // _MONTHS_IN_YEAR if unit == "years" else months


@function(
    f"addTime(moment: T, count: integer, unit: string) -> T where T: {_CALENDAR}",
    examples=[
        ("addTime(date('2026-01-31'), 1, 'months')", "2026-02-28"),
        ("addTime(date('2026-03-01T08:00:00Z'), -90, 'minutes')", "2026-03-01T06:30:00Z"),
    ],
    literals={"unit": unit_problem},
)
def add_time(moment: Value, count: int, unit: str) -> Value:
    """Move a date or moment by years, months, days, hours, minutes or seconds.

    Months and years keep the day, or take the last of a shorter month.
    """
    start = _moment(moment)
    if start is None or unit not in temporal.UNITS:
        return None
    moved = temporal.shift(start, count, unit)
    return moved.date() if moved is not None and type(moment) is date else moved


@function(
    f"truncateTo(moment: T, unit: string) -> T where T: {_MOMENT}",
    examples=[("truncateTo(date('2026-03-01T08:30:15Z'), 'hours')", "2026-03-01T08:00:00Z")],
    literals={"unit": unit_problem},
)
def truncate_to(moment: Value, unit: str) -> Value:
    """Cut a moment down to the start of its year, month, day, hour, minute or second."""
    start = _moment(moment)
    if start is None or unit not in temporal.UNITS:
        return None
    smallest = {"microsecond": 0, "second": 0, "minute": 0, "hour": 0, "day": 1, "month": 1}
    kept = len(smallest) - temporal.UNITS.index(unit)
    names = list(smallest)[:kept]
    return start.replace(**{name: smallest[name] for name in names})  # type: ignore[arg-type]


def pattern_problem(pattern: str) -> str | None:
    """Say what is wrong with a date pattern, if anything is."""
    pieces = [found[0] for found in _PATTERN.finditer(pattern) if found[2]]
    unknown = [piece for piece in pieces if piece not in _PIECES]
    if unknown:
        return f"{unknown[0]!r} stands for nothing: known are {', '.join(sorted(_PIECES))}"
    return "a quote is not closed" if pattern.count("'") % 2 else None


@function(
    "formatDate(value: dateTime|dateTimeOnly|dateOnly, pattern: string) -> string",
    examples=[
        ("formatDate(date('2026-03-01T08:30:00Z'), 'EEE d MMMM, HH:mm')", "Sun 1 March, 08:30"),
    ],
    literals={"pattern": pattern_problem},
)  # fmt: skip
def format_date(value: Value, pattern: str) -> Value:
    """Write a date or moment by a pattern of `yyyy MM dd EEE MMMM HH mm ss SSS a XXX`.

    Names are English; letters between single quotes stand for themselves.
    """
    moment = _moment(value)
    if moment is None or len(pattern) > MAX_TEXT or pattern_problem(pattern) is not None:
        return None
    return _PATTERN.sub(lambda found: _piece(moment, found), pattern)


def _piece(moment: datetime, found: re.Match[str]) -> str:
    if found[1] is not None:
        return found[1].replace("''", "'") or "'"
    piece = found[0]
    hours = moment.hour % _NOON or _NOON
    names = {
        "yyyy": f"{moment.year:04d}", "yy": f"{moment.year % 100:02d}",
        "MMMM": _MONTHS[moment.month - 1], "MMM": _MONTHS[moment.month - 1][:3],
        "EEEE": _DAYS[moment.weekday()], "EEE": _DAYS[moment.weekday()][:3],
        "SSS": f"{moment.microsecond // 1000:03d}", "a": "AM" if moment.hour < _NOON else "PM",
        "XXX": _offset_text(moment),
    }  # fmt: skip
    if piece in names:
        return names[piece]
    numbers = {"M": moment.month, "d": moment.day, "H": moment.hour, "h": hours}
    numbers |= {"m": moment.minute, "s": moment.second}
    return f"{numbers[piece[0]]:0{len(piece)}d}" if piece in _PIECES else piece


def _offset_text(moment: datetime) -> str:
    if moment.tzinfo is None:
        return ""
    return temporal.moment_text(moment)[-6:] if moment.utcoffset() else "Z"
