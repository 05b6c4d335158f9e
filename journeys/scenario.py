"""A scenario that has been checked, and the records of the events that it sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from journeys.clock import format_instant
from journeys.definitions import EventDefinition
from journeys.document import Document
from journeys.kinds.scenario import DoItem, Expectation
from journeys.messages import JsonObject, JsonValue
from journeys.tables import Table


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that has been checked."""

    id: str
    journey: str
    namespace: str
    person: str
    profile: JsonObject
    start: int
    audiences: tuple[str, ...]
    do: tuple[DoItem, ...]
    expect: tuple[Expectation, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    """Tables whose rows are others here than in the project."""
    events: Mapping[str, EventDefinition] = field(default_factory=dict)
    """The events that it sends."""
    document: Document | None = None
    """Where it is written; None if it was made."""

    @property
    def identity(self) -> JsonObject:
        """The `identityMap` of its person."""
        return identity_of(self.namespace, self.person)


def identity_of(namespace: str, person: str) -> JsonObject:
    """Write the `identityMap` of a person."""
    return {namespace: [{"id": person, "primary": True}]}


def record_of(
    definition: EventDefinition, payload: JsonObject, identity: JsonObject, event_id: str, now: int
) -> tuple[str, JsonObject]:
    """Write an event as a producer would: what its `match` says, the payload, the envelope.

    Returns:
        The event type and the whole payload.
    """
    whole: JsonObject = {
        "_id": event_id,
        "eventType": definition.event_type or definition.id,
        "timestamp": format_instant(now),
        "identityMap": identity,
    }
    for path, value in definition.fields.items():
        _put(whole, path.split("."), value)
    whole = _merged(whole, payload)
    return str(whole["eventType"]), whole


def _put(payload: JsonObject, path: list[str], value: JsonValue) -> None:
    for name in path[:-1]:
        inner = payload.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        payload = inner
    payload[path[-1]] = value


def _merged(base: JsonObject, over: JsonObject) -> JsonObject:
    """Lay one object over another; unlike in a merge patch, null is a value."""
    merged = dict(base)
    for name, value in over.items():
        under = merged.get(name)
        both = isinstance(under, dict) and isinstance(value, dict)
        merged[name] = _merged(under, value) if both else value  # type: ignore[arg-type]  # both are objects
    return merged
