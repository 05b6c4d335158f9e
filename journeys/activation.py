"""Activations: everything that can wake the engine for one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from journeys.messages import ActionResult, JsonObject


@dataclass(frozen=True, slots=True)
class EventReceived:
    """An event of this person arrived."""

    event_id: str
    """The producer's `_id`, or the place of the record where it has none."""
    record_id: str
    """The place of the record: topic, partition and offset."""
    event_type: str
    payload: JsonObject
    occurred_at: int
    """When it happened, by the producer; milliseconds."""


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """New attributes of this person arrived: a merge patch (RFC 7386), or None to erase all."""

    patch: JsonObject | None


@dataclass(frozen=True, slots=True)
class ActionResolved:
    """A requested action ended."""

    result: ActionResult


@dataclass(frozen=True, slots=True)
class TimerFired:
    """Time has come to look for what is due."""


Activation: TypeAlias = EventReceived | ProfileChanged | ActionResolved | TimerFired
