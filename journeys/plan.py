"""A plan: one journey version, compiled, complete in itself and never changed. And all of them.

A plan carries its own copies of the events and actions it uses, so that people inside a version
keep the texts and rules they began with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from journeys.activity import Step
from journeys.definitions import ActionDefinition, EventDefinition, Rules
from journeys.history import HistoryRead
from journeys.limits import PRIORITY


@dataclass(frozen=True)
class Crossing:
    """Going into an audience (`enter`), or out of it (`exit`)."""

    audience: str
    way: str


@dataclass(frozen=True)
class Reading:
    """How an audience is read into a journey."""

    audience: str
    rate: int
    """People a second at most."""
    at: int | None = None
    every_ms: int | None = None
    until: int | None = None
    incremental: bool = False
    force_reentry: bool = False
    waves: int = 1
    wave_every_ms: int = 0


@dataclass(frozen=True)
class Entry:
    """Who begins a walk: by an event, by an audience, or because an audience is read."""

    reentry_allowed: bool
    reentry_after_ms: int
    event: str | None = None
    """The event that a walk begins with; with `reading`, the business event that starts it."""
    crossing: Crossing | None = None
    reading: Reading | None = None
    when: str | None = None
    key: str | None = None
    debounce_ms: int = 0
    """Whoever entered less than this ago does not enter."""
    max_age_ms: int | None = None
    """An event that happened longer ago begins no walk."""

    @property
    def is_by_event(self) -> bool:
        """Say whether an event of the person begins a walk."""
        return self.event is not None and self.reading is None


@dataclass(frozen=True)
class ExitRule:
    """What ends a walk wherever it stands."""

    label: str
    event: str | None = None
    crossing: Crossing | None = None
    when: str | None = None


@dataclass(frozen=True)
class Plan:
    """One journey version."""

    journey: str
    version: int
    namespace: str
    timezone: str
    entry: Entry
    first: str
    """Id of the step that a walk begins with."""
    steps: Mapping[str, Step]
    events: Mapping[str, EventDefinition]
    actions: Mapping[str, ActionDefinition]
    sources: Mapping[str, ActionDefinition] = field(default_factory=dict, kw_only=True)
    exits: Sequence[ExitRule] = field(default=(), kw_only=True)
    rules: Rules = field(default_factory=Rules, kw_only=True)
    """How to compute what its expressions read."""
    label: str | None = field(default=None, kw_only=True)
    start: int | None = field(default=None, kw_only=True)
    """Nobody enters before this instant, in milliseconds."""
    end: int | None = field(default=None, kw_only=True)
    """Nobody enters from this instant on, and everybody exits."""
    timeout_ms: int | None = field(default=None, kw_only=True)
    """A walk that takes longer exits."""
    priority: int = field(default=PRIORITY, kw_only=True)
    in_flight: str = field(default="finish", kw_only=True)
    """What becomes of people inside older versions: `finish`, `move` or `exit`."""
    moves: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """With `move`: step of the older version to step of this one."""

    @property
    def event_types(self) -> set[str | None]:
        """All event types this plan listens to; None means every type."""
        return {event.event_type for event in self.events.values()}

    def races_for(self, events: Set[str]) -> bool:
        """Say whether some step listens for one of these events."""
        return any(not events.isdisjoint(step.listens()) for step in self.steps.values())

    @property
    def emits(self) -> set[str]:
        """All topics that this plan sends events to."""
        return {topic for step in self.steps.values() for topic in step.emits()}

    @property
    def followed(self) -> set[str]:
        """All audiences with a rule whose border someone may go over here."""
        crossings = [self.entry.crossing, *(rule.crossing for rule in self.exits)]
        named = {crossing.audience for crossing in crossings if crossing is not None}
        watched = {name for step in self.steps.values() for name in step.watches()}
        return (named | watched) & self.rules.audiences.keys()

    def ends_at(self, entered_at: int) -> int | None:
        """Give the instant at which a walk ends wherever it stands, if there is one."""
        latest = None if self.timeout_ms is None else entered_at + self.timeout_ms
        if latest is None or self.end is None:
            return self.end if latest is None else latest
        return min(latest, self.end)


class Plans:
    """All plans the job knows: of each journey the live one, and those people are still inside of.

    Call order: `publish` for each plan as it comes; reading in between as one likes.
    """

    def __init__(self, plans: Iterable[Plan] = ()) -> None:
        self._versions = {(plan.journey, plan.version): plan for plan in plans}
        self._sort()

    def publish(self, plan: Plan) -> None:
        """Take a plan: the highest version of a journey is the live one."""
        self._versions[plan.journey, plan.version] = plan
        self._sort()

    def _sort(self) -> None:
        """Sort plans by what is asked of them.

        Every order is one of names and versions, so that a job which is restored, and is given the
        plans in any order, decides as before.
        """
        self._versions = dict(sorted(self._versions.items()))
        self._live = {plan.journey: plan for plan in self._versions.values()}
        self._listeners = self._by_event_type()
        self._asked = self._by_past_event()
        rules = {name: plan for plan in self._versions.values() for name in plan.followed}
        rules |= {name: plan for plan in self._live.values() for name in plan.followed}
        self._followed = dict(sorted(rules.items()))

    def _by_event_type(self) -> dict[str | None, list[tuple[Plan, EventDefinition]]]:
        """Sort what is listened for by event type, so that an event meets only what may want it."""
        listeners = defaultdict(list)
        for plan in self._versions.values():
            for event in plan.events.values():
                listeners[event.event_type].append((plan, event))
        return dict(listeners)

    def _by_past_event(self) -> dict[str, list[HistoryRead]]:
        """Sort what is asked of the past by event."""
        asked = defaultdict(list)
        for read in dict.fromkeys(r for plan in self for r in plan.rules.histories):
            asked[read.event].append(read)
        return dict(asked)

    @property
    def asked_of_past(self) -> Mapping[str, Sequence[HistoryRead]]:
        """What any plan asks of the past, by event: one plan must not forget what another needs."""
        return self._asked

    @property
    def followed(self) -> Mapping[str, Plan]:
        """Audiences to be kept up to date, each with the plan whose rule counts, live if one is."""
        return self._followed

    def find(self, journey: str, version: int) -> Plan | None:
        """Give one version of a journey, if the job knows it."""
        return self._versions.get((journey, version))

    def listening(self, event_type: str) -> list[tuple[Plan, EventDefinition]]:
        """Give every event definition that may match a record of this type."""
        return [*self._listeners.get(event_type, ()), *self._listeners.get(None, ())]

    def is_live(self, plan: Plan) -> bool:
        """Say whether people enter this version."""
        return self._live.get(plan.journey) is plan

    @property
    def live(self) -> Mapping[str, Plan]:
        """Of each journey the version that people enter."""
        return self._live

    def __iter__(self) -> Iterator[Plan]:
        return iter(self._versions.values())
