"""Wait: hold a person for a time. Says until when; does not know who keeps time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journeys.activity import Block, Cause, Go, Move, Step, Visit
from journeys.specification import Duration, StepSpec
from journeys.state import Waiting


@dataclass(frozen=True)
class Wait(Step):
    """Hold a person for `duration_ms` milliseconds, then follow `next`."""

    duration_ms: int = 0

    def enter(self, visit: Visit) -> Move:
        """Wait from now on."""
        return Block(Waiting(due=visit.now + self.duration_ms))

    def resume(self, visit: Visit, cause: Cause) -> Move:
        """Go on: only the timer is waited for."""
        return Go(self.next)


class WaitSpec(StepSpec):
    """`{wait: PT1H}`: hold the person for a duration."""

    kind: ClassVar[str] = "wait"
    wait: Duration

    def compiled(self, step_id: str, following: str) -> Wait:
        """Turn into the step that the engine runs."""
        return Wait(step_id, self.kind, following, label=self.label, duration_ms=self.wait)

    def holds(self) -> bool:
        """Time must pass here."""
        return self.wait > 0
