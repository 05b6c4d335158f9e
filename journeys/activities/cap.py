"""Cap: let at most so many people through, counted over everybody in this journey version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from journeys import limits
from journeys.activity import Block, Branch, Cause, Go, Leave, Move, ResultArrived, Step, Visit
from journeys.definitions import ActionDefinition
from journeys.messages import ActionStatus
from journeys.outcomes import Outcome, Reason
from journeys.specification import AlternativesSpec, Identifier, StepSpec, shown
from journeys.state import Waiting

CHANNEL = "cap"
"""Requests on this channel ask for a place, not for a message; whoever counts answers them."""


@dataclass(frozen=True)
class Cap(Step):
    """Ask for one of `limit` places; whoever gets none goes another way, or exits."""

    limit: int = 1
    on_full: str | None = None

    def usual_branches(self) -> list[Branch]:
        """Whoever gets a place goes on without a label."""
        full = [] if self.on_full is None else [Branch(self.on_full, "full")]
        return [Branch(self.next), *full]

    def is_busy(self, waiting: Waiting) -> bool:
        """Whoever stays here waits for the answer, not for the person."""
        return True

    def enter(self, visit: Visit) -> Move:
        """Ask for a place under an id that stays the same on replay."""
        instance = visit.instance
        place = f"{instance.journey}/{instance.version}/{self.id}"
        # A rehearsal takes no place from anyone, nor from the one before it.
        rehearsed = f"/{instance.run}" if instance.run else ""
        counter = ActionDefinition(
            id=self.id,
            channel=CHANNEL,
            category="transactional",
            endpoint=f"{CHANNEL}/{place}{rehearsed}",
            message=["map", {}],
            timeout_ms=limits.CALL_TIMEOUT_MS,
            max_attempts=1,
        )
        request = visit.request(self.id, counter, {"limit": self.limit})
        return Block(Waiting(request=request.request_id), request)

    def resume(self, visit: Visit, cause: Cause) -> Move | None:
        """Go on with a place, or the other way without one."""
        if not isinstance(cause, ResultArrived):
            return None
        if cause.result.status is ActionStatus.SUCCEEDED:
            return Go(self.next)
        if self.on_full is None:
            return Leave(Outcome.EXITED, Reason.CAP)
        return Go(self.on_full, branch="full", reason=Reason.CAP)


class CapAlternativesSpec(AlternativesSpec):
    """Where to go when all places are taken."""

    full: Identifier | None = None
    """The step to go to when no place is left; by default the walk exits."""


class CapSpec(StepSpec):
    """`{cap: 1000, on: {full: …}}`: at most so many people of this version go through here."""

    model_config = shown({"cap": 1000, "on": {"full": "end"}})

    kind: ClassVar[str] = "cap"
    cap: Annotated[int, Field(ge=1, le=limits.MAX_CAP)]
    """How many people."""
    on: CapAlternativesSpec = CapAlternativesSpec()
    """Where to go when all places are taken."""

    def compiled(self, step_id: str, following: str) -> Cap:
        """Turn into the step that the engine runs."""
        return Cap(**self.common(step_id, following), limit=self.cap, on_full=self.on.full)
