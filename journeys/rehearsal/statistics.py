"""What became of many people in one journey: counts, ways, messages, and how long they stayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from journeys.command import Report, RequestAction
from journeys.outcomes import Outcome
from journeys.plan import Plan
from journeys.report import VersionReport, Walked, report
from journeys.simulator import Happening, Simulator
from journeys.step_event import StepEvent

_STAYS = (Outcome.WAITING, Outcome.REQUESTED)
_ENDS = (Outcome.COMPLETED, Outcome.EXITED, Outcome.FAILED)
_COUNTED = (
    "event_id",
    "journey_id",
    "journey_version",
    "instance_id",
    "step_id",
    "step_kind",
    "visit",
    "occurred_at",
    "outcome",
    "reason",
    "branch",
    "mode",
)


@dataclass(slots=True)
class StepStatistics:
    """What became of people at one step."""

    visits: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    """How it was left: the outcome, and the branch where there are several."""
    reasons: Counter[str] = field(default_factory=Counter)
    dwell_ms: list[int] = field(default_factory=list)
    """How long each visit took that held a person and is over."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What became of everybody in one journey."""

    plan: Plan
    people: int
    ledger: VersionReport
    steps: Mapping[str, StepStatistics]
    messages: Mapping[str, int]
    """Action to how often it was asked for."""
    actions_of: Sequence[int]
    """For each walk how many actions it asked for, from few to many."""
    weights: Mapping[str, Mapping[str, float]]
    """Step of a bandit to the shares of its arms at the end."""


def statistics(plan: Plan, simulator: Simulator) -> Statistics:
    """Add up the traces of a simulator's people in one journey version."""
    traces = [person.trace for person in simulator.people.values()]
    moved = ((n, simulator.plans.weights(plan.journey, plan.version, n)) for n in plan.steps)
    events = list(_events(plan, traces))
    ledger = report({name: getattr(e, name) for name in _COUNTED} for e in events)
    steps = {name: StepStatistics() for name in plan.steps}
    arrived: dict[tuple[str | None, str, int], int] = {}
    seen: set[tuple[str | None, str, int]] = set()
    for event in events:
        if event.step_id in steps and event.instance_id is not None:
            _count(steps[event.step_id], event, arrived, seen)
    asked = [
        happening.what.request
        for trace in traces
        for happening in trace
        if isinstance(happening.what, RequestAction)
        and happening.what.request.journey_id == plan.journey
        and happening.what.request.action_id in plan.actions
    ]
    walks = {e.instance_id: 0 for e in events if e.outcome is Outcome.ENTERED}
    return Statistics(
        plan,
        len(traces),
        ledger.get(Walked(plan.journey, plan.version), VersionReport()),
        steps,
        Counter(request.action_id for request in asked),
        sorted((walks | Counter(request.instance_id for request in asked)).values()),
        {name: weights for name, weights in moved if weights},
    )


def _events(plan: Plan, traces: Iterable[Iterable[Happening]]) -> Iterator[StepEvent]:
    for trace in traces:
        for happening in trace:
            if isinstance(happening.what, Report):
                event = happening.what.step_event
                if (event.journey_id, event.journey_version) == (plan.journey, plan.version):
                    yield event


_Visit = tuple[str | None, str, int]


def _count(
    step: StepStatistics, event: StepEvent, arrived: dict[_Visit, int], seen: set[_Visit]
) -> None:
    visit = (event.instance_id, event.step_id, event.visit)
    if visit not in seen:
        seen.add(visit)
        step.visits += 1
    if event.outcome is Outcome.CONVERTED:
        return
    if event.outcome in _STAYS:
        arrived.setdefault(visit, event.occurred_at)
        return
    if event.reason is not None and event.outcome not in _ENDS:
        step.reasons[str(event.reason)] += 1
    if event.outcome is Outcome.DISCARDED:
        return
    if visit in arrived:
        step.dwell_ms.append(event.occurred_at - arrived.pop(visit))
    branch = f":{event.branch}" if event.branch not in (None, event.outcome) else ""
    step.ways[f"{event.outcome}{branch}"] += 1


def percentile(values: Sequence[int], share: float) -> int | None:
    """Give the value below which so large a share of all lies; None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
