"""Rows of tables for people who do not exist: drawn where the project has none."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace

from journeys.definitions import DatasetDefinition
from journeys.json_shape import value_at
from journeys.messages import JsonObject
from journeys.rehearsal.draws import Draws
from journeys.rehearsal.examples import Examples
from journeys.rehearsal.subject import Subject
from journeys.tables import Table, Tables, row_key

_DRAWN = 5
"""Rows of a table for which the project has none."""


def with_rows(subject: Subject, seed: int, now: int) -> tuple[Subject, dict[str, list[JsonObject]]]:
    """Give a subject whose tables all have rows, and the rows that were drawn for that."""
    examples = Examples(Draws(subject.plan.journey, "rows", seed), now, subject.reads)
    plans, drawn = copy(subject.plans), {}
    tables = dict(plans.tables.by_dataset)
    for name in subject.looked_up:
        dataset = plans.datasets.get(name)
        if dataset is not None and not tables.get(name):
            rows = dict(_rows(dataset, examples))
            tables[name], drawn[name] = Table(rows.items()), list(rows.values())
    plans.tables = Tables(tables)
    return replace(subject, plans=plans), drawn


def _rows(dataset: DatasetDefinition, examples: Examples) -> Iterator[tuple[str, JsonObject]]:
    for _ in range(_DRAWN):
        row = examples.object_of(dataset.payload_schema)
        key = row_key(value_at(row, dataset.key.split(".")))
        if key and dataset.fault(row) is None:
            yield key, row
