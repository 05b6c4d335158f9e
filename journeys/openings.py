"""Openings: at which hours of the day a person opens messages, and the best of the hours ahead.

They are counted by hour as the person's own clocks show it (UTC where no zone is known), working
days and weekends apart, and only while some wait goes by them. What is old weighs less: all counts
are halved when they are many. So they stay a few hundred bytes, whatever somebody does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from journeys.local_time import at_place
from journeys.state import Openings, PersonState

OPENED: Final = frozenset({"opened", "clicked"})
"""What counts as opening a message."""
MAX_OPENINGS: Final = 64
"""Openings that are counted of one channel; beyond it every count is halved."""
LEAST_OPENINGS: Final = 3
"""Of fewer nothing is learnt."""
KEEP_MS: Final = 180 * 86_400_000
"""How long a habit is remembered after the latest opening."""
_NOBODYS = "UTC"
"""The zone of whoever has none of their own: of both the counts and the hours ahead."""
_HOUR_MS = 3_600_000
_DAY = 24
_SATURDAY = 5


class Hour(NamedTuple):
    """What of an hour of the clocks lies ahead: from an instant up to, but not, another."""

    start: int
    end: int
    name: str
    """As in `Openings.hours`."""


def is_opening(reaction: str) -> bool:
    """Say whether a reaction tells that the person reads just now."""
    return reaction in OPENED


def note_opening(person: PersonState, channel: str, at: int, zone: str | None, now: int) -> None:
    """Count that a person opened a message at an instant, unless that is too long ago.

    Args:
        person: takes the count.
        channel: how the message was sent.
        at: the instant; one that lies ahead counts as now.
        zone: the person's own, if it is known.
        now: the instant of this call.
    """
    at = min(at, now)
    if at + KEEP_MS <= now:
        return
    openings = person.openings.setdefault(channel, Openings(at))
    openings.latest = max(openings.latest, at)
    hours, name = openings.hours, _name(at_place(at, zone or _NOBODYS))
    hours[name] = hours.get(name, 0) + 1
    if sum(hours.values()) > MAX_OPENINGS:
        openings.hours = {name: count // 2 for name, count in hours.items() if count > 1}


def best_hour(openings: Openings | None, now: int, within_ms: int, zone: str | None) -> Hour | None:
    """Give the hour ahead at which a person opens most; of equals the first.

    None: too little is known of them, or nothing of these hours.
    """
    if openings is None or openings.latest + KEEP_MS <= now:
        return None
    if sum(openings.hours.values()) < LEAST_OPENINGS:
        return None
    weighed = [
        (_weight(openings, hour.name), hour)
        for hour in hours_ahead(now, within_ms, zone or _NOBODYS)
    ]
    weight, best = max(weighed, key=lambda one: one[0])
    return best if weight else None


def hours_ahead(now: int, within_ms: int, zone: str) -> Iterator[Hour]:
    """Cut a time into hours as the clocks of a zone show them, the first and last as they are."""
    end = now + within_ms
    start = now
    while start < end:
        local = at_place(start, zone)
        rest = _HOUR_MS - (local.minute * 60 + local.second) * 1000 - local.microsecond // 1000
        yield Hour(start, min(start + rest, end), _name(local))
        start += rest


def _name(local: datetime) -> str:
    return str(local.hour + (_DAY if local.weekday() >= _SATURDAY else 0))


def _weight(openings: Openings, name: str) -> int:
    """Count the openings of an hour twice, and once those near it.

    Near are the hours beside it, and the same hour of the other days: a few openings tell of more
    than their very hours.
    """
    day, hour = divmod(int(name), _DAY)
    beside = (day * _DAY + (hour + step) % _DAY for step in (-1, 1))
    near = (*beside, (1 - day) * _DAY + hour)
    count = openings.hours.get
    return 2 * count(name, 0) + sum(count(str(each), 0) for each in near)
