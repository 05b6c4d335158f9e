"""Steps that do something for the person on the way and go on: what they have in common."""

from __future__ import annotations

from dataclasses import dataclass, field

from journeys.activity import Effect, Go, Leave, Move, Step, Visit
from journeys.expressions import ExpressionError
from journeys.json_shape import MAX_DEPTH, MAX_VALUE_BYTES, too_deep, too_large
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
        fault = _fault(filled)
        if fault is not None:
            return Leave(Outcome.FAILED, Reason.TEMPLATE_ERROR, detail=fault)
        return Go(self.next, effect=self.effect(filled))

    def acts(self) -> bool:
        """Say that it does something outside the walk."""
        return True

    def effect(self, filled: JsonObject) -> Effect:
        """Say what is done with the values."""
        raise NotImplementedError


def _fault(values: JsonObject) -> str | None:
    """Say why values could not be read again: a loop may add to what it wrote before."""
    if too_deep(values):
        return f"the values are nested deeper than {MAX_DEPTH} levels"
    return f"the values are longer than {MAX_VALUE_BYTES} bytes" if too_large(values) else None
