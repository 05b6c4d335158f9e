"""How the steps of a journey hang together: what can be reached, and what runs in circles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from journeys.activity import END
from journeys.compiler.forms import Defined
from journeys.compiler.routes import Routes
from journeys.diagnostics import Code, near
from journeys.expressions.errors import Severity
from journeys.kinds.journey import JourneySpec
from journeys.project import Project
from journeys.specification import StepSpec

Edges = Mapping[str, Iterable[str]]


class Flow:
    """The graph of one journey's steps."""

    def __init__(
        self,
        defined: Defined[JourneySpec],
        project: Project,
        steps: Mapping[str, StepSpec],
        routes: Routes,
    ) -> None:
        self.spec, self.document = defined.spec, defined.document
        self.project = project
        self.steps = steps
        self.routes = routes
        self.edges = {
            name: [way.to for way in ways if way.to in steps] for name, ways in routes.ways.items()
        }

    def check(self) -> None:
        """Report what cannot be reached, and circles that take no time or have no end."""
        self._check_reachable()
        holding = {name for name, step in self.steps.items() if step.holds()}
        hasty = "these steps lead in a circle that takes no time"
        hint = "put a `wait` or a `first_of` that lasts into the circle"
        told = self._check_circles(holding, Code.LOOP_WITHOUT_WAIT, hasty, hint)
        bounded = {name for name, step in self.steps.items() if step.max_visits is not None}
        endless = "these steps lead in a circle without end"
        hint = "give one of them `max_visits`"
        self._check_circles(bounded | told, Code.LOOP_WITHOUT_BOUND, endless, hint)
        self._check_moves()

    def _check_reachable(self) -> None:
        if not self.routes.is_complete:  # a way that leads nowhere may be the missing one
            return
        for name in self.steps:
            if name not in self.routes.before:
                message = f"no way leads to step '{name}'"
                hint = "lead to it by `next` or `to`, or remove it"
                place = self.document.place(("steps", name), key=True)
                self.project.report(place, Code.UNREACHABLE, message, hint, Severity.WARNING)

    def _check_circles(self, opened: set[str], code: Code, message: str, hint: str) -> set[str]:
        """Report each circle that leads through none of some steps; give where they begin."""
        told: set[str] = set()
        while circle := circle_without(self.edges, opened | told):
            place = self.document.place(("steps", circle[0]), key=True)
            self.project.report(place, code, f"{message}: {' → '.join(circle)}", hint)
            told.add(circle[0])
        return told

    def _check_moves(self) -> None:
        spec = self.spec
        fates = spec.fates
        if spec.moves and "move" not in (fates.default, *fates.exceptions.values()):
            message = "`map` says where people move to, but `in_flight` lets nobody move"
            place = self.document.place(("map",), key=True)
            self.project.report(place, Code.MOVES, message, "write `in_flight: move`")
        for old, new in spec.moves.items():
            if new != END and new not in self.steps:
                place = self.document.place(("map", old))
                hint = near(new, [*self.steps, END])
                self.project.report(place, Code.UNKNOWN_STEP, f"there is no step '{new}'", hint)


def circle_without(edges: Edges, excluded: set[str]) -> list[str] | None:
    """Find a circle that leads through none of some steps; give it in order, or None."""
    rest = {
        step: [to for to in targets if to not in excluded]
        for step, targets in edges.items()
        if step not in excluded
    }
    done: set[str] = set()
    for start in rest:
        circle = _circle(start, rest, done)
        if circle:
            return circle
    return None


def _circle(start: str, edges: Edges, done: set[str]) -> list[str] | None:
    path: list[str] = []
    stack = [(start, iter(edges.get(start, ())))] if start not in done else []
    path += [start] * len(stack)
    while stack:
        _, following = stack[-1]
        to = next((t for t in following if t not in done), None)
        if to is None:
            stack.pop()
            done.add(path.pop())
        elif to in path:
            return [*path[path.index(to) :], to]
        else:
            path.append(to)
            stack.append((to, iter(edges.get(to, ()))))
    return None
