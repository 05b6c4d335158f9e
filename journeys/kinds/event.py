"""`kind: event`: which records on the events topic are this event."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from journeys.messages import JsonValue
from journeys.specification import Expression, NamedSpec, shown


class EventSpec(NamedSpec):
    """`kind: event`: which records on the events topic are this event."""

    model_config = shown(
        {
            "kind": "event",
            "id": "purchase",
            "schema": "schemas/purchase.json",
            "match": {"eventType": "commerce.purchases"},
        }
    )

    kind: Literal["event"]
    payload_schema: str | None = Field(default=None, alias="schema")
    """A JSON Schema file of the project."""
    match: dict[str, JsonValue] = Field(default_factory=dict)
    """Dotted paths of the payload and the values they must have, all of them."""
    when: Expression | None = None
    """A condition over the payload, besides `match`."""
