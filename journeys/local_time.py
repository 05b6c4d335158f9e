"""Times of day, weekdays and dates as the clocks of a zone show them. Arithmetic only.

Where clocks are put forward, a time that they skip counts as the same time by the old clock: 02:30
that does not exist is 03:30. Where they are put back, a time that comes twice means the first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from journeys.expressions.temporal import EPOCH, MILLISECOND, to_millis, zone_named

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def at_place(instant_ms: int, zone: str) -> datetime:
    """Give what the clocks of a zone show at an instant, as a datetime without a zone.

    A zone that there is not counts as UTC.
    """
    instant = EPOCH + instant_ms * MILLISECOND
    return instant.astimezone(zone_named(zone) or UTC).replace(tzinfo=None)


def instant_at(local: datetime, zone: str) -> int:
    """Give the instant, in milliseconds, at which the clocks of a zone show a time."""
    return to_millis(local.replace(tzinfo=zone_named(zone) or UTC))


def next_time(after_ms: int, at: str, days: Collection[str], zone: str) -> int:
    """Give the first instant after another at which it is a time of day on one of some weekdays.

    Args:
        after_ms: the instant to begin from, which itself does not count.
        at: the time of day, such as `09:00`.
        days: weekdays of `WEEKDAYS`; empty means every day.
        zone: the zone whose clocks count.
    """
    today = at_place(after_ms, zone).date()
    clock = time.fromisoformat(at)
    for ahead in range(9):  # a week, and a day more where today's time has passed or is skipped
        day = today + timedelta(days=ahead)
        instant = instant_at(datetime.combine(day, clock), zone)
        if instant > after_ms and (not days or WEEKDAYS[day.weekday()] in days):
            return instant
    message = f"none of {sorted(days)} is a weekday"
    raise ValueError(message)


def period_start(instant_ms: int, period: str, zone: str) -> int:
    """Give the instant at which an hour, day, week or month began; a week begins on Monday."""
    local = at_place(instant_ms, zone)
    hour = local.replace(minute=0, second=0, microsecond=0)
    midnight = hour.replace(hour=0)
    starts = {
        "hour": hour,
        "day": midnight,
        "week": midnight - timedelta(days=local.weekday()),
        "month": midnight.replace(day=1),
    }
    return instant_at(starts[period], zone)


def end_of_span(now: int, hours: tuple[str, str], days: Collection[str], zone: str) -> int | None:
    """Give the instant at which a part of the day that it now is ends; None if it is not.

    Args:
        now: the instant.
        hours: from and to, the end excluded; an end before the start lies on the next day.
        days: weekdays on which it begins; empty means every day.
        zone: the zone whose clocks count.
    """
    start, end = (time.fromisoformat(text) for text in hours)
    today = at_place(now, zone).date()
    for day in (today - timedelta(days=1), today):
        last = day if start < end else day + timedelta(days=1)
        ends = instant_at(datetime.combine(last, end), zone)
        begins = instant_at(datetime.combine(day, start), zone)
        if begins <= now < ends and (not days or WEEKDAYS[day.weekday()] in days):
            return ends
    return None


@dataclass(frozen=True)
class Window:
    """A part of the calendar: hours of the day, weekdays and dates, all of which must fit."""

    hours: tuple[str, str] | None = None
    """From and to, the end excluded; an end before the start lies on the next day."""
    days: list[str] = field(default_factory=list)
    """Weekdays; empty means every day. Early hours of a window that goes over midnight belong to
    the day on which it began."""
    dates: tuple[str | None, str | None] | None = None
    """First and last date; None leaves a side open."""

    def contains(self, local: datetime) -> bool:
        """Say whether a local time lies inside."""
        day = local.date()
        if self.hours is not None:
            start, end = (time.fromisoformat(text) for text in self.hours)
            clock = local.time()
            if start < end:
                inside = start <= clock < end
            else:
                inside = clock >= start or clock < end
                day -= timedelta(days=clock < end)
            if not inside:
                return False
        if self.days and WEEKDAYS[day.weekday()] not in self.days:
            return False
        return self.dates is None or _between(day, *self.dates)


def _between(day: date, first: str | None, last: str | None) -> bool:
    text = day.isoformat()
    return (first is None or first <= text) and (last is None or text <= last)


def read_hours(text: str) -> tuple[str, str]:
    """Read `09:00-17:00`.

    Raises:
        ValueError: the text is no such pair of times.
    """
    start, dash, end = text.partition("-")
    try:
        equal = time.fromisoformat(start.strip()) == time.fromisoformat(end.strip())
    except ValueError:
        dash, equal = "", False
    if not dash:
        message = f"{text!r} is no time of day: expected two times such as 09:00-17:00"
        raise ValueError(message)
    if equal:
        message = f"{text!r} begins and ends at the same time: leave it out to mean the whole day"
        raise ValueError(message)
    return start.strip(), end.strip()


def read_dates(text: str) -> tuple[str | None, str | None]:
    """Read `2026-12-01/2026-12-24`; `..` leaves a side open.

    Raises:
        ValueError: the text is no such pair of dates.
    """
    sides = [None if side in ("", "..") else side for side in text.split("/")]
    try:
        known = [date.fromisoformat(side).isoformat() for side in sides if side is not None]
    except ValueError:
        known = []
    if len(sides) != 2 or not known:  # noqa: PLR2004  # a first and a last
        message = f"{text!r} is no interval: expected two dates such as 2026-12-01/2026-12-24"
        raise ValueError(message)
    if known != sorted(known):
        message = f"{text!r} ends before it begins: swap the dates"
        raise ValueError(message)
    return sides[0], sides[1]
