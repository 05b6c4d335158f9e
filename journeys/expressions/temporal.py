"""Reading, writing and moving dates and durations. Arithmetic only: nothing here knows the time.

A dateTime is a `datetime` with a fixed offset, a dateTimeOnly one without, a dateOnly a `date`, a
duration a `timedelta`. Zones are turned into the offset of the moment at once: Python compares two
datetimes of one zone by their wall clocks, which is wrong around a change of the clocks.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from journeys.clock import format_duration

Moment: TypeAlias = datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MAX_TEXT = 64
"""No text of a date or duration is longer."""

UNITS = ("years", "months", "days", "hours", "minutes", "seconds")

_DATE_LENGTH = len("2026-03-01")
_DURATION = re.compile(
    r"([+-]?)P(?:([+-]?[0-9]+)D)?"
    r"(T(?:([+-]?[0-9]+)H)?(?:([+-]?[0-9]+)M)?(?:([+-]?[0-9]+)(?:[.,]([0-9]{0,9}))?S)?)?",
    re.IGNORECASE,
)


def from_millis(millis: int) -> datetime | None:
    """Give the instant that is so many milliseconds after 1970-01-01 UTC."""
    try:
        return EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return None


def to_millis(instant: datetime) -> int:
    """Give the milliseconds from 1970-01-01 UTC to an instant."""
    return (instant - EPOCH) // MILLISECOND


def duration_of(millis: int) -> timedelta | None:
    """Give a duration of so many milliseconds."""
    try:
        return timedelta(milliseconds=millis)
    except OverflowError:
        return None


def parse_any(text: str) -> datetime | date | None:
    """Read ISO 8601 text as a dateTime, a dateTimeOnly or a dateOnly, whichever it is."""
    if not _DATE_LENGTH <= len(text) <= MAX_TEXT or text[4] != "-" or text[5] == "W":
        return None
    try:
        if len(text) == _DATE_LENGTH:
            return date.fromisoformat(text)
        if text[_DATE_LENGTH] not in "Tt":
            return None
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


def parse_instant(text: str) -> datetime | None:
    """Read a dateTime: ISO 8601 with an offset."""
    moment = parse_any(text)
    if type(moment) is datetime and moment.tzinfo is not None:
        return moment
    return None


def parse_local(text: str) -> datetime | None:
    """Read a dateTimeOnly; a date alone is its midnight, and an offset is dropped."""
    moment = parse_any(text)
    if moment is None:
        return None
    if type(moment) is datetime:
        return moment.replace(tzinfo=None)
    return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - a dateTimeOnly has none


def parse_date(text: str) -> date | None:
    """Read a dateOnly; of a longer text only the date counts."""
    moment = parse_any(text)
    return moment.date() if type(moment) is datetime else moment


def parse_duration(text: str) -> timedelta | None:
    """Read an ISO 8601 duration of days, hours, minutes and seconds; a day is 24 hours.

    Reads what Java does: signs before each part, small letters, no weeks. Definitions are read more
    strictly, by `journeys.clock`.
    """
    found = _DURATION.fullmatch(text) if len(text) <= MAX_TEXT else None
    if found is None:
        return None
    sign, days, time, hours, minutes, seconds, fraction = found.groups()
    if (days is None and not time) or (time is not None and len(time) == 1):
        return None
    micros = int((fraction or "").ljust(6, "0")[:6]) * (
        -1 if (seconds or "").startswith("-") else 1
    )
    try:
        total = timedelta(
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=micros,
        )
    except OverflowError:
        return None
    return -total if sign == "-" else total


def moment_text(moment: datetime) -> str:
    """Write a dateTime or dateTimeOnly as ISO 8601, with milliseconds where there are any."""
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def duration_text(duration: timedelta) -> str:
    """Write a duration as ISO 8601, such as `P2DT3H4M` or `-PT1.5S`."""
    return format_duration(duration // MILLISECOND)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo | timezone | None:
    """Find a time zone by its IANA name, or by an offset such as `+02:00`."""
    if name in {"UTC", "Z", "GMT"}:
        return UTC
    try:
        if name.startswith(("+", "-")):
            offset = datetime.fromisoformat(f"2000-01-01T00:00{name}").utcoffset()
            return None if offset is None else timezone(offset)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_problem(name: str) -> str | None:
    """Say what is wrong with the name of a time zone, if anything is."""
    if zone_named(name) is None:
        return f"there is no time zone {name!r}: give an IANA name such as 'Europe/Paris'"
    return None


def in_zone(instant: datetime, zone: ZoneInfo | timezone) -> datetime:
    """Give the same instant with the offset that a zone has then."""
    if zone is UTC:
        return instant.astimezone(UTC)
    return fixed(instant.astimezone(zone))


def fixed(moment: datetime) -> datetime:
    """Replace the zone of a moment by the offset that the zone has at that moment."""
    offset = moment.utcoffset()
    if offset is None or not offset:
        return moment.replace(tzinfo=UTC)
    return moment.replace(tzinfo=timezone(offset), fold=0)


def at_zone(local: datetime, zone: ZoneInfo | timezone) -> datetime:
    """Give the instant at which a zone's clocks show a local time.

    A time that the clocks skip is moved on by the length of the gap; of two, the first is taken.
    """
    return in_zone(local.replace(tzinfo=zone).astimezone(UTC), zone)


def shift(moment: datetime, count: int, unit: str) -> datetime | None:
    """Move a moment by a number of units; months and years keep the day where the month has it."""
    try:
        if unit in {"years", "months"}:
            return add_months(moment, count * 12 if unit == "years" else count)
        return moment + timedelta(**{unit: count})
    except (OverflowError, ValueError):
        return None


def add_months(moment: datetime, months: int) -> datetime:
    """Move a moment by calendar months; the 31st becomes the last day of a shorter month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(
        year=year, month=month + 1, day=min(moment.day, _days_in(year, month + 1))
    )


def _days_in(year: int, month: int) -> int:
    if month == 2:  # noqa: PLR2004 - February
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31
