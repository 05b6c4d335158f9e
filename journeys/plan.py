"""A plan: one journey version, compiled, complete in itself and never changed.

A plan carries its own copies of the events and actions it uses, so that people inside a version
keep the texts and rules they began with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from journeys.activity import Step
from journeys.definitions import (
    ActionDefinition,
    EventDefinition,
    Rules,
)
from journeys.limits import PRIORITY
from journeys.mode import InFlight
from journeys.policy import Policy


@dataclass(frozen=True)
class Crossing:
    """Going into an audience (`enter`), or out of it (`exit`); a rule may also say `both`."""

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

    @property
    def business_event(self) -> str | None:
        """The event of nobody that starts a reading, if one does."""
        return None if self.reading is None else self.event


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
    in_flight: InFlight = field(default="finish", kw_only=True)
    """What becomes of people inside older versions."""
    exceptions: Mapping[str, InFlight] = field(default_factory=dict, kw_only=True)
    """Step of an older version to what becomes of people there instead."""
    moves: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """With `move`: step of the older version to step of this one."""
    policies: Sequence[Policy] = field(default=(), kw_only=True)
    """Those that hold for its messages or its walks."""

    @property
    def alone(self) -> Plan:
        """The plan as it is published: models belong to no version of a journey."""
        return replace(self, rules=replace(self.rules, models={})) if self.rules.models else self

    @property
    def scores(self) -> set[str]:
        """All models whose scores its expressions read."""
        return {*self.rules.scores, *self.rules.models}

    @property
    def heard(self) -> Mapping[str, EventDefinition]:
        """Its events, and those whose past the models read that it brought along."""
        of_models = [model.events for model in self.rules.models.values()]
        return {name: event for known in (*of_models, self.events) for name, event in known.items()}

    @property
    def event_types(self) -> set[str | None]:
        """All event types this plan listens to; None means every type."""
        return {event.event_type for event in self.events.values()}

    def races_for(self, events: Set[str]) -> bool:
        """Say whether some step listens for one of these events."""
        return any(not events.isdisjoint(step.listens()) for step in self.steps.values())

    @property
    def rank(self) -> tuple[int, str]:
        """Where several journeys want one thing, the lowest rank comes first."""
        return -self.priority, self.journey

    @property
    def emits(self) -> set[str]:
        """All topics that this plan sends events to."""
        return {topic for step in self.steps.values() for topic in step.emits()}

    @property
    def followed(self) -> set[str]:
        """All audiences with a rule of which must be known who is in, and since when."""
        crossings = [self.entry.crossing, *(rule.crossing for rule in self.exits)]
        named = {crossing.audience for crossing in crossings if crossing is not None}
        reading = self.entry.reading
        if reading is not None and reading.incremental:
            named.add(reading.audience)
        watched = {name for step in self.steps.values() for name in step.watches()}
        return (named | watched) & self.rules.audiences.keys()

    @property
    def timed(self) -> set[str]:
        """All channels of which must be known when a person opens messages."""
        return {channel for step in self.steps.values() for channel in step.times()}

    def ends_at(self, entered_at: int) -> int | None:
        """Give the instant at which a walk ends wherever it stands, if there is one."""
        latest = None if self.timeout_ms is None else entered_at + self.timeout_ms
        if latest is None or self.end is None:
            return self.end if latest is None else latest
        return min(latest, self.end)
