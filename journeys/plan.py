"""A plan: one journey version, compiled, complete in itself and never changed. And all of them.

A plan carries its own copies of the events and actions it uses, so that people inside a version
keep the texts and rules they began with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from journeys.activity import Step
from journeys.bandit import Weights
from journeys.definitions import (
    ActionDefinition,
    DatasetDefinition,
    EventDefinition,
    ModelDefinition,
    Rules,
    SharedDefinition,
)
from journeys.history import HistoryRead
from journeys.identifiers import experiment_id
from journeys.lifecycle import Lifecycle, Turn
from journeys.limits import PRIORITY
from journeys.mode import InFlight, Mode
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


class _Sorted:
    """All plans, sorted by what is asked of them: a question meets only what it is about.

    Every order is one of names and versions, so that a job which is restored, and is given the
    plans in any order, decides as before.
    """

    def __init__(
        self, versions: Mapping[tuple[str, int], Plan], lives: Mapping[str, Lifecycle]
    ) -> None:
        self.versions = dict(sorted(versions.items()))
        self.lives = dict(sorted(lives.items()))
        self.journey = defaultdict[str, list[int]](list)
        for journey, version in self.versions:
            self.journey[journey].append(version)
        plans = list(self.versions.values())
        entered = [plan for plan in plans if self._mode(plan)]
        self.live = {p.journey: p for p in entered if self._mode(p) is Mode.LIVE}
        self.crossing = defaultdict[Crossing | None, list[Plan]](list)
        for plan in entered:
            self.crossing[plan.entry.crossing].append(plan)
        # Of what is finished only the rules of entry are asked: nobody can be there any more.
        running = [plan for plan in plans if not self._is_finished(plan)]
        self.policies = tuple(dict.fromkeys(p for plan in plans for p in plan.policies))
        self.event_type = defaultdict[str | None, list[tuple[Plan, EventDefinition]]](list)
        for plan in running:
            for event in plan.events.values():
                self.event_type[event.event_type].append((plan, event))
        self.past_event = _by_past_event(running)
        self.timed = {name for plan in running for name in plan.timed}
        rules = {name: plan for plan in running for name in plan.followed}
        live = (plan for plan in running if self._mode(plan) is Mode.LIVE)
        rules |= {name: plan for plan in live for name in plan.followed}
        self.followed = dict(sorted(rules.items()))
        self.counting, self.windows = _counted(self.followed)

    def _mode(self, plan: Plan) -> Mode | None:
        life = self.lives.get(plan.journey)
        return None if life is None else life.mode(plan.version)

    def _is_finished(self, plan: Plan) -> bool:
        life = self.lives.get(plan.journey)
        return life is not None and life.finished and life.live == plan.version


def _by_past_event(plans: Iterable[Plan]) -> dict[str, list[HistoryRead]]:
    asked = defaultdict(list)
    for read in dict.fromkeys(r for plan in plans for r in plan.rules.histories):
        asked[read.event].append(read)
    return dict(asked)


def _counted(followed: Mapping[str, Plan]) -> tuple[dict[str, list[str]], dict[str, list[int]]]:
    """Sort followed audiences, and the lengths of time they look back over, by what they count."""
    counting, windows = defaultdict[str, list[str]](list), defaultdict[str, set[int]](set)
    for name, plan in followed.items():
        counted = plan.rules.audiences[name].events
        for event in counted:
            counting[event].append(name)
        for read in plan.rules.histories:
            if read.window_ms is not None and read.event in counted:
                windows[read.event].add(read.window_ms)
    return dict(counting), {event: sorted(found) for event, found in windows.items()}


class Plans:
    """All plans the job knows, and what holds of each journey.

    Call order: `publish`, `add`, `say` and `retire` as things are said; reading in between as one
    likes. `journeys.control` decides what follows from a command.
    """

    def __init__(
        self, plans: Iterable[Plan] = (), lives: Mapping[str, Lifecycle] | None = None
    ) -> None:
        """Know plans: with `lives` as they say, else published one after the other by version."""
        plans = sorted(plans, key=lambda plan: (plan.journey, plan.version))
        self._versions = {(plan.journey, plan.version): plan for plan in plans}
        self._weights: dict[str, Weights] = {}
        self._datasets: dict[str, DatasetDefinition] = {}
        self._models: dict[str, ModelDefinition] = {}
        self._lives = dict(lives or {})
        self._sorted: _Sorted | None = None
        for plan in plans:
            if plan.journey not in (lives or {}):
                self._lives[plan.journey] = self._published(plan)

    def __copy__(self) -> Plans:
        """Give the same, to go another way from here."""
        copied = Plans(self, self._lives)
        copied._weights = dict(self._weights)
        copied._datasets, copied._models = dict(self._datasets), dict(self._models)
        return copied

    # What is said.

    def publish(self, plan: Plan) -> None:
        """Take a plan: a version higher than the live one takes its place."""
        self.add(plan, self._published(plan))

    def _published(self, plan: Plan) -> Lifecycle:
        life = self._lives.get(plan.journey, Lifecycle())
        if life.live is not None and plan.version <= life.live:
            return life
        turn = Turn(self.revision + 1, plan.version, plan.in_flight, plan.exceptions, plan.moves)
        return life.publish(turn)

    def add(self, plan: Plan, life: Lifecycle) -> None:
        """Take a plan, and what holds of its journey from now on."""
        self._versions[plan.journey, plan.version] = plan
        self.say(plan.journey, life)

    def say(self, journey: str, life: Lifecycle) -> None:
        """Take what holds of a journey from now on."""
        self._lives[journey] = life
        self._sorted = None

    def define(self, definition: SharedDefinition) -> None:
        """Take a definition that belongs to no journey, in place of the one before."""
        if isinstance(definition, DatasetDefinition):
            self._datasets[definition.id] = definition
        else:
            self._models[definition.id] = definition

    def retire(self, journey: str, version: int) -> None:
        """Let go of a version that nobody is inside of, unless people may still enter it."""
        life = self._lives.get(journey)
        if life is None or life.is_kept(version):
            return
        if version != life.live:  # its rules of re-entry are still needed
            self._versions.pop((journey, version), None)
        for name, weights in list(self._weights.items()):
            if (weights.journey, weights.version) == (journey, version):
                del self._weights[name]
        self.say(journey, life.without(version))

    @property
    def _by(self) -> _Sorted:
        """Sort anew where something was said since the last time that anything was asked.

        Only then: whoever reads all that was ever said asks nothing in between.
        """
        if self._sorted is None:
            self._sorted = _Sorted(self._versions, self._lives)
        return self._sorted

    @property
    def asked_of_past(self) -> Mapping[str, Sequence[HistoryRead]]:
        """What any plan asks of the past, by event: one plan must not forget what another needs."""
        return self._by.past_event

    @property
    def timed(self) -> Set[str]:
        """Channels of which any plan asks when a person opens messages."""
        return self._by.timed

    @property
    def policies(self) -> Sequence[Policy]:
        """Those of any plan: one plan must not forget what another counts."""
        return self._by.policies

    @property
    def followed(self) -> Mapping[str, Plan]:
        """Audiences to be kept up to date, each with the plan whose rule counts, live if one is."""
        return self._by.followed

    def counting(self, event: str) -> Sequence[str]:
        """Name, in order, the followed audiences whose rules count an event."""
        return self._by.counting.get(event, ())

    @property
    def windows(self) -> Mapping[str, Sequence[int]]:
        """Of each event that they count, the lengths of time that they look back over."""
        return self._by.windows

    def find(self, journey: str, version: int) -> Plan | None:
        """Give one version of a journey, if the job knows it."""
        return self._versions.get((journey, version))

    def listening(self, event_type: str) -> list[tuple[Plan, EventDefinition]]:
        """Give every event definition that may match a record of this type."""
        listeners = self._by.event_type
        return [*listeners.get(event_type, ()), *listeners.get(None, ())]

    def mode(self, plan: Plan) -> Mode | None:
        """Say how people enter a version: for real, or in a rehearsal; None if they do not."""
        life = self._lives.get(plan.journey)
        return None if life is None else life.mode(plan.version)

    def run(self, journey: str, mode: Mode) -> str:
        """Name the rehearsal that counts walks of a mode; empty for real ones."""
        life = self._lives.get(journey)
        rehearsal = None if life is None else life.rehearsal
        return rehearsal.run if rehearsal is not None and rehearsal.mode is mode else ""

    def counted_by(self, journey: str, run: str) -> Plan | None:
        """Give the plan whose rules of entry ask what is noted of a run; None: it is over."""
        if not run:
            return self.live.get(journey)
        life = self._lives.get(journey)
        rehearsal = None if life is None else life.rehearsal
        if rehearsal is None or rehearsal.run != run:
            return None
        return self.find(journey, rehearsal.version)

    def is_entered(self, plan: Plan) -> bool:
        """Say whether people enter this version, for real or in a rehearsal."""
        known = (plan.journey, plan.version) in self._versions
        return known and self.mode(plan) is not None

    def is_open(self, plan: Plan) -> bool:
        """Say whether people enter this version, and it is neither closed nor stopped."""
        life = self._lives.get(plan.journey)
        return life is not None and life.is_entered(plan.version)

    def entered_over(self, crossing: Crossing) -> list[Plan]:
        """Give of those that people enter the ones that begin at a border of an audience."""
        either = Crossing(crossing.audience, "both")
        return [*self._by.crossing.get(crossing, ()), *self._by.crossing.get(either, ())]

    def entered_of(self, journey: str) -> list[Plan]:
        """Give of those that people enter the ones of one journey."""
        plans = (self.find(journey, version) for version in self.versions(journey))
        return [plan for plan in plans if plan is not None and self.is_entered(plan)]

    def weigh(self, weights: Weights) -> None:
        """Take new shares of an experiment; what has been let go of needs none."""
        if (weights.journey, weights.version) in self._versions:
            self._weights[weights.experiment] = weights

    def weights(self, journey: str, version: int, step: str) -> Mapping[str, float]:
        """Give arm to percent of an experiment where a bandit has moved them."""
        weights = self._weights.get(experiment_id(journey, version, step))
        return {} if weights is None else weights.shares

    def defines(self, definition: SharedDefinition) -> bool:
        """Say whether a definition holds just as it is."""
        known = self._datasets if isinstance(definition, DatasetDefinition) else self._models
        return known.get(definition.id) == definition

    @property
    def datasets(self) -> Mapping[str, DatasetDefinition]:
        """Datasets by id."""
        return self._datasets

    @property
    def models(self) -> Mapping[str, ModelDefinition]:
        """Models by id, as they were defined last, whatever plans brought along."""
        return self._models

    @property
    def live(self) -> Mapping[str, Plan]:
        """Of each journey the version that people enter for real."""
        return self._by.live

    def life(self, journey: str) -> Lifecycle | None:
        """Give what holds of a journey, if the job knows it."""
        return self._lives.get(journey)

    @property
    def lives(self) -> Mapping[str, Lifecycle]:
        """What holds of each journey."""
        return self._by.lives

    @property
    def revision(self) -> int:
        """The latest that was said of any journey."""
        return max((life.revision for life in self._lives.values()), default=0)

    def versions(self, journey: str) -> Sequence[int]:
        """Give the versions of a journey that the job knows."""
        return self._by.journey.get(journey, ())

    def __iter__(self) -> Iterator[Plan]:
        return iter(self._by.versions.values())
