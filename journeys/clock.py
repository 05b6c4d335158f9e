"""Arithmetic of time: milliseconds, ISO 8601 durations and instants. Reads no clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_DURATION = re.compile(
    r"P(?:(?P<weeks>[0-9]{1,9})W)?(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,3})?)S)?)?"
)
_CALENDAR = re.compile(r"P(?:[0-9]+Y)?(?:[0-9]+M)?(?<=[YM])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_IN_UTC = _EPOCH.replace(tzinfo=None)
_UNITS = {"weeks": 604_800_000, "days": 86_400_000, "hours": 3_600_000, "minutes": 60_000}
MAX_DURATION_MS = 366 * 10 * 86_400_000
"""Ten years: beyond it a duration is taken for a slip of the pen."""


def parse_duration(text: str) -> int:
    """Read an ISO 8601 duration as milliseconds; a day is 24 hours, and no month is allowed.

    Raises:
        ValueError: the text is no such duration, or longer than ten years.
    """
    match = _DURATION.fullmatch(text)
    if _CALENDAR.match(text):
        message = (
            f"{text!r} counts months or years, which have no fixed length: count days, as in P30D"
        )
        raise ValueError(message)
    if match is None or not any(match.groupdict().values()):
        hint = "expected an ISO 8601 duration such as PT30M, P2D or P1DT12H"
        message = f"{text!r} is not a duration: {hint}"
        raise ValueError(message)
    total = sum(int(match[unit] or 0) * size for unit, size in _UNITS.items())
    total += round(float(match["seconds"] or 0) * 1000)
    if total > MAX_DURATION_MS:
        message = f"{text!r} is longer than ten years"
        raise ValueError(message)
    return total


def format_duration(milliseconds: int) -> str:
    """Write milliseconds as the shortest ISO 8601 duration: 5400000 is `PT1H30M`."""
    if milliseconds < 0:
        return f"-{format_duration(-milliseconds)}"
    days, rest = divmod(milliseconds, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds = f"{rest / 1000:g}S" if rest else ""
    clock = "".join(f"{n}{u}" for n, u in ((hours, "H"), (minutes, "M")) if n) + seconds
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"P{text}" if text else "PT0S"


def since(at: int | None, now: int) -> int | None:
    """Give how long ago an instant was: 0 where the clock that told it is ahead, None of None."""
    return None if at is None else max(0, now - at)


@lru_cache(maxsize=64)  # all that is told of one activation happens at one instant
def format_instant(milliseconds: int) -> str:
    """Write an instant as ISO 8601 in UTC with milliseconds: `2026-03-01T08:00:00.000Z`.

    Raises:
        OverflowError: the instant lies outside the years 1 to 9999.
    """
    instant = _EPOCH_IN_UTC + timedelta(milliseconds=milliseconds)
    return instant.isoformat(timespec="milliseconds") + "Z"


def utc_instant(text: str) -> str:
    """Write an ISO 8601 instant or date in UTC with milliseconds; without a zone it is in UTC.

    Raises:
        ValueError: the text is neither.
        OverflowError: in UTC it lies outside the years 1 to 9999.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is not None:
        instant = instant.astimezone(UTC).replace(tzinfo=None)
    return instant.isoformat(timespec="milliseconds") + "Z"


def parse_instant(text: str) -> int:
    """Read an ISO 8601 instant with a zone as milliseconds.

    Raises:
        ValueError: the text is no instant, or names no zone.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no instant"
        raise ValueError(message) from error
    if instant.tzinfo is None:
        message = f"{text!r} names no time zone: end it with Z or an offset such as +01:00"
        raise ValueError(message)
    return round((instant - _EPOCH) / timedelta(milliseconds=1))
