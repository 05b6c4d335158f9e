"""Tables of names beside the files: which journeys, versions and steps there are, as published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from journeys.messages import JsonObject

if TYPE_CHECKING:
    from journeys.plan import Plan  # which takes long to load, and files are read without

_INSTANT = pa.timestamp("ms", "UTC")
DIMENSIONS: Mapping[str, Any] = {
    "versions": pa.schema(
        {
            "journey_id": pa.string(),
            "journey_version": pa.int64(),
            "label": pa.string(),
            "namespace": pa.string(),
            "timezone": pa.string(),
            "entry_event": pa.string(),
            "starts_at": _INSTANT,
            "ends_at": _INSTANT,
            "priority": pa.int64(),
        }.items()
    ),
    "steps": pa.schema(
        {
            "journey_id": pa.string(),
            "journey_version": pa.int64(),
            "step_id": pa.string(),
            "position": pa.int64(),
            "step_kind": pa.string(),
            "label": pa.string(),
            "action_id": pa.string(),
            "channel": pa.string(),
            "branches": pa.list_(pa.string()),
        }.items()
    ),
}
"""Name of each table to its columns."""
FOLDER = "dimensions"
_KEYS = ("journey_id", "journey_version", "step_id")


def dimensions_of(plans: Iterable[Plan]) -> dict[str, Any]:
    """Make the tables of some plans."""
    known = list(plans)
    rows = {
        "versions": [_version(plan) for plan in known],
        "steps": [row for plan in known for row in _steps(plan)],
    }
    return {name: pa.Table.from_pylist(rows[name], schema) for name, schema in DIMENSIONS.items()}


def _version(plan: Plan) -> JsonObject:
    return {
        "journey_id": plan.journey,
        "journey_version": plan.version,
        "label": plan.label,
        "namespace": plan.namespace,
        "timezone": plan.timezone,
        "entry_event": plan.entry.event,
        "starts_at": plan.start,
        "ends_at": plan.end,
        "priority": plan.priority,
    }


def _steps(plan: Plan) -> Iterator[JsonObject]:
    for position, step in enumerate(plan.steps.values(), start=1):
        sent = step.sends()
        action = plan.actions.get(sent) if sent else None
        yield {
            "journey_id": plan.journey,
            "journey_version": plan.version,
            "step_id": step.id,
            "position": position,
            "step_kind": step.kind,
            "label": step.label,
            "action_id": sent,
            "channel": action.channel if action else None,
            "branches": [branch.label for branch in step.branches() if branch.label],
        }


def write_dimensions(folder: Path, plans: Iterable[Plan]) -> None:
    """Write the tables below a folder, each in place of the one before.

    What is not published any more stays as it was: files of step events speak of it.
    """
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for name, table in dimensions_of(plans).items():
        file = place / f"{name}.parquet"
        rows = {_key(row): row for row in [*_read(file, table.schema), *table.to_pylist()]}
        ordered = [rows[key] for key in sorted(rows)]
        hidden = file.with_name(f".{file.name}")
        pq.write_table(pa.Table.from_pylist(ordered, table.schema), hidden, compression="zstd")
        hidden.replace(file)


def read_dimensions(folder: Path) -> dict[str, Any]:
    """Read the tables below a folder; empty ones where there are none."""
    return {
        name: pa.Table.from_pylist(_read(folder / FOLDER / f"{name}.parquet", schema), schema)
        for name, schema in DIMENSIONS.items()
    }


def _read(file: Path, schema: Any) -> list[Any]:  # noqa: ANN401  # Arrow is not typed
    if not file.exists():
        return []
    names = [field.name for field in schema]
    return [{n: row.get(n) for n in names} for row in pq.read_table(file).to_pylist()]


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _KEYS if name in row)
