"""Wait: hold a person until a moment. Says until when; does not know who keeps time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from journeys.activity import Block, Cause, Go, Move, Step, TimeIsUp, Visit
from journeys.deadline import (
    Deadline,
    DeadlineSpec,
    UntilSpec,
    compiled_deadline,
    holds,
)
from journeys.specification import Path, StepSpec, shown
from journeys.state import Waiting


@dataclass(frozen=True)
class Wait(Step):
    """Hold a person until the deadline, then follow `next`."""

    deadline: Deadline = field(default_factory=Deadline)

    def enter(self, visit: Visit) -> Move:
        """Wait from now on; a person for whom no instant is known goes on at once."""
        found = self.deadline.reckon(visit)
        if found.due is None:
            return Go(self.next, reason=found.reason)
        return Block(Waiting(due=found.due), reason=found.reason, explored=found.explored)

    def times(self) -> set[str]:
        """That of the deadline."""
        return self.deadline.times()

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Go on: only the timer is waited for."""
        return Go(self.next) if isinstance(cause, TimeIsUp) else None


class WaitSpec(StepSpec):
    """`{wait: PT1H}`, `{wait: {until: …}}` or `{wait: {at: "09:00"}}`: hold a person."""

    model_config = shown({"wait": "PT1H"}, {"wait": {"at": "09:00", "days": ["mon", "tue"]}})

    kind: ClassVar[str] = "wait"
    wait: DeadlineSpec
    """How long to stay."""

    def compiled(self, step_id: str, following: str) -> Wait:
        """Turn into the step that the engine runs."""
        return Wait(**self.common(step_id, following), deadline=compiled_deadline(self.wait))

    def holds(self) -> bool:
        """Say whether time must pass here."""
        return holds(self.wait)

    def fixed_waits(self) -> Iterator[tuple[Path, int]]:
        """Name the length of the wait, where it is written."""
        if isinstance(self.wait, int):
            yield ("wait",), self.wait

    def instants(self) -> Iterator[tuple[Path, str]]:
        """Name the expression that gives the instant."""
        if isinstance(self.wait, UntilSpec):
            yield ("wait", "until"), self.wait.until
