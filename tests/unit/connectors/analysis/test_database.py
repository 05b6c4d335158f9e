"""Questions in SQL: what narrows them down, and that they count as the pure report does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from connectors.analysis.archive_folder import ArchiveFolder
from connectors.analysis.columns import table_of
from connectors.analysis.database import Database, FilesChangedError
from connectors.analysis.dimensions import write_dimensions
from connectors.analysis.recipes import COMMON, RecipeError, recipe_of, recipes
from connectors.analysis.script import script
from journeys.report import Walked, report
from tests.harness.analysed import (
    GIVEN,
    asked,
    database,
    people,
    plans,
    records,
    step_events,
    world,
)
from tests.harness.topic import export

TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_question_is_narrowed_down() -> None:
    assert [row["journey_id"] for row in asked("entries")] == ["news", "shop", "vip"]
    assert [row["journey_id"] for row in asked("entries", journey="vip")] == ["vip"]
    assert [row["journey_id"] for row in asked("entries", version=2)] == ["vip"]
    assert asked("entries", since=TEN) == []
    assert len(asked("entries", until=TEN)) == 3
    assert asked("entries", mode="shadow") == []
    assert len(asked("entries", mode="all")) == 3


def test_walks_are_told_whole_that_began_in_the_time_asked_for() -> None:
    """Whoever entered before and completed in it would bring the ledger out of balance."""
    early, late = asked("ledger", until=TEN), asked("ledger", since=TEN)
    assert [row["completed"] for row in early] == [0, 1, 0]
    assert [row["drift"] for row in early] == [0, 0, 0]
    assert late == []


def test_what_is_missing_is_said() -> None:
    with pytest.raises(RecipeError, match="'dwell_between' needs more: add --with to_step=…"):
        asked("dwell_between", from_step="greet")
    with pytest.raises(RecipeError, match="no recipe 'entrys': did you mean 'entries'"):
        recipe_of("entrys")


def test_every_recipe_says_what_it_answers() -> None:
    for recipe in recipes().values():
        assert recipe.question.endswith((".", "moved out.")), recipe.name
        assert recipe.topics, recipe.name
        assert not {*recipe.needs} & {*COMMON}, recipe.name


def test_the_ledger_of_sql_is_that_of_the_pure_report() -> None:
    events = [json.loads(record.value or b"") for record in records(step_events(people()))]
    found = report(events)
    for row in asked("ledger"):
        pure = found[Walked(row["journey_id"], row["journey_version"], row["mode"])]
        assert (row["entered"], row["completed"]) == (pure.entered, pure.completed)
        assert (row["failed"], row["exited"]) == (pure.failed.total(), pure.exited.total())
        assert (row["inside"], row["drift"]) == (pure.inside.total(), pure.drift)
    inside = {(r["journey_id"], r["step_id"]): r["walks"] for r in asked("inside")}
    assert inside == {
        (walked.journey, step): count
        for walked, version in found.items()
        for step, count in version.inside.items()
    }


def test_an_event_that_was_read_twice_counts_once() -> None:
    told = records(step_events(people()))
    twice = {"step-events": table_of("step-events", [*told, *told])}
    with Database(twice, {}, {}) as found:
        assert found.query("SELECT count(*) FROM step_events").rows == [(len(told),)]


def test_files_answer_what_topics_do(tmp_path: Path) -> None:
    for topic, lying in world().items():
        export(tmp_path, topic, lying)
    folder = ArchiveFolder(tmp_path, "")
    paths = {topic: folder.paths(topic) for topic in world()}
    with Database(paths, {}, {}) as of_files, database() as of_topics:
        for name in ("ledger", "messages", "endpoints", "dead_letters", "event_discards"):
            assert of_files.ask(recipe_of(name)) == of_topics.ask(recipe_of(name))


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    export(tmp_path, "step-events", world()["step-events"])
    paths = ArchiveFolder(tmp_path, "").paths("step-events")
    paths[0].unlink()
    with pytest.raises(FilesChangedError):
        Database({"step-events": paths}, {}, {})


@pytest.mark.parametrize("name", recipes())
def test_an_analyst_can_ask_with_duckdb_alone(name: str, lake: Path) -> None:
    recipe = recipe_of(name)
    given = {need: GIVEN[need] for need in recipe.needs}
    with duckdb.connect() as connection:
        found = connection.execute(script(lake, recipe, given)).fetchall()
    assert found == [tuple(row.values()) for row in asked(name, **given)]


def test_a_script_is_narrowed_down(lake: Path) -> None:
    variables = {"journey": "vip", "version": 2, "since": TEN, "until": None}
    with duckdb.connect() as connection:
        text = script(lake, recipe_of("entries"), variables)
        assert connection.execute(text).fetchall() == []
        text = script(lake, recipe_of("entries"), {**variables, "journey": "o'neil"})
    assert "SET VARIABLE journey = 'o''neil';" in text


def test_a_script_leaves_out_what_was_merged(tmp_path: Path) -> None:
    """As after a crash between the two."""
    told = world()["step-events"]
    export(tmp_path, "step-events", told)
    folder, records = ArchiveFolder(tmp_path, ""), iter(told)
    half = [next(records) for _ in range(20)]
    (whole,) = folder.pieces("step-events")
    folder.write(replace(whole, end=half[-1].offset + 1), half)
    with duckdb.connect() as connection:
        text = script(tmp_path, recipe_of("ledger"), {})
        found = connection.execute(text).fetchall()
    assert [row[:1] + row[-1:] for row in found] == [("news", 0), ("shop", 0), ("vip", 0)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of files, without some topics."""
    folder = tmp_path_factory.mktemp("lake")
    for topic, lying in world().items():
        export(folder, topic, lying)
    write_dimensions(folder, plans())
    return folder
