"""Lookup: ask a source about the person, or read a table, and keep the answer for later steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from journeys import limits
from journeys.activities.dataset_lookup import DatasetLookup
from journeys.activity import Step, Visit
from journeys.call import Call, CallAlternativesSpec, Failure
from journeys.definitions import ActionDefinition, answer_of
from journeys.messages import ActionResult, JsonValue
from journeys.outcomes import Reason
from journeys.specification import Expression, Identifier, Path, StepSpec, shown
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
        visit.instance.sources[self.source] = answer_of(result)

    def failure(self) -> Failure:
        """Name how a lookup fails."""
        return Failure(Reason.LOOKUP_ERROR, Reason.LOOKUP_TIMEOUT, Reason.LOOKUP_CAPPED)


class LookupAlternativesSpec(CallAlternativesSpec):
    """Where to go when a lookup brings nothing."""

    missing: Identifier | None = None
    """The step to go to when the table holds no such row; without it the walk goes on, and every
    field is null."""


class LookupSpec(StepSpec):
    """`{lookup: weather, with: {…}}`, `{lookup: products, key: …}`: ask a source, or read a table.

    With `key` or `keys` it reads a dataset that holds a table, at once; else it asks a source.
    """

    model_config = shown(
        {"lookup": "stock", "with": {"sku": "@event{purchase.sku}"}, "on": {"error": "end"}},
        {"lookup": "products", "key": "@event{purchase.sku}", "on": {"missing": "end"}},
    )

    kind: ClassVar[str] = "lookup"
    lookup: Identifier
    """Id of a source of the project, or of a dataset that holds a table."""
    key: Expression | None = None
    """An expression for the key of a row: its fields are read as `#{products.field}`."""
    keys: Expression | None = None
    """An expression for a list of keys: the rows that there are, are read as `#{products.rows}`."""
    fields: Annotated[list[str], Field(max_length=limits.MAX_LOOKUP_FIELDS)] = Field(
        default_factory=list
    )
    """Which fields of a row of a table are kept; by default all."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """Values for this question; the source's templates read them as `params.name`."""
    on: LookupAlternativesSpec = LookupAlternativesSpec()
    """Where to go when the lookup does not succeed."""

    @property
    def reads_table(self) -> bool:
        """Say whether it reads a table."""
        return self.key is not None or self.keys is not None

    def compiled(self, step_id: str, following: str) -> Step:
        """Turn into the step that the engine runs."""
        common = self.common(step_id, following)
        if self.reads_table:
            common["kind"] = "dataset_lookup"
            return DatasetLookup(
                **common,
                table=self.lookup,
                key=self.key or self.keys or "",
                many=self.keys is not None,
                fields=self.fields,
                on_missing=self.on.missing,
                on_error=self.on.error,
            )
        return Lookup(
            **common,
            source=self.lookup,
            arguments=parse_template(self.arguments),
            on_error=self.on.error,
            on_timeout=self.on.timeout,
            on_capped=self.on.capped,
        )

    def templates(self) -> Iterator[tuple[Path, JsonValue]]:
        """Name the values for this question."""
        yield ("with",), self.arguments

    def uses(self) -> Iterator[tuple[Path, str, str]]:
        """Name the source, or the dataset."""
        yield ("lookup",), "dataset" if self.reads_table else "source", self.lookup
