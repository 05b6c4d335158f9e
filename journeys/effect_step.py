"""Steps that do something for the person on the way and go on: what they have in common."""

from __future__ import annotations

from dataclasses import dataclass, field

from journeys.activity import Effect, Go, Leave, Move, Step, Visit
from journeys.expressions import ExpressionError
from journeys.json_shape import MAX_DEPTH, too_deep
from journeys.messages import JsonObject
from journeys.outcomes import Outcome, Reason
from journeys.template import Template, TemplateError, fill_object


@dataclass(frozen=True)
class EffectStep(Step):
    """Fill values for this person, cause an effect with them, and go on.

    Values that cannot be computed end the walk as failed.
    """

    values: Template = field(default_factory=lambda: ["map", {}])

    def enter(self, visit: Visit) -> Move:
        """Fill the values and go on with the effect."""
        try:
            filled = fill_object(self.values, visit.names())
        except (TemplateError, ExpressionError) as error:
            return Leave(Outcome.FAILED, Reason.TEMPLATE_ERROR, detail=str(error))
        if too_deep(filled):
            detail = f"the values are nested deeper than {MAX_DEPTH} levels"
            return Leave(Outcome.FAILED, Reason.TEMPLATE_ERROR, detail=detail)
        return Go(self.next, effect=self.effect(filled))

    def effect(self, filled: JsonObject) -> Effect:
        """Say what is done with the values."""
        raise NotImplementedError
