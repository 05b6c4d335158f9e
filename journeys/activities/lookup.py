"""Lookup: ask a source about the person, and keep its answer for later steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from journeys.activity import Visit
from journeys.call import Call, CallAlternativesSpec, Failure
from journeys.definitions import ActionDefinition
from journeys.messages import ActionResult, JsonValue
from journeys.outcomes import Reason
from journeys.specification import Identifier, Path, StepSpec, shown
from journeys.template import parse_template


@dataclass(frozen=True)
class Lookup(Call):
    """Ask a source; expressions then read its answer as `#{source.group.field}`."""

    source: str = ""

    def definition(self, visit: Visit) -> ActionDefinition:
        """Give the source of the plan."""
        return visit.plan.sources[self.source]

    def keep(self, visit: Visit, result: ActionResult) -> None:
        """Keep the answer under the name of its source."""
        visit.instance.sources[self.source] = (
            result.response if isinstance(result.response, dict) else {"value": result.response}
        )

    def failure(self) -> Failure:
        """Name how a lookup fails."""
        return Failure(Reason.LOOKUP_ERROR, Reason.LOOKUP_TIMEOUT)


class LookupSpec(StepSpec):
    """`{lookup: weather, with: {…}, on: {error: …}}`: ask a source of the project."""

    model_config = shown(
        {"lookup": "stock", "with": {"sku": "@event{purchase.sku}"}, "on": {"error": "end"}}
    )

    kind: ClassVar[str] = "lookup"
    lookup: Identifier
    """Id of a source of the project."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """Values for this question; the source's templates read them as `params.name`."""
    on: CallAlternativesSpec = CallAlternativesSpec()
    """Where to go when the lookup does not succeed."""

    def compiled(self, step_id: str, following: str) -> Lookup:
        """Turn into the step that the engine runs."""
        return Lookup(
            **self.common(step_id, following),
            source=self.lookup,
            arguments=parse_template(self.arguments),
            on_error=self.on.error,
            on_timeout=self.on.timeout,
        )

    def templates(self) -> Iterator[tuple[Path, JsonValue]]:
        """Name the values for this question."""
        yield ("with",), self.arguments

    def uses(self) -> Iterator[tuple[Path, str, str]]:
        """Name the source."""
        yield ("lookup",), "source", self.lookup
