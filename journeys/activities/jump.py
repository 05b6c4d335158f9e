"""Jump: let the person begin a walk in another journey, and go on in this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import Field

from journeys.activity import Go, Jump, Leave, Move, Step, Visit
from journeys.expressions import ExpressionError
from journeys.messages import JsonValue
from journeys.outcomes import Outcome, Reason
from journeys.specification import Identifier, Path, StepSpec, shown
from journeys.template import Template, TemplateError, fill_object, parse_template


@dataclass(frozen=True)
class JumpStep(Step):
    """Offer the entry of another journey; its own rules say whether the person enters."""

    journey: str = ""
    payload: Template = field(default_factory=lambda: ["map", {}])

    def enter(self, visit: Visit) -> Move:
        """Fill the payload of the other journey's entry event and go on."""
        try:
            payload = fill_object(self.payload, visit.names())
        except (TemplateError, ExpressionError) as error:
            return Leave(Outcome.FAILED, Reason.TEMPLATE_ERROR, detail=str(error))
        return Go(self.next, effect=Jump(self.journey, payload))


class JumpSpec(StepSpec):
    """`{jump: vip_welcome, with: {…}}`: begin another journey as if its entry event had come."""

    model_config = shown({"jump": "vip_welcome", "with": {"plan": "@event{signup.plan}"}})

    kind: ClassVar[str] = "jump"
    jump: Identifier
    """Id of a journey of the project that begins with an event."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """Payload of that event."""

    def compiled(self, step_id: str, following: str) -> JumpStep:
        """Turn into the step that the engine runs."""
        return JumpStep(
            **self.common(step_id, following),
            journey=self.jump,
            payload=parse_template(self.arguments),
        )

    def templates(self) -> Iterator[tuple[Path, JsonValue]]:
        """Name the payload."""
        yield ("with",), self.arguments

    def uses(self) -> Iterator[tuple[Path, str, str]]:
        """Name the other journey."""
        yield ("jump",), "journey", self.jump
