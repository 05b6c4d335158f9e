"""`kind: dataset`: records of one form, in files or on a topic."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from journeys.specification import NamedSpec, shown

FieldPath = Annotated[str, StringConstraints(min_length=1, max_length=512)]


class DatasetSpec(NamedSpec):
    """`kind: dataset`: records that a schema describes, about people or things."""

    model_config = shown(
        {
            "kind": "dataset",
            "id": "crm",
            "holds": "profiles",
            "schema": "schemas/customer.json",
            "files": "data/crm/*.parquet",
            "key": "customerId",
            "timestamp": "updatedAt",
        }
    )

    kind: Literal["dataset"]
    holds: Literal["profiles", "events", "table"]
    """Attributes of people, experience events, or reference data that no person owns."""
    payload_schema: str = Field(alias="schema")
    """A JSON Schema file of the project that describes one record."""
    files: str | None = None
    """Where its files lie, as a pattern such as `data/crm/*.parquet`; `.parquet`, `.csv` and
    `.jsonl` are read."""
    key: FieldPath | None = None
    """Dotted path of the field that holds the profile id, or of a table the row's key; by default
    the field that the schema marks as the primary identity."""
    timestamp: FieldPath | None = None
    """Dotted path of the field that says when the record was so; by default when it was sent."""
    profile: bool = True
    """Whether its records go into profiles: if not, they are checked and kept out."""
