"""Jump: let the person begin a walk in another journey, and go on in this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from journeys.activity import Effect, Jump
from journeys.effect_step import EffectStep
from journeys.messages import JsonObject, JsonValue
from journeys.specification import Identifier, Path, StepSpec, shown
from journeys.template import parse_template


@dataclass(frozen=True)
class JumpStep(EffectStep):
    """Offer the entry of another journey; its own rules say whether the person enters."""

    journey: str = ""

    def effect(self, filled: JsonObject) -> Effect:
        """Let them stand for the payload of the other journey's entry event."""
        return Jump(self.journey, filled)


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
            values=parse_template(self.arguments),
        )

    def templates(self) -> Iterator[tuple[Path, JsonValue]]:
        """Name the payload."""
        yield ("with",), self.arguments

    def uses(self) -> Iterator[tuple[Path, str, str]]:
        """Name the other journey."""
        yield ("jump",), "journey", self.jump
