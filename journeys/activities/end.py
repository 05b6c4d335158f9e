"""End: close a walk, as completed or as failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from journeys.activity import Branch, Leave, Move, Step, Visit
from journeys.outcomes import Outcome, Reason
from journeys.specification import StepSpec, shown


@dataclass(frozen=True)
class End(Step):
    """Close the walk. A failed end gives the reason of the latest action that did not succeed."""

    failed: bool = False

    def usual_branches(self) -> list[Branch]:
        """Nothing comes after an end."""
        return []

    def enter(self, visit: Visit) -> Move:
        """Leave at once."""
        if not self.failed:
            return Leave(Outcome.COMPLETED)
        return Leave(Outcome.FAILED, Reason(visit.instance.last_error or Reason.ENDED_AS_FAILED))


class EndSpec(StepSpec):
    """`{end: completed}` or `{end: failed}`: the walk ends here."""

    model_config = shown({"end": "failed"})

    kind: ClassVar[str] = "end"
    end: Literal["completed", "failed"] = "completed"
    """How the walk ends."""

    def compiled(self, step_id: str, following: str) -> End:
        """Turn into the step that the engine runs."""
        return End(**self.common(step_id, following), failed=self.end == "failed")

    def flows_on(self) -> bool:
        """Nothing comes after an end."""
        return False
