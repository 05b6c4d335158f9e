"""One journey to be walked, with everything around it that chance draws from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from journeys.activities.dataset_lookup import DatasetLookup
from journeys.messages import JsonObject
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.rehearsal.reads import Reads

_KEYS = 5
"""Keys of one table that are drawn from."""


@dataclass(frozen=True)
class Subject:
    """One journey version among all that is published."""

    plan: Plan
    plans: Plans
    responses: Mapping[str, JsonObject] = field(default_factory=dict)
    """Action id to the JSON Schema of its response."""
    profile_schema: JsonObject = field(default_factory=dict)
    """What profiles are drawn from; empty: what expressions read of them."""

    @cached_property
    def reads(self) -> Reads:
        """What the journey's expressions mention."""
        return Reads(self.plan)

    @cached_property
    def looked_up(self) -> list[str]:
        """Name the tables that the journey looks up."""
        steps = self.plan.steps.values()
        return sorted({step.table for step in steps if isinstance(step, DatasetLookup)})

    @cached_property
    def keys(self) -> list[str]:
        """Give some keys of their rows: texts that find one."""
        tables = self.plans.tables.by_dataset
        found = (tables[name] for name in self.looked_up if name in tables)
        return [key for table in found for key in islice(table, _KEYS)]

    def profile(self) -> JsonObject:
        """Give the schema that profiles are drawn from."""
        return self.profile_schema or self.reads.schema_of("profile")

    def payload(self, event: str) -> JsonObject:
        """Give the schema that payloads of an event are drawn from."""
        definition = self.plan.heard[event]
        return definition.payload_schema or self.reads.schema_of("event", event)

    def response(self, action: str, step: str) -> JsonObject:
        """Give the schema that answers to a step are drawn from."""
        read = self.reads.schema_of("action", step) or self.reads.schema_of("source", action)
        return self.responses.get(action) or read
