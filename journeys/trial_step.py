"""Steps that try ways on people, and judge them by what those people do later."""

from __future__ import annotations

from dataclasses import dataclass

from journeys.activity import Step
from journeys.bandit import Bandit
from journeys.expressions import ExpressionError
from journeys.known import Known
from journeys.messages import JsonObject


@dataclass(frozen=True)
class TrialStep(Step):
    """Give people an arm each; an event of theirs is its success."""

    metric: str | None = None
    """Id of the event that counts as success."""
    metric_when: str | None = None
    """A condition over that event and the person."""
    within_ms: int | None = None
    """How long a success counts; None: until the walk ends."""
    bandit: Bandit | None = None
    """How the shares are moved; None: they are not."""

    def is_success(self, known: Known, payload: JsonObject, seed: str) -> bool:
        """Say whether an event, which is the metric's, is a success; a fault is none."""
        if self.metric is None or self.metric_when is None:
            return True
        try:
            scope = known.scope({self.metric: payload}, seed)
            return known.holds(self.metric_when, scope)
        except ExpressionError:
            return False
