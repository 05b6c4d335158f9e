"""Policies: how often and when a person is contacted, and how many journeys they walk.

Rules as plain data, which each plan carries its own copies of, and what they say of one person.
What is counted lies in the person's state and knows no policy: a new one counts what is there.
All decisions about one person come one after the other, so that what is counted is exact, whichever
journeys ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from journeys.clock import format_duration
from journeys.limits import MAX_DEFERRAL_MS, MAX_PER_PERIOD
from journeys.local_time import end_of_span, period_start
from journeys.messages import Category
from journeys.mode import Mode
from journeys.outcomes import Reason
from journeys.state import Asked, PersonState

Period = Literal["hour", "day", "week", "month"]
_DAY: Final = 86_400_000
_LONGEST: Final = {"hour": 3_600_000, "day": _DAY, "week": 7 * _DAY, "month": 31 * _DAY}
Refusal: TypeAlias = tuple[Reason, str]
"""Why not, and a sentence for a person."""


def holds_in(mode: Mode) -> bool:
    """Say whether policies hold for a walk, which is to say whether it counts: only a real one."""
    return mode is Mode.LIVE


@dataclass(frozen=True)
class Frequency:
    """At most so many in any time of a length, or in each hour, day, week or month."""

    at_most: int
    per: int | Period
    """Milliseconds, or a period of the calendar; a week begins on Monday."""

    def __str__(self) -> str:
        return f"{self.at_most} per {self._length}"

    @property
    def _length(self) -> str:
        return format_duration(self.per) if isinstance(self.per, int) else self.per

    @property
    def reach_ms(self) -> int:
        """How far back it looks at most: clocks that change make a period longer."""
        return self.per if isinstance(self.per, int) else _LONGEST[self.per] + _DAY

    def allows(self, instants: Iterable[int], now: int, zone: str) -> bool:
        """Say whether there is room for one more."""
        since = self._since(now, zone)
        return sum(at >= since for at in instants) < self.at_most

    def _since(self, now: int, zone: str) -> int:
        """Give the earliest instant that counts with now."""
        if isinstance(self.per, int):
            return now - self.per + 1
        return period_start(now, self.per, zone)


@dataclass(frozen=True)
class QuietHours:
    """When nothing is sent."""

    start: str
    end: str
    """Not after `start`: on the next day."""
    days: tuple[str, ...] = ()
    """Days on which a quiet time begins; empty means every day."""
    timezone: str = "profile"
    """An IANA zone, or `profile` for each person's own."""
    then: Literal["defer", "discard"] = "defer"

    def until(self, now: int, zone: str) -> int | None:
        """Give the instant at which the quiet time that it now is ends; None if it is none."""
        zone = zone if self.timezone == "profile" else self.timezone
        return end_of_span(now, (self.start, self.end), self.days, zone)


class Contact(NamedTuple):
    """What policies tell messages apart by."""

    channel: str
    category: str
    journey: str

    def __str__(self) -> str:
        return "/".join(self)


@dataclass(frozen=True)
class Policy:
    """Limits for the messages and the walks of some journeys."""

    id: str
    category: Category = "marketing"
    channels: tuple[str, ...] = ()
    """Empty means every channel."""
    journeys: tuple[str, ...] = ()
    """Empty means every journey."""
    caps: tuple[Frequency, ...] = ()
    quiet_hours: QuietHours | None = None
    entries: Frequency | None = None
    """How many walks a person begins."""
    inside: int | None = None
    """How many walks a person is on at once."""

    def covers(self, contact: Contact) -> bool:
        """Say whether it holds for a message, and counts it."""
        is_channel = not self.channels or contact.channel in self.channels
        return is_channel and contact.category == self.category and self.names(contact.journey)

    def names(self, journey: str) -> bool:
        """Say whether it holds for a journey, and counts its walks."""
        return not self.journeys or journey in self.journeys


# Messages.


def silenced(policies: Iterable[Policy], now: int, zone: str) -> Refusal | None:
    """Say which of some policies drops a message now, if any."""
    for policy in policies:
        quiet = policy.quiet_hours
        if quiet and quiet.then == "discard" and quiet.until(now, zone) is not None:
            detail = f"policy '{policy.id}' is quiet from {quiet.start} to {quiet.end}"
            return Reason.QUIET_HOURS, detail
    return None


def deferred(policies: Iterable[Policy], now: int, zone: str) -> int | None:
    """Give the first instant at which no policy puts a message off any more; None if none does.

    It lies further ahead than `MAX_DEFERRAL_MS` if quiet times follow each other without end.
    """
    quiets = [p.quiet_hours for p in policies if p.quiet_hours and p.quiet_hours.then == "defer"]
    until = now
    while until <= now + MAX_DEFERRAL_MS:
        ends = [end for quiet in quiets if (end := quiet.until(until, zone)) is not None]
        if not ends:
            break
        until = max(ends)
    return until if until > now else None


def over_cap(
    policies: Iterable[Policy], person: PersonState, now: int, zone: str
) -> Refusal | None:
    """Say which cap of some policies one more message would go past, if any."""
    for policy in policies:
        counted = [
            at
            for name, instants in person.contacts.items()
            if policy.covers(Contact(*name.split("/")))
            for at in instants
        ]
        for cap in policy.caps:
            if not cap.allows(counted, now, zone):
                return Reason.FREQUENCY_CAP, f"policy '{policy.id}' allows {cap}"
    return None


def count_contact(
    policies: Iterable[Policy], person: PersonState, contact: Contact, request: str, now: int
) -> None:
    """Count a message that is asked for now, if any policy ever counts such ones.

    Args:
        policies: those of all plans, whose longest look back says what may be forgotten.
        person: takes the count.
        contact: what it is.
        request: the id under which it is asked for.
        now: the instant.
    """
    reaches = [c.reach_ms for p in policies if p.covers(contact) for c in p.caps]
    if reaches:
        name, log = str(contact), person.contacts
        _note(log, name, now, max(reaches))
        person.asked[request] = Asked(name, now)
        # A result that never came must not be waited for when its message counts no more.
        person.asked = {r: a for r, a in person.asked.items() if a.at in log.get(a.contact, ())}


def give_back(person: PersonState, request: str, *, sent: bool) -> None:
    """Note that a message has ended; one that was not sent does not count."""
    asked = person.asked.pop(request, None)
    if asked is None or sent:
        return
    instants = person.contacts.get(asked.contact, [])
    if asked.at in instants:
        instants.remove(asked.at)
    if not instants:
        person.contacts.pop(asked.contact, None)


# Walks.


def over_entries(
    policies: Iterable[Policy], person: PersonState, now: int, zone: str
) -> Refusal | None:
    """Say which policy lets the person begin no more walks for now, if any."""
    for policy in policies:
        counted = [log for name, log in person.entries.items() if policy.names(name)]
        begun = [at for log in counted for at in log]
        if policy.entries is not None and not policy.entries.allows(begun, now, zone):
            return Reason.ENTRY_CAP, f"policy '{policy.id}' allows {policy.entries}"
    return None


def count_entry(policies: Iterable[Policy], person: PersonState, journey: str, now: int) -> None:
    """Count a walk that begins now, if any policy ever counts those of its journey."""
    reaches = [p.entries.reach_ms for p in policies if p.entries and p.names(journey)]
    if reaches:
        _note(person.entries, journey, now, max(reaches))


def expire(policies: Iterable[Policy], person: PersonState, now: int) -> Iterator[int]:
    """Forget what no policy looks back at any more; give until when the rest is needed.

    Args:
        policies: those of all plans.
        person: whose counts are looked at.
        now: the instant.
    """
    policies = tuple(policies)
    for name, instants in list(person.contacts.items()):
        yield from _kept(person.contacts, name, instants[-1] + _reach(policies, name), now)
    for name, instants in list(person.entries.items()):
        reach = max(
            (p.entries.reach_ms for p in policies if p.entries and p.names(name)), default=0
        )
        yield from _kept(person.entries, name, instants[-1] + reach, now)
    logs = person.contacts
    person.asked = {r: a for r, a in person.asked.items() if a.at in logs.get(a.contact, ())}


def _reach(policies: Iterable[Policy], name: str) -> int:
    contact = Contact(*name.split("/"))
    return max((c.reach_ms for p in policies if p.covers(contact) for c in p.caps), default=0)


def _kept(log: dict[str, list[int]], name: str, until: int, now: int) -> Iterator[int]:
    if until <= now:
        del log[name]
    else:
        yield until


def _note(log: dict[str, list[int]], name: str, now: int, reach_ms: int) -> None:
    kept = [at for at in log.get(name, ()) if at > now - reach_ms]
    log[name] = [*kept, now][-MAX_PER_PERIOD:]
