"""Which ways through a journey were taken: each branch of each step, and each end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from journeys.command import Report
from journeys.diagnostics import Code, Diagnostic, Place
from journeys.document import Document
from journeys.expressions.errors import Severity
from journeys.outcomes import Outcome
from journeys.plan import Plan
from journeys.simulator import Happening
from journeys.step_event import StepEvent

_GOES_ON = (Outcome.PASSED, Outcome.SUCCEEDED)
"""A way without a label is taken by these alone: what fails there ends the walk."""
_ENDS = (Outcome.COMPLETED, Outcome.EXITED, Outcome.FAILED)


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """One way out of a step; `label` is None for the only one, and for an end."""

    step: str
    label: str | None = None

    def __str__(self) -> str:
        return self.step if self.label is None else f"{self.step}:{self.label}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often each way of a journey was taken, in the order in which it is written."""

    plan: Plan
    taken: Mapping[Way, int]
    outcomes: Mapping[str, set[Outcome]] = field(default_factory=dict)
    """Step to the outcomes seen there."""

    @property
    def uncovered(self) -> list[Way]:
        """The ways that nobody went."""
        return [way for way, times in self.taken.items() if not times]

    @property
    def percent(self) -> float:
        """The share of ways that somebody went."""
        return 100 * (len(self.taken) - len(self.uncovered)) / len(self.taken)


def ways_of(plan: Plan) -> Iterator[Way]:
    """List every way out of every step; a step that leads nowhere is one itself."""
    for step in plan.steps.values():
        labels = dict.fromkeys(branch.label for branch in step.branches())
        yield from (Way(step.id, label) for label in labels or (None,))


def coverage(plan: Plan, traces: Iterable[Iterable[Happening]]) -> Coverage:
    """Count the ways that the people of some traces went through one journey version."""
    taken = dict.fromkeys(ways_of(plan), 0)
    outcomes: dict[str, set[Outcome]] = {name: set() for name in plan.steps}
    for trace in traces:
        for happening in trace:
            match happening.what:
                case Report(step_event=event) if _concerns(plan, event.journey_id, event.step_id):
                    outcomes[event.step_id].add(event.outcome)
                    way = Way(event.step_id, event.branch)
                    if way in taken and _takes(plan, event):
                        taken[way] += 1
    return Coverage(plan, taken, outcomes)


def _concerns(plan: Plan, journey: str, step: str) -> bool:
    return journey == plan.journey and step in plan.steps


def _takes(plan: Plan, event: StepEvent) -> bool:
    """Say whether a step event reports that somebody went the way that it names."""
    if not plan.steps[event.step_id].branches():
        return event.outcome in _ENDS
    if event.branch is None:
        return event.outcome in _GOES_ON
    # An exit criterion has a label too, and so has an arm when somebody succeeds with it.
    return event.outcome not in (*_ENDS, Outcome.CONVERTED)


def uncovered_faults(found: Coverage, document: Document | None) -> Iterator[Diagnostic]:
    """Say of each way that nobody went where it is written in the journey's document."""
    for way in found.uncovered:
        place = Place(found.plan.journey) if document is None else _place(document, found.plan, way)
        message = f"no scenario takes the branch '{way}' of the journey '{found.plan.journey}'"
        hint = "write a scenario that does"
        yield Diagnostic(place, Code.UNCOVERED, message, hint, Severity.WARNING)


def _place(document: Document, plan: Plan, way: Way) -> Place:
    """Find a way: its item in a list, its name under `on`, or else its step."""
    step = plan.steps[way.step]
    path = ("steps", way.step)
    if way.label is None:
        return document.place(path, key=True)
    labels = [branch.label for branch in step.branches()]
    item = (*path, step.kind, labels.index(way.label))
    if item in document.marks:
        return document.place(item)
    return document.place((*path, "on", way.label), key=True)
