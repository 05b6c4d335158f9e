"""Emit: send an event of the person to a topic, for other journeys or for anyone who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, StringConstraints

from journeys.activity import EVENTS, Effect, Emit
from journeys.effect_step import EffectStep
from journeys.messages import JsonObject, JsonValue
from journeys.specification import Path, Spec, StepSpec, shown
from journeys.template import parse_template

RESERVED_TOPICS = frozenset(
    {
        *("alerts", "answers", "control", "dead-letters", "feedback", "identities", "instances"),
        *("metrics", "nudges", "places", "profiles", "queries", "results", "step-events", "tables"),
    }
)
"""Topics of the job itself, whose records have a meaning that no journey may counterfeit."""


@dataclass(frozen=True)
class EmitStep(EffectStep):
    """Write an event keyed by the person."""

    topic: str = EVENTS
    event_type: str = ""

    def emits(self) -> set[str]:
        """One topic."""
        return {self.topic}

    def effect(self, filled: JsonObject) -> Effect:
        """Send them as the payload."""
        return Emit(self.topic, self.event_type, filled)


def _open_topic(name: str) -> str:
    if name in RESERVED_TOPICS:
        message = f"{name!r} is written by the job or by whoever runs it: choose another name"
        raise ValueError(message)
    return name


class EventToEmitSpec(Spec):
    """`{type: loyalty.upgraded, payload: {…}}`: an event to send."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Its `eventType`."""
    payload: dict[str, JsonValue] = Field(default_factory=dict)
    """Its fields, which may have holes; `_id`, `timestamp` and `eventType` are added."""
    topic: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,200}$"), AfterValidator(_open_topic)
    ] = EVENTS
    """Name of the topic without the prefix of the settings."""


class EmitSpec(StepSpec):
    """`{emit: {type: …, payload: {…}}}`: send an event of this person."""

    model_config = shown({"emit": {"type": "loyalty.upgraded", "payload": {"tier": "gold"}}})

    kind: ClassVar[str] = "emit"
    emit: EventToEmitSpec
    """The event."""

    def compiled(self, step_id: str, following: str) -> EmitStep:
        """Turn into the step that the engine runs."""
        spec = self.emit
        return EmitStep(
            **self.common(step_id, following),
            topic=spec.topic,
            event_type=spec.type,
            values=parse_template(spec.payload),
        )

    def templates(self) -> Iterator[tuple[Path, JsonValue]]:
        """Name the payload."""
        yield ("emit", "payload"), self.emit.payload
