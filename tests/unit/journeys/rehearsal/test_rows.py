"""Rows of tables in scenarios, in random runs and in crowds."""

from __future__ import annotations

import pytest
import yaml

from journeys.rehearsal.coverage import coverage
from journeys.rehearsal.fuzz import Broken, scenario_text, search
from journeys.rehearsal.population import Crowd, populate
from journeys.rehearsal.rows import with_rows
from journeys.rehearsal.subject import Subject
from journeys.rehearsal.verdict import judge
from tests.unit.journeys.activities.test_dataset_lookup import WAYS, compilation

CSV = "\ufeffsku,price,since\na,12,2026-01-01T00:00:00Z\n\n7,0.5,\n"
LINES = '{"sku": "b", "price": 3}\n\n{"sku": "c"}\n'
SCENARIO = """
---
kind: scenario
id: ways.finds
journey: ways
TABLES
do:
  - event: signup
    payload: {sku: SKU}
expect:
  - step: {id: WHERE}
"""
OWN = "tables: {goods: [{sku: z}]}"


def scenario(sku: str, where: str, tables: str = "") -> str:
    return WAYS + SCENARIO.replace("TABLES", tables).replace("SKU", sku).replace("WHERE", where)


def subject(files: dict[str, str] | None = None) -> Subject:
    found = compilation(WAYS, files)
    found.raise_errors()
    return Subject(found.plans["ways"], found.published())


def test_rows_of_a_csv_file_are_read_as_the_schema_says() -> None:
    found = compilation(
        WAYS, {"data/a.csv": CSV, "data/deep/b.csv": "sku\nx\n", "c.csv": "sku\ny\n"}
    )
    assert found.diagnostics == ()
    table = found.tables["goods"]
    assert list(table) == ["a", "7"], "`*` stands for no slash"
    assert table.row("a") == {"sku": "a", "price": 12, "since": "2026-01-01T00:00:00Z"}
    assert table.row("7") == {"sku": "7", "price": 0.5}


def test_rows_of_json_lines_are_read() -> None:
    text = WAYS
    found = compilation(text, {"data/a.jsonl": LINES})
    assert not found.tables["goods"], "the pattern names CSV files"


@pytest.mark.parametrize(
    ("sku", "tables", "where"),
    [("a", "", "found"), ("z", "", "none"), ("z", OWN, "found"), ("a", OWN, "none")],
)
def test_a_scenario_reads_the_rows_of_the_project_or_its_own(
    sku: str, tables: str, where: str
) -> None:
    found = compilation(scenario(sku, where, tables), {"data/a.csv": CSV})
    found.raise_errors()
    plans = found.published()
    assert judge(found.scenarios[0], plans, {}).passed
    assert plans.tables.by_dataset["goods"].row("z") is None, "nothing is left behind"


def test_random_runs_find_rows_and_miss_them() -> None:
    for files in (None, {"data/a.csv": CSV}):
        found = search(subject(files), seed=1, runs=40)
        assert found.broken is None
        covered = coverage(found.plan, found.traces)
        assert covered.uncovered == []


def test_a_table_without_rows_is_given_some_and_one_with_rows_keeps_them() -> None:
    given, drawn = with_rows(subject(), 1, 0)
    assert given.keys == list(given.plans.tables.by_dataset["goods"])
    assert given.keys
    assert [row["sku"] for row in drawn["goods"]] == given.keys
    kept, drawn = with_rows(subject({"data/a.csv": CSV}), 1, 0)
    assert (kept.keys, drawn) == (["a", "7"], {})
    assert not subject().keys


def test_what_was_found_is_written_with_the_rows_that_were_drawn() -> None:
    found = compilation(scenario("a", "found"))
    broken = Broken(found.scenarios[0], [], ["a law"], 1, {"goods": [{"sku": "a"}]})
    assert yaml.safe_load(scenario_text(broken))["tables"] == {"goods": [{"sku": "a"}]}


def test_a_crowd_looks_rows_up() -> None:
    simulator = populate(subject({"data/a.csv": CSV}), Crowd(40, 3_600_000))
    told = {
        h.what.step_event.branch
        for p in simulator.people.values()
        for h in p.trace
        if hasattr(h.what, "step_event") and h.what.step_event.step_id == "look"
    }
    assert told == {None, "missing"}
