"""Lookups in tables: rows found at once, missing ones, bounds, and rows that are still to come."""

from __future__ import annotations

from typing import Any

import pytest

from journeys.activities import dataset_lookup
from journeys.compiler import Compilation
from journeys.messages import JsonObject
from journeys.tables import Table, Tables
from tests.harness.person import Person
from tests.harness.plans import COMMON, compiled

SCHEMA = """{
  "type": "object",
  "properties": {
    "sku": {"type": "string"},
    "price": {"type": "number"},
    "since": {"type": "string", "format": "date-time"},
    "maker": {"type": "object", "properties": {"name": {"type": "string"}}},
    "note": {"type": "string"}
  }
}"""
GOODS = """
kind: dataset
id: goods
holds: table
schema: good.json
files: data/*.csv
key: sku
---
"""
ONE = """
kind: journey
id: one
version: 1
entry: {event: signup}
steps:
  look: {lookup: goods, key: "@event{signup.sku}"}
  dear:
    condition:
      - {label: dear, when: "#{goods.price} > 100", to: end}
      - {label: old, when: "#{goods.since} < toDateTime('2020-01-01T00:00:00Z')", to: end}
      - {label: unknown, when: "#{goods.price} == null", to: end}
      - {else: true, to: end}
"""
WAYS = """
kind: journey
id: ways
version: 1
entry: {event: signup}
steps:
  look: {lookup: goods, key: "@event{signup.sku}", on: {missing: none}}
  found: {end: completed}
  none: {wait: PT1H}
"""
MANY = """
kind: journey
id: many
version: 1
entry: {event: signup}
steps:
  look: {lookup: goods, keys: "@event{signup.skus}", fields: [sku, price]}
  count:
    condition:
      - {label: dear, when: "sum(#{goods.rows.price}) > 100", to: stay}
      - {label: two, when: "count(#{goods.rows}) == 2", to: stay}
      - {else: true, to: stay}
  stay: {wait: PT1H}
"""
ROWS: list[tuple[str, JsonObject]] = [
    ("a", {"sku": "a", "price": 99, "since": "2026-01-01T00:00:00Z", "note": "x"}),
    ("b", {"sku": "b", "price": 101}),
    ("7", {"sku": "7", "price": 1, "since": "2019-12-31T23:59:59Z"}),
]


def compilation(text: str, files: dict[str, str] | None = None) -> Compilation:
    return compiled(COMMON + GOODS + text, {"good.json": SCHEMA, **(files or {})})


def person(text: str, rows: list[tuple[str, JsonObject]] | None = None) -> Person:
    compiled_text = compilation(text)
    compiled_text.raise_errors()
    ann = Person(*compiled_text.plans.values())
    ann.simulator.plans.tables = Tables({"goods": Table(ROWS if rows is None else rows)})
    return ann


@pytest.mark.parametrize(
    ("sku", "branch"),
    [("a", "else"), ("b", "dear"), (7, "old"), ("c", "unknown"), (None, "unknown")],
)
def test_a_row_is_read_at_once_by_its_key(sku: Any, branch: str) -> None:
    ann = person(ONE)
    ann.signs_up(sku=sku)
    passed, chosen, _ = ann.step_events[1:]
    assert passed.step_kind == "dataset_lookup"
    assert passed.reason == ("no_row" if branch == "unknown" else None)
    assert chosen.branch == branch
    assert not ann.requests


def test_without_any_row_every_key_is_missing() -> None:
    ann = person(ONE)
    ann.simulator.plans.tables = Tables()
    ann.signs_up(sku="a")
    assert [event.reason for event in ann.step_events] == [None, "no_row", None, None]


@pytest.mark.parametrize(
    ("sku", "trace"),
    [
        ("a", ["look passed", "found completed"]),
        ("c", ["look passed missing no_row", "none waiting"]),
    ],
)
def test_a_missing_row_has_a_way_of_its_own(sku: str, trace: list[str]) -> None:
    ann = person(WAYS)
    ann.signs_up(sku=sku)
    told = [(e.step_id, e.outcome, e.branch, e.reason) for e in ann.step_events[1:]]
    assert [" ".join(str(word) for word in words if word) for words in told] == trace


@pytest.mark.parametrize(
    ("skus", "branch", "kept"),
    [
        (["a", "b"], "dear", [{"sku": "a", "price": 99}, {"sku": "b", "price": 101}]),
        ([7, "none", "a", "a"], "two", [{"sku": "7", "price": 1}, {"sku": "a", "price": 99}]),
        (["none"], "else", []),
        ([], "else", []),
        (None, "else", []),
    ],
)
def test_several_rows_are_read_in_the_order_of_their_keys(
    skus: Any, branch: str, kept: list[JsonObject]
) -> None:
    ann = person(MANY)
    ann.signs_up(skus=skus)
    assert ann.step_events[2].branch == branch
    (walk,) = ann.person.instances
    assert walk.sources == {"goods": {"rows": kept}}


NOTES = MANY.replace("[sku, price]", "[price, note]")
BOUND = NOTES.replace("note]}", "note], on: {error: stay}}")


@pytest.mark.parametrize("text", [NOTES, BOUND])
@pytest.mark.parametrize("count", [51, 3])
def test_too_many_keys_and_too_large_rows_are_an_error(text: str, count: int) -> None:
    keys = [f"k{number}" for number in range(count)]
    ann = person(text, [(key, {"note": "x" * 5_000}) for key in keys])
    ann.signs_up(skus=[*keys])
    last = ann.step_events[1]
    if text is BOUND:
        assert (last.outcome, last.branch, last.reason) == ("error", "error", "lookup_error")
        assert ann.person.instances[0].last_error == "lookup_error"
        assert ann.person.instances[0].sources == {}
    else:
        assert (last.outcome, last.reason) == ("failed", "lookup_error")
        said = "51 keys; at most 50" if count > 50 else "bytes; at most 10240"
        assert said in str(last.detail)


def test_a_walk_waits_for_rows_that_are_still_to_come_and_hears_what_comes_meanwhile() -> None:
    ann = person(WAYS, [])
    tables = ann.simulator.plans.tables
    tables.awaited = 3
    ann.signs_up(sku="a")
    ann.passes("PT1M")
    told = [(e.step_id, e.outcome, e.reason) for e in ann.step_events[1:]]
    assert told == [("look", "waiting", "rows_to_come")], "it is told once"
    tables.by_dataset["goods"].put("a", b'{"sku": "a"}')
    tables.came(2)
    ann.passes("PT1S")
    assert [e.step_id for e in ann.step_events[2:]] == ["look", "found"]


def test_a_lookup_in_a_dry_run_is_as_in_a_real_walk() -> None:
    step = compilation(WAYS).plans["ways"].steps["look"]
    assert isinstance(step, dataset_lookup.DatasetLookup)
    assert not step.acts(), "it changes nothing: neither a pause nor a rehearsal holds it back"
