"""What a picture of a journey shows, before it is drawn: nodes with texts, and ways between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from journeys.activities.end import End
from journeys.activity import END, Step
from journeys.graph.summary import entry_rules, exit_rules, summary
from journeys.phrases import one_line
from journeys.plan import Plan


class Role(StrEnum):
    """What a node is to somebody who reads the picture."""

    ENTRY = "entry"
    HOLD = "hold"
    """People stay here until something happens."""
    CHOICE = "choice"
    """People go different ways from here."""
    WORK = "work"
    """Something is done."""
    COMPLETED = "completed"
    FAILED = "failed"


_ROLES = {
    "wait": Role.HOLD,
    "first_of": Role.HOLD,
    "choose": Role.CHOICE,
    "condition": Role.CHOICE,
    "split": Role.CHOICE,
    "experiment": Role.CHOICE,
    "cap": Role.CHOICE,
}
"""Of every other kind of step people expect that it does something."""


@dataclass(frozen=True, slots=True)
class Node:
    """The entry, a step, or the end that every journey has."""

    name: str
    kind: str
    role: Role
    label: str | None = None
    lines: tuple[str, ...] = ()
    """What it does."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a node to another, both by their place in the drawing."""

    source: int
    target: int
    label: str | None = None
    leads_back: bool = False
    """It closes a loop."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that the picture of a journey shows."""

    nodes: tuple[Node, ...]
    """The entry comes first, then the steps as written."""
    ways: tuple[Way, ...]

    @property
    def title(self) -> str:
        """The journey version, which the entry bears as its name."""
        return self.nodes[0].name

    def told(self) -> str:
        """Tell the ways in a text, for who cannot see the picture."""
        names = [node.name for node in self.nodes]
        return " ".join(
            f"{names[way.source]} leads to {names[way.target]}"
            + (f" ({way.label})." if way.label else ".")
            for way in self.ways
        )


def title_of(plan: Plan) -> str:
    """Name a journey version."""
    label = f": {one_line(plan.label)}" if plan.label else ""
    return f"{plan.journey} v{plan.version}{label}"


def draw(plan: Plan) -> Drawing:
    """Say what the picture of a journey shows."""
    rules = (*entry_rules(plan.entry), *exit_rules(plan))
    nodes = [Node(title_of(plan), "entry", Role.ENTRY, lines=rules)]
    nodes += [_node(step, plan) for step in plan.steps.values()]
    places = {name: place for place, name in enumerate(plan.steps, start=1)}
    branches = [branch for step in plan.steps.values() for branch in step.branches()]
    if any(branch.to == END for branch in branches):
        places[END] = len(nodes)
        nodes.append(Node(END, "end", Role.COMPLETED, lines=("the walk is complete",)))
    ways = [
        Way(places[step.id], places[branch.to], branch.label)
        for step in plan.steps.values()
        for branch in step.branches()
    ]
    ways = _joined([Way(0, places[plan.first]), *ways])
    back = _leading_back(ways, len(nodes))
    marked = (replace(way, leads_back=(way.source, way.target) in back) for way in ways)
    return Drawing(tuple(nodes), tuple(marked))


def _node(step: Step, plan: Plan) -> Node:
    role = _ROLES.get(step.kind, Role.WORK)
    if isinstance(step, End):
        role = Role.FAILED if step.failed else Role.COMPLETED
    lines = tuple(summary(step, plan))
    return Node(step.id, step.kind, role, step.label and one_line(step.label), lines)


def _joined(ways: Iterable[Way]) -> list[Way]:
    """Make one way of those that differ only in their label."""
    labels: dict[tuple[int, int, bool], list[str]] = {}
    for way in ways:
        named = labels.setdefault((way.source, way.target, way.label is None), [])
        named += [one_line(way.label)] if way.label is not None else []
    return [Way(source, to, " / ".join(found) or None) for (source, to, _), found in labels.items()]


def _leading_back(ways: Iterable[Way], nodes: int) -> set[tuple[int, int]]:
    """Find the ways to a node that one may have come from, in the order of a walk."""
    following: dict[int, list[int]] = {}
    for way in ways:
        following.setdefault(way.source, []).append(way.target)
    done: set[int] = set()
    return {found for node in range(nodes) for found in _found_from(node, following, [], done)}


def _found_from(
    node: int, following: Mapping[int, list[int]], path: list[int], done: set[int]
) -> Iterator[tuple[int, int]]:
    if node in done:
        return
    done.add(node)
    path.append(node)
    for to in following.get(node, ()):
        if to in path:
            yield node, to
        else:
            yield from _found_from(to, following, path, done)
    path.pop()
