"""When audiences are read into journeys or surveyed, and whose turn it is.

Who has a profile is kept in `BUCKETS` parts, by person (`journeys.presence`). Each part is told
when a version reads its audience, and lets its own people have their turns, one after the other in
the order of their ids, so that all parts together keep to the rate. It knows nothing of audiences:
everybody is offered the journey, and only whoever is in the audience takes the offer
(`journeys.offers`). A survey likewise gives everybody a turn: where rules of audiences are followed
that were not before, it is noted who is in already (`journeys.audiences`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TypeAlias

from journeys.activation import AudiencesSurveyed, EntryOffered
from journeys.command import PersonKnown, StartReading
from journeys.control import ControlCommand, Publish, Weigh
from journeys.identifiers import draw
from journeys.lifecycle import Lifecycle
from journeys.limits import READ_RATE
from journeys.messages import JsonObject
from journeys.mode import Mode
from journeys.plan import Reading
from journeys.plans import Plans
from journeys.presence import BUCKETS, TICK_MS

SETTLE_MS = 5_000
"""How long a part waits before the first reading of a schedule: what was sent about people before
the journey was published has come by then."""
LATEST_MS = 3_600_000
"""A reading that was due longer ago when the job hears of it does not take place."""
LAG_MS = 1_000
"""Turns that a part is late for by more are not made up for at once: the rate holds."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a version of a journey reads its audience."""

    journey: str
    version: int
    mode: Mode
    """Whether it is real, or a rehearsal."""
    reading: Reading
    said_at: int
    """When it was said, in milliseconds."""
    is_new: bool
    """Whether the version was published just then: else only repeated readings go on."""
    is_open: bool
    """Whether people enter this version. If not, no reading begins and none goes on."""
    start: int | None = None
    """Nobody enters before this instant."""
    end: int | None = None
    """Nobody enters from this instant on."""

    def first(self, now: int) -> int | None:
        """Give the instant of the first reading, if there is one."""
        at = self.reading.at
        first = max(self.said_at, self.start or 0) if at is None else at
        after = now - LATEST_MS if self.is_new else self.said_at
        return self._bounded(first) if first > after else self.following(first, after)

    def following(self, instant: int, now: int) -> int | None:
        """Give the first reading after now of those that follow one; what was missed is over."""
        every = self.reading.every_ms
        if every is None:
            return None
        return self._bounded(instant + every * ((now - instant) // every + 1))

    def _bounded(self, instant: int) -> int | None:
        until, end = self.reading.until, self.end
        is_over = (until is not None and instant > until) or (end is not None and instant >= end)
        return None if is_over else instant


@dataclass(frozen=True, slots=True)
class Survey:
    """The rules of audiences that are followed from now on.

    Each part finds out by itself whether some are new: what was said may be said again.
    """

    rules: Mapping[str, str]
    """Audience to what tells its rule from others."""
    said_at: int
    """When that was said from which they follow, in milliseconds."""


Turn: TypeAlias = EntryOffered | AudiencesSurveyed
"""What comes to a person whose turn it is."""


@dataclass(slots=True)
class Planned:
    """A schedule, and how far it has come."""

    schedule: Schedule
    next: int | None
    """Instant of the next reading."""
    not_before: int
    """The first reading begins no sooner."""
    began: int | None = None
    """When the latest reading began: an incremental one goes on from there."""

    @property
    def due(self) -> int | None:
        """When the next reading begins."""
        return None if self.next is None else max(self.next, self.not_before)


@dataclass(slots=True)
class Wave:
    """One wave of a reading that has begun: its people have their turns from its instant on."""

    journey: str
    version: int
    reading: str
    """Id of the reading, the same in all parts and on replay."""
    rate: int
    """People a second at most, over all parts."""
    began: int
    """When the reading began."""
    due: int
    """When the next turn may be."""
    paced_from: int
    """Instant from which on turns are counted."""
    number: int = 0
    """Which wave it is, counted from 0."""
    of: int = 1
    """How many waves the reading has."""
    since: int | None = None
    """When the reading before began."""
    end: int | None = None
    """Nobody enters from this instant on."""
    payload: JsonObject | None = None
    """Of the business event that started the reading."""
    given: int = 0
    """Turns that were given."""
    cursor: str = ""
    """Who had the latest turn."""

    @property
    def offer(self) -> Turn:
        """What each of its people is offered."""
        if self.is_survey:
            return AudiencesSurveyed(self.reading)
        of = (self.journey, self.reading, self.payload, self.version)
        return EntryOffered(*of, since=self.since, begun=self.began)

    @property
    def is_survey(self) -> bool:
        """Whether it reads people into no journey, but finds out who is in which audience."""
        return not self.journey

    def takes(self, profile_id: str) -> bool:
        """Say whether a person belongs to this wave: each does to one, the same whenever asked."""
        return self.of == 1 or int(draw("wave", self.reading, profile_id) * self.of) == self.number

    def turns(self, bucket: int, now: int) -> int:
        """Say how many of a part may have their turn now."""
        if now - self.due > LAG_MS:
            self.paced_from += now - self.due
        passed = self.rate * (now - self.paced_from) // 1000
        return max(0, (passed + BUCKETS - 1 - bucket) // BUCKETS - self.given)

    def give(self, turns: int, bucket: int, now: int) -> None:
        """Note turns that were given, and when the next one may be."""
        self.given += turns
        needed = self.given * BUCKETS + bucket + 1
        next_turn = self.paced_from + -(-needed * 1000 // self.rate)
        self.due = max(now + TICK_MS, next_turn)


Told: TypeAlias = Schedule | Survey | StartReading | PersonKnown
"""What a part is told."""
Line: TypeAlias = Callable[[Wave, int], list[str]]
"""Gives so many people, or fewer if there are no more, whose turn in a wave comes next."""


@dataclass(slots=True)
class Agenda:
    """What one part has to read, now and later. Who its people are is kept apart."""

    planned: dict[str, Planned] = field(default_factory=dict)
    """`journey/version` to its schedule."""
    waves: list[Wave] = field(default_factory=list)
    """Those that have come and are not over, in order; of each journey one goes at a time."""
    timer: int | None = None
    """Instant of the one timer that is set. Kept by the operator."""
    surveyed: dict[str, str] = field(default_factory=dict)
    """Followed audience to what tells the rule by which its people are noted."""

    def hear(self, told: Schedule | Survey | StartReading, now: int) -> None:
        """Take a schedule, a survey, or the start of a reading by a business event."""
        if isinstance(told, Survey):
            self._survey(told, now)
            return
        if isinstance(told, StartReading):
            of = (told.journey, told.version, told.reading, told.rate)
            self.waves.append(Wave(*of, now, now, now, end=told.end, payload=told.payload))
            return
        name = _name(told.journey, told.version)
        known = self.planned.get(name)
        if known is not None and told.is_open and known.schedule.mode is told.mode:
            return  # told already: what has been read is not read again
        self.planned.pop(name, None)
        self.waves = [w for w in self.waves if _name(w.journey, w.version) != name]
        if told.is_open:
            self.planned[name] = Planned(told, told.first(now), now + SETTLE_MS)

    def forget(self, profile_id: str, people: Iterable[str]) -> bool:
        """Forget who had the latest turn, if it was this person; say whether it was.

        The person before them in line, of those that are left, stands for the same place.
        """
        named = [wave for wave in self.waves if wave.cursor == profile_id]
        if named:
            before = max((name for name in people if name < profile_id), default="")
            for wave in named:
                wave.cursor = before
        return bool(named)

    def take_turns(self, bucket: int, now: int, line: Line) -> Iterator[tuple[str, Turn]]:
        """Let those have their turn who may have it by now."""
        for planned in self.planned.values():
            if planned.due is not None and planned.due <= now:
                self._begin(planned, now)
        self.waves = [wave for wave in self.waves if wave.end is None or now < wave.end]
        for wave in self._going():
            if wave.due > now:
                continue
            turns = wave.turns(bucket, now)
            people = line(wave, turns)
            yield from ((profile_id, wave.offer) for profile_id in people)
            wave.cursor = people[-1] if people else wave.cursor
            wave.give(len(people), bucket, now)
            if len(people) < turns:
                self.waves.remove(wave)

    @property
    def due(self) -> int | None:
        """When something is to be done next."""
        begins = (planned.due for planned in self.planned.values())
        dues = [wave.due for wave in self._going()]
        return min((*dues, *(at for at in begins if at is not None)), default=None)

    def is_empty(self) -> bool:
        """Say whether nothing need be remembered."""
        return not (self.planned or self.waves or self.surveyed)

    def _survey(self, told: Survey, now: int) -> None:
        """Begin anew with everybody if there is a rule by which nobody was judged before."""
        is_new = not told.rules.items() <= self.surveyed.items()
        self.surveyed = dict(told.rules)
        if is_new:
            due = now + SETTLE_MS
            name = f"survey/{told.said_at}"
            self.waves = [wave for wave in self.waves if not wave.is_survey]
            self.waves.append(Wave("", 0, name, READ_RATE, now, due, due))

    def _going(self) -> list[Wave]:
        first: dict[str, Wave] = {}
        for wave in self.waves:
            first.setdefault(_name(wave.journey, wave.version), wave)
        return list(first.values())

    def _begin(self, planned: Planned, now: int) -> None:
        schedule, at = planned.schedule, planned.next
        if at is None:
            return
        reading = schedule.reading
        name = f"{_name(schedule.journey, schedule.version)}/{at}"
        if schedule.mode is not Mode.LIVE:  # what was rehearsed is still to be read for real
            name = f"{name}/{schedule.mode}"
        for number in range(reading.waves):
            due = now + number * reading.wave_every_ms
            of = (schedule.journey, schedule.version, name, reading.rate)
            wave = Wave(*of, now, due, due, number, reading.waves, planned.began, schedule.end)
            self.waves.append(wave)
        planned.began, planned.next = now, schedule.following(at, now)


def whose_turn(wave: Wave, people: Iterable[str], count: int) -> list[str]:
    """Give so many people whose turn in a wave comes next."""
    left = (name for name in people if name > wave.cursor and wave.takes(name))
    return nsmallest(count, left)


def schedules(
    plans: Plans, command: ControlCommand, life: Lifecycle | None, said_at: int
) -> Iterator[Schedule]:
    """Give what each part is told after a command has been applied.

    Args:
        plans: with the command applied; maybe with later ones, too.
        command: what was said.
        life: what holds of its journey by it. A version that is said later is not open yet.
        said_at: when it was said, in milliseconds.
    """
    journey = command.journey_id
    if life is None or isinstance(command, Weigh):
        return
    published = command.plan.version if isinstance(command, Publish) else None
    for version in plans.versions(journey):
        plan, is_open = plans.find(journey, version), life.is_entered(version)
        reading = None if plan is None else plan.entry.reading
        if plan is None or reading is None or (is_open and plan.entry.business_event is not None):
            continue  # it reads nothing, or only when a business event comes
        yield Schedule(
            journey,
            version,
            life.mode(version) or Mode.LIVE,
            reading,
            said_at,
            is_new=version == published,
            is_open=is_open,
            start=plan.start,
            end=plan.end,
        )


def _name(journey: str, version: int) -> str:
    return f"{journey}/{version}"


_PART = "people/"


def people_part(bucket: int) -> str:
    """Name a part of the people."""
    return f"{_PART}{bucket}"


def read_people_part(name: str) -> int:
    """Give the bucket of a part of the people."""
    return int(name.removeprefix(_PART))
