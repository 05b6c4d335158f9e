"""All plans the job knows, with what holds of each journey and what they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import TypeAlias

from journeys.bandit import Weights
from journeys.definitions import (
    DatasetDefinition,
    EventDefinition,
    ModelDefinition,
    SharedDefinition,
)
from journeys.endpoint import EndpointDefinition
from journeys.expressions.turning import Turning
from journeys.history import HistoryRead
from journeys.identifiers import experiment_id
from journeys.lifecycle import Lifecycle, Turn
from journeys.mode import Mode
from journeys.plan import Crossing, Plan
from journeys.policy import Policy
from journeys.tables import Tables


class _Sorted:
    """All plans, sorted by what is asked of them: a question meets only what it is about.

    Every order is one of names and versions, so that a job which is restored, and is given the
    plans in any order, decides as before.
    """

    def __init__(
        self,
        versions: Mapping[tuple[str, int], Plan],
        lives: Mapping[str, Lifecycle],
        models: Mapping[str, ModelDefinition],
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
        self.timed = {name for plan in running for name in plan.timed}
        self.models_of = {place: _deciding(plan, models) for place, plan in self.versions.items()}
        scoring = self._scoring(running)
        self.scored_event = defaultdict[str | None, list[EventDefinition]](list)
        for model in scoring:
            for event in model.events.values():
                self.scored_event[event.event_type].append(event)
        self.heard = self.event_type.keys() | self.scored_event.keys()
        histories = [r for plan in running for r in plan.rules.histories]
        self.past_event = _by_event(
            r for h in [histories, *(m.histories for m in scoring)] for r in h
        )
        rules = {name: plan for plan in running for name in plan.followed}
        live = (plan for plan in running if self._mode(plan) is Mode.LIVE)
        rules |= {name: plan for plan in live for name in plan.followed}
        self.followed = dict(sorted(rules.items()))
        self.counting, self.windows = _counted(self.followed, self.models_of)
        self.by_clock, self.rules = self._foreseen()

    def _foreseen(self) -> tuple[dict[str, list[Turning]], dict[str, str]]:
        """Give of followed audiences the parts that a clock changes, and the name of the rule."""
        by_clock, rules = {}, {}
        for name, plan in self.followed.items():
            models = self.models_of[plan.journey, plan.version]
            rules[name] = plan.rules.rule_id(name, models)
            if found := plan.rules.turnings(name, models):
                by_clock[name] = found
        return by_clock, rules

    def _scoring(self, plans: Iterable[Plan]) -> list[ModelDefinition]:
        """Give the models whose scores some of the plans read."""
        found = (m for p in plans for m in self.models_of[p.journey, p.version].values() if m)
        return list({id(model): model for model in found}.values())

    @cached_property
    def endpoints(self) -> Sequence[str]:
        """Every endpoint that any plan asks for anything, in order."""
        called = (
            a for p in self.versions.values() for a in (*p.actions.values(), *p.sources.values())
        )
        return sorted({definition.endpoint for definition in called})

    def _mode(self, plan: Plan) -> Mode | None:
        life = self.lives.get(plan.journey)
        return None if life is None else life.mode(plan.version)

    def _is_finished(self, plan: Plan) -> bool:
        life = self.lives.get(plan.journey)
        return life is not None and life.finished and life.live == plan.version


_Models: TypeAlias = Mapping[str, ModelDefinition | None]
"""Models by id; None where only its id is known."""


def _deciding(plan: Plan, said: Mapping[str, ModelDefinition]) -> _Models:
    """Give the models that a plan reads scores by: its own only if none as new was said."""
    own = plan.rules.models
    deciding: dict[str, ModelDefinition | None] = {}
    for name in sorted(plan.scores):
        known = [model for model in (said.get(name), own.get(name)) if model is not None]
        deciding[name] = max(known, key=lambda model: model.version, default=None)
    return deciding


def _by_event(reads: Iterable[HistoryRead]) -> dict[str, list[HistoryRead]]:
    asked = defaultdict(list)
    for read in dict.fromkeys(reads):
        asked[read.event].append(read)
    return dict(asked)


def _counted(
    followed: Mapping[str, Plan], models_of: Mapping[tuple[str, int], _Models]
) -> tuple[dict[str, list[str]], dict[str, list[int]]]:
    """Sort followed audiences, and the lengths of time they look back over, by what they count."""
    counting, windows = defaultdict[str, list[str]](list), defaultdict[str, set[int]](set)
    for name, plan in followed.items():
        rule, models = plan.rules.audiences[name], models_of[plan.journey, plan.version]
        asked = [read for m in rule.models if (model := models[m]) for read in model.histories]
        counted = sorted({*rule.events, *(read.event for read in asked)})
        for event in counted:
            counting[event].append(name)
        for read in (*plan.rules.histories, *asked):
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
        self.tables = Tables()
        """Reference data that lookups read."""
        self.audible: frozenset[str] | None = None
        """Types of events that come at all; None: all do."""
        self.tells_inputs = False
        """Whether step events tell what conditions have read."""
        self._datasets: dict[str, DatasetDefinition] = {}
        self._models: dict[str, ModelDefinition] = {}
        self._limits: dict[str, EndpointDefinition] = {}
        self._defined: dict[tuple[str, str], int] = {}
        self._lives = dict(lives or {})
        self._sorted: _Sorted | None = None
        for plan in plans:
            if plan.journey not in (lives or {}):
                self._lives[plan.journey] = self._published(plan)

    def __copy__(self) -> Plans:
        """Give the same, to go another way from here."""
        copied = Plans(self, self._lives)
        copied._weights = dict(self._weights)
        copied.tables, copied.tells_inputs = self.tables, self.tells_inputs
        copied.audible = self.audible
        copied._datasets, copied._models = dict(self._datasets), dict(self._models)
        copied._limits = dict(self._limits)
        copied._defined = dict(self._defined)
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

    def define(self, definition: SharedDefinition, revision: int = 0) -> None:
        """Take a definition that belongs to no journey, in place of the one before."""
        self._defined[definition.kind, definition.id] = revision
        match definition:
            case DatasetDefinition():
                self._datasets[definition.id] = definition
            case EndpointDefinition():
                self._limits[definition.id] = definition
            case ModelDefinition():
                self._models[definition.id] = definition
                self._sorted = None

    def defined_at(self, definition: SharedDefinition) -> int:
        """Give the revision at which a definition of this kind and id was said last; 0: never."""
        return self._defined.get((definition.kind, definition.id), 0)

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
            self._sorted = _Sorted(self._versions, self._lives, self._models)
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

    @property
    def followed_rules(self) -> Mapping[str, str]:
        """Followed audiences, each with what tells its rule from others."""
        return self._by.rules

    def counting(self, event: str) -> Sequence[str]:
        """Name, in order, the followed audiences whose rules count an event."""
        return self._by.counting.get(event, ())

    @property
    def windows(self) -> Mapping[str, Sequence[int]]:
        """Of each event that they count, the lengths of time that they look back over."""
        return self._by.windows

    @property
    def by_clock(self) -> Mapping[str, Sequence[Turning]]:
        """Followed audiences whose rules read the clock, and by which parts: most read none."""
        return self._by.by_clock

    @property
    def endpoints(self) -> Sequence[str]:
        """Name, in order, every endpoint that any plan asks for anything."""
        return self._by.endpoints

    def find(self, journey: str, version: int) -> Plan | None:
        """Give one version of a journey, if the job knows it."""
        return self._versions.get((journey, version))

    def listening(self, event_type: str) -> list[tuple[Plan, EventDefinition]]:
        """Give every event definition that may match a record of this type."""
        listeners = self._by.event_type
        return [*listeners.get(event_type, ()), *listeners.get(None, ())]

    @property
    def listened(self) -> set[str] | None:
        """Name the types of events that any definition may match; None: some match any type."""
        types = {*self._by.event_type, *self._by.scored_event}
        return None if None in types else {str(name) for name in types}

    @property
    def event_types(self) -> set[str | None]:
        """Types of events that any plan or model listens to; None among them: every type."""
        scored = {e.event_type for model in self._models.values() for e in model.events.values()}
        return scored.union(*(plan.event_types for plan in self._versions.values()))

    def hears(self, event_type: str) -> bool:
        """Say whether anything may listen to records of this type."""
        heard = self._by.heard
        return event_type in heard or None in heard

    def scored(self, event_type: str) -> list[EventDefinition]:
        """Give every event that may match a record of this type, and whose past models read."""
        scored = self._by.scored_event
        return [*scored.get(event_type, ()), *scored.get(None, ())]

    def models_of(self, plan: Plan) -> Mapping[str, ModelDefinition | None]:
        """Give the models that a plan reads scores by; None where one is not known."""
        return self._by.models_of.get((plan.journey, plan.version), {})

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
        if not self._weights:
            return {}
        weights = self._weights.get(experiment_id(journey, version, step))
        return {} if weights is None else weights.shares

    def defines(self, definition: SharedDefinition) -> bool:
        """Say whether a definition holds just as it is."""
        known: Sequence[Mapping[str, SharedDefinition]]
        known = (self._datasets, self._limits, self._models)
        return any(definition == those.get(definition.id) for those in known)

    @property
    def datasets(self) -> Mapping[str, DatasetDefinition]:
        """Datasets by id."""
        return self._datasets

    @property
    def limits(self) -> Mapping[str, EndpointDefinition]:
        """Limits of endpoints, by their own id."""
        return self._limits

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
