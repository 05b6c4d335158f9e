"""Every way through a journey: what has come before a step, and how soon a walk can be there.

A *way* leads from one step to another. What it *brings* can be read from then on: the event that
was waited for, the answer of a call. A walk may come to a step by several ways, and may have heard
what any of them brings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TypeAlias

from journeys.activities.first_of import EventBranchSpec, FirstOfSpec
from journeys.activities.lookup import LookupSpec
from journeys.activities.wait import WaitSpec
from journeys.activity import END, Branch, Step
from journeys.call import Call
from journeys.expressions.catalog import ReadKind
from journeys.kinds.journey import JourneySpec
from journeys.specification import StepSpec

Mark: TypeAlias = tuple[ReadKind, str]
"""What can be read: an event, the answer of a step, or the answer of a source."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a step."""

    to: str
    brings: frozenset[Mark] = frozenset()
    """What can be read by whoever went here."""
    takes_ms: int = 0
    """How long it takes at least, as far as that is written."""
    is_usual: bool = True
    """Whether the step did what it is there for: not for errors and the like."""


class Routes:
    """The ways of one journey, all of whose steps could be read."""

    def __init__(self, spec: JourneySpec, steps: Mapping[str, StepSpec]) -> None:
        names = list(steps)
        following = dict(zip(names, [*names[1:], END], strict=True))
        self.first = names[0]
        self.steps: dict[str, Step] = {
            name: step.compiled(name, step.next or following[name]) for name, step in steps.items()
        }
        """As the engine runs them."""
        self.ways: dict[str, list[Way]] = {
            name: [*_ways(step, self.steps[name])] for name, step in steps.items()
        }
        entered = {(ReadKind.EVENT, spec.entry.heard)} if spec.entry.heard else set()
        self.before: Mapping[str, Set[Mark]] = self._before(entered)
        """Step to what can have come before; only of steps that a way leads to."""
        self.earliest_ms: Mapping[str, int] = self._earliest()
        """Step to the shortest time in which a walk comes there."""

    @property
    def is_complete(self) -> bool:
        """Whether every way leads to a step that is there."""
        return all(way.to in (END, *self.steps) for ways in self.ways.values() for way in ways)

    def after(self, step: str) -> set[str]:
        """Give the steps that a walk can come to once a step has done what it is there for."""
        seen: set[str] = set()
        waiting = [way.to for way in self.ways[step] if way.is_usual]
        while waiting:
            name = waiting.pop()
            if name in self.ways and name not in seen:
                seen.add(name)
                waiting += [way.to for way in self.ways[name]]
        return seen

    def _before(self, entered: set[Mark]) -> dict[str, set[Mark]]:
        before = {self.first: entered}
        waiting = [self.first]
        while waiting:
            name = waiting.pop(0)
            for way in self.ways.get(name, ()):
                brought = before[name] | way.brings
                known = before.get(way.to)
                if known is None or not brought <= known:
                    before[way.to] = brought | (known or set())
                    waiting.append(way.to)
        return before

    def _earliest(self) -> dict[str, int]:
        earliest = {self.first: 0}
        waiting = [self.first]
        while waiting:
            name = waiting.pop(0)
            for way in self.ways.get(name, ()):
                moment = earliest[name] + way.takes_ms
                if way.to not in earliest or moment < earliest[way.to]:
                    earliest[way.to] = moment
                    waiting.append(way.to)
        return earliest


def _ways(spec: StepSpec, step: Step) -> Iterator[Way]:
    """Give the ways out of a step, also those that are written and never taken."""
    if isinstance(spec, FirstOfSpec):
        yield from _races(spec, step.next)
    else:
        for branch in step.usual_branches():
            yield _way(spec, step, branch)
    if step.on_max_visits is not None:
        yield Way(step.on_max_visits, is_usual=False)


def _races(spec: FirstOfSpec, following: str) -> Iterator[Way]:
    lengths = {path[1]: length for path, length in spec.fixed_waits()}
    for n, branch in enumerate(spec.first_of):
        heard = {(ReadKind.EVENT, branch.event)} if isinstance(branch, EventBranchSpec) else set()
        yield Way(branch.to or following, frozenset(heard), lengths.get(n, 0))


def _way(spec: StepSpec, step: Step, branch: Branch) -> Way:
    match spec, step:
        case WaitSpec(), _:
            return Way(branch.to, takes_ms=sum(length for _, length in spec.fixed_waits()))
        case LookupSpec(reads_table=True), _:
            brings = {(ReadKind.SOURCE, spec.lookup)} if branch.label is None else ()
            return Way(branch.to, frozenset(brings), is_usual=branch.label is None)
        case LookupSpec(), _ if branch.label is None:
            marks = {(ReadKind.ACTION, step.id), (ReadKind.SOURCE, spec.lookup)}
            return Way(branch.to, frozenset(marks))
        case _, Call():
            mark = (ReadKind.ACTION, step.id)
            return Way(branch.to, frozenset([mark]), is_usual=branch.label is None)
        case _:
            return Way(branch.to)
