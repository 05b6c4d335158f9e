"""The verb `backtest` over files, what it reads, and the description that a job gets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from jobs.backtest_description import BacktestDescription, DescriptionError, Part, Side
from jobs.cli.app import app
from jobs.folder import read_folder
from jobs.job import JobDescription
from jobs.recorded_rows import recorded_of
from journeys.backtest.recording import RECORD_END, Recorded, pack, unpack
from journeys.backtest.tally import Kind
from journeys.records import Record
from journeys.rows import Misfit, Row

PROJECT = """
kind: event
id: begin
match: { eventType: shop.begin }
---
kind: action
id: tell
channel: webhook
url: https://crm.example/tell
body: { n: "@event{begin.n}" }
---
kind: dataset
id: colours
holds: table
schema: colour.json
key: id
files: colours.csv
---
kind: journey
id: asking
version: 2
entry: { event: begin, when: "@event{begin.n} > 1" }
steps:
  pause: { wait: PT1H }
  ask: { action: tell, on: { error: sorry } }
  fine: { end: completed }
  sorry: { end: failed }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "asking.yaml").write_text(PROJECT)
    (folder / "colour.json").write_text(
        '{"type": "object", "properties": {"id": {"type": "string"}}}'
    )
    (folder / "colours.csv").write_text("id\nred\n")
    return folder


def event(number: int, n: int, **fields: Any) -> dict[str, Any]:
    return {
        "_id": f"e{number}",
        "eventType": "shop.begin",
        "timestamp": f"2026-03-0{number}T08:00:00Z",
        "identityMap": {"ecid": [{"id": f"p{number}", "primary": True}]},
        "n": n,
        **fields,
    }


EVENTS = [event(1, 1), event(2, 2), event(3, 3), event(4, 4, eventType="shop.other")]


def write_lines(file: Path, rows: list[Any]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def backtest(folder: Path, *words: str) -> dict[str, Any]:
    given = ["backtest", str(folder), "--format", "json", *words]
    done = CliRunner().invoke(app, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_files_of_events_are_enough(project: Path, tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "events.jsonl", EVENTS)
    pq.write_table(pa.Table.from_pylist(EVENTS), tmp_path / "events.parquet")
    for file in (lines, tmp_path / "events.parquet"):
        (draft,) = backtest(project, "--records", str(file))["sides"]
        assert draft["records"] == {"events": 4}
        assert draft["left_out"] == {"not_listened": 1}
        assert draft["people"] == 4
        asking = draft["journeys"]["asking"]
        assert (asking["entered"], asking["people"], asking["completed"]) == (2, 2, 2)
        assert asking["not_entered"] == {"condition": 1}
        assert draft["messages"] == {"tell": 2}
        assert draft["messages_of_a_person"] == {"0": 2, "1": 2}


def test_it_ends_where_it_is_told_to(project: Path, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "events.jsonl", EVENTS)
    words = ("--records", str(file), "--until", "2026-03-02T08:30:00Z")
    (draft,) = backtest(project, *words)["sides"]
    assert draft["left_out"] == {"after_the_end": 1, "not_listened": 1}
    assert draft["journeys"]["asking"]["inside"] == {"pause": 1}


def test_answers_are_read_from_a_file(project: Path, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "events.jsonl", EVENTS)
    answers = tmp_path / "answers.json"
    answers.write_text('{"tell": {"status": 503}}')
    words = ("--records", str(file), "--answers", str(answers))
    (draft,) = backtest(project, *words)["sides"]
    assert draft["journeys"]["asking"]["failed"] == {"action_error": 2}
    assert draft["answers"] == {"said": 2}


def test_step_events_of_the_draft_are_written(project: Path, tmp_path: Path) -> None:
    file, told = write_lines(tmp_path / "events.jsonl", EVENTS), tmp_path / "told"
    words = ("--records", str(file), "--compare", str(project), "--step-events", str(told))
    backtest(project, *words)
    (written,) = told.iterdir()
    assert written.name == "step-events-0.jsonl"
    events = [json.loads(line) for line in written.read_text().splitlines()]
    outcomes = [event["outcome"] for event in events if event["profile_id"] == "p2"]
    assert outcomes == ["entered", "waiting", "passed", "requested", "succeeded", "completed"]
    assert {event["profile_id"] for event in events} == {"p1", "p2", "p3"}


def test_another_folder_stands_beside_it(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(project, other)
    (other / "asking.yaml").write_text(PROJECT.replace("> 1", "> 2"))
    file = write_lines(tmp_path / "events.jsonl", EVENTS)
    words = ["backtest", str(project), "--records", str(file), "--compare", str(other)]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert [line.split() for line in done.stdout.splitlines()[:3]] == [
        ["draft", "other", "difference"],
        ["records"],
        ["events", "4", "4", "+0"],
    ]
    assert "    entered" in done.stdout
    draft, beside = backtest(project, *words[2:])["sides"]
    assert draft["only_here"] == {"asking": {"people": 1, "such_as": ["p2"]}}
    assert beside["only_here"] == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--records", "nowhere.jsonl"], "there is no file nowhere.jsonl"),
        (["--journey", "askin"], "there is no journey 'askin': did you mean 'asking'?"),
        (["--until", "soon"], "soon"),
        (["--answers", "nowhere.json"], "nowhere.json cannot be read"),
        (["--answers", "EVENTS"], "is not JSON"),
        (["--answers", "LIST"], "must name actions and sources"),
        (["--step-events", "FULL"], "is not empty: name a new folder"),
        (["--answers", "WRONG"], "tell/stats: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_said(project: Path, tmp_path: Path, words: list[str], said: str) -> None:
    file = str(write_lines(tmp_path / "events.jsonl", EVENTS))
    write_lines(tmp_path / "list.json", [[1]])
    write_lines(tmp_path / "wrong.json", [{"tell": {"stats": 1}}])
    named = {"EVENTS": file, "LIST": f"{tmp_path}/list.json", "WRONG": f"{tmp_path}/wrong.json"}
    named["FULL"] = str(tmp_path)
    given = ["backtest", str(project), "--records", file]
    done = CliRunner().invoke(app, [*given, *(named.get(word, word) for word in words)])
    assert done.exit_code != 0
    told = done.output + str(done.exception)
    assert said in " ".join(told.replace("│", " ").split())


def of_row(content: Any) -> Recorded:
    recorded = recorded_of(Row("f.jsonl", 7, content))
    assert recorded is not None
    return recorded


def test_rows_are_events_or_records_with_their_place() -> None:
    place = ("file:f.jsonl", 0, 7)
    (first, *_) = EVENTS
    source, record = of_row(json.dumps(first).encode())
    assert record is not None
    assert (source, record.key, record.topic, record.partition, record.offset) == (
        "events",
        "p1",
        *place,
    )
    assert record.timestamp == 1_772_352_000_000
    assert json.loads(record.value or b"") == first
    told = {"topic": "j.results", "partition": 2, "offset": 9, "ts": 5, "key": "p1", "payload": {}}
    assert of_row(told) == Recorded("results", Record("j.results", 2, 9, 5, "p1", b"{}", 2))
    erased = {"topic": "profiles", "key": "p1", "payload": None}
    assert of_row(erased) == Recorded("profiles", Record(*place, 0, "p1", None, 0))
    assert of_row({"key": "p1", "payload": "text"}).record == Record(*place, 0, "p1", b"text", 4)
    assert recorded_of(Row("f", 1, {"topic": "j.metrics", "payload": {}})) is None
    for nobody in (b"{", [1], Misfit("no row"), {"eventType": "shop.begin"}):
        assert of_row(nobody).record.key is None  # type: ignore[union-attr]  # there is a record


def test_records_travel_as_one_text() -> None:
    values = (b"{}", "é\x1e\x1f".encode(), None, b"\xff", b"")
    records = [Record("t", 1, n, -5, "p", value, 3) for n, value in enumerate(values)]
    sent = [Recorded("events", record) for record in records] + [Recorded("events", None)]
    came = [*unpack("p", RECORD_END.join(map(pack, sent)))]
    sent[1] = Recorded("events", Record("t", 1, 1, -5, "p", "é\x1d\x1f".encode(), 3))
    assert came == sent
    (nobody,) = unpack("", pack(sent[0]))
    assert nobody.record is not None
    assert nobody.record.key is None


def described(project: Path, kept: Path) -> BacktestDescription:
    compilation = read_folder(project).compilation
    side = Side.of("draft", compilation.plans.values(), compilation.shared, compilation.tables)
    job = JobDescription(name="j", bootstrap="b", checkpoint_folder="file:///c")
    return BacktestDescription(job=job, sides=[side, side], until=2_000_000_000_000, kept=kept)


def test_a_description_holds_all_that_walks(project: Path, tmp_path: Path) -> None:
    written = described(project, tmp_path).model_dump_json()
    read = BacktestDescription.model_validate_json(written)
    plans = read.sides[0].plans
    assert [*plans.live] == ["asking"]
    assert plans.tables.table("colours").row("red") == {"id": "red"}  # type: ignore[union-attr]  # it is there
    assert read.listened() == ["shop.begin"]
    any_type = PROJECT.replace("match: { eventType: shop.begin }", 'when: "@event{begin.n} > 0"')
    (project / "asking.yaml").write_text(any_type)
    assert described(project, tmp_path).listened() is None


def test_what_cannot_be_published_is_told(project: Path, tmp_path: Path) -> None:
    sides = [Side(name="draft", said=['{"v": 1, "command": "publish"}'])]
    description = described(project, tmp_path).model_copy(update={"sides": sides})
    with pytest.raises(DescriptionError, match="what 'draft' publishes cannot be read"):
        description.trial()


def test_parts_add_up_and_a_second_attempt_takes_the_place_of_the_first(
    project: Path, tmp_path: Path
) -> None:
    description = described(project, tmp_path / "kept")
    for number, people in ((0, EVENTS), (0, EVENTS[:2]), (1, EVENTS[2:])):
        part = Part(description, number)
        for one in people:
            recorded = of_row(one)
            part.take(str(recorded.record.key), [recorded])  # type: ignore[union-attr]  # it is one
        part.end()
    for tally in description.tallies():
        assert tally[Kind.PERSON,] == 4
        assert tally[Kind.ENTERED, "asking", 2] == 2
