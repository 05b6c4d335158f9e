"""First of: a race of events and a wait; whichever comes first decides the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import Discriminator, Field, Tag

from journeys.activity import Block, Branch, Cause, EventArrived, Go, Move, Step, TimeIsUp, Visit
from journeys.specification import Duration, Expression, Identifier, Path, Spec, StepSpec
from journeys.state import Waiting


@dataclass(frozen=True)
class EventBranch:
    """Taken when the event comes and its condition, if any, holds."""

    event: str
    to: str
    label: str
    when: str | None = None


@dataclass(frozen=True)
class WaitBranch:
    """Taken when nothing else came in time."""

    duration_ms: int
    to: str
    label: str


@dataclass(frozen=True)
class FirstOf(Step):
    """Hold a person until one of several events comes, or the time is up."""

    events: list[EventBranch] = field(default_factory=list)
    wait: WaitBranch | None = None

    def branches(self) -> list[Branch]:
        """Each event is a way, and the wait."""
        ways = [Branch(branch.to, branch.label) for branch in self.events]
        return ways if self.wait is None else [*ways, Branch(self.wait.to, self.wait.label)]

    def enter(self, visit: Visit) -> Move:
        """Begin to listen; events of before do not count."""
        due = visit.now + self.wait.duration_ms if self.wait else None
        listened = list(dict.fromkeys(branch.event for branch in self.events))
        return Block(Waiting(due=due, events=listened))

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Take the branch of what came; an event whose condition does not hold changes nothing."""
        if isinstance(cause, TimeIsUp) and self.wait:
            return Go(self.wait.to, branch=self.wait.label)
        if not isinstance(cause, EventArrived):
            return None
        for branch in self.events:
            if branch.event in cause.ids and self._wins(branch, visit, cause):
                return Go(branch.to, branch=branch.label)
        return None

    def _wins(self, branch: EventBranch, visit: Visit, cause: EventArrived) -> bool:
        """Keep the payload for later steps only if the branch is taken."""
        events = visit.instance.events
        before = events.get(branch.event)
        events[branch.event] = cause.payload
        if branch.when is None or visit.holds(branch.when):
            return True
        if before is None:
            del events[branch.event]
        else:
            events[branch.event] = before
        return False


class EventBranchSpec(Spec):
    """`{event: purchase, when: …, to: …}`."""

    event: Identifier
    when: Expression | None = None
    to: Identifier | None = None
    label: str | None = None


class WaitBranchSpec(Spec):
    """`{wait: P2D, to: …}`."""

    wait: Duration
    to: Identifier | None = None
    label: str | None = None


def _event_or_wait(value: object) -> str:
    is_wait = "wait" in value if isinstance(value, dict) else isinstance(value, WaitBranchSpec)
    return "wait" if is_wait else "event"


BranchSpec = Annotated[
    Annotated[EventBranchSpec, Tag("event")] | Annotated[WaitBranchSpec, Tag("wait")],
    Discriminator(_event_or_wait),
]


class FirstOfSpec(StepSpec):
    """`{first_of: [{event, when, to}, …, {wait, to}]}`: a race of events and at most one wait."""

    kind: ClassVar[str] = "first_of"
    first_of: Annotated[list[BranchSpec], Field(min_length=1, max_length=20)]

    def holds(self) -> bool:
        """A race keeps a person until something happens, unless its wait has no length."""
        waits = [b.wait for b in self.first_of if isinstance(b, WaitBranchSpec)]
        return min(waits, default=1) > 0

    def _events(self) -> Iterator[tuple[int, EventBranchSpec]]:
        for n, branch in enumerate(self.first_of):
            if isinstance(branch, EventBranchSpec):
                yield n, branch

    def waits(self) -> list[int]:
        """Say at which places a wait stands; more than one makes no sense."""
        return [n for n, b in enumerate(self.first_of) if isinstance(b, WaitBranchSpec)]

    def compiled(self, step_id: str, following: str) -> FirstOf:
        """Turn into the step that the engine runs."""
        events = [
            EventBranch(b.event, b.to or following, b.label or b.event, b.when)
            for _, b in self._events()
        ]
        waits = [
            WaitBranch(b.wait, b.to or following, b.label or "wait")
            for b in self.first_of
            if isinstance(b, WaitBranchSpec)
        ]
        return FirstOf(
            step_id,
            self.kind,
            following,
            label=self.label,
            events=events,
            wait=waits[0] if waits else None,
        )

    def targets(self) -> Iterator[tuple[Path, str]]:
        """Name the steps that the branches lead to."""
        yield from super().targets()
        for n, branch in enumerate(self.first_of):
            if branch.to is not None:
                yield ("first_of", n, "to"), branch.to

    def flows_on(self) -> bool:
        """Say whether some branch names no step."""
        return any(branch.to is None for branch in self.first_of)

    def conditions(self) -> Iterator[tuple[Path, str]]:
        """Name the conditions of the event branches."""
        for n, branch in self._events():
            if branch.when is not None:
                yield ("first_of", n, "when"), branch.when

    def listens(self) -> Iterator[tuple[Path, str]]:
        """Name the events of the branches."""
        for n, branch in self._events():
            yield ("first_of", n, "event"), branch.event
