"""From topics to files: once, and by following; what is told, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from connectors.analysis.archive_folder import ArchiveFolder
from connectors.analysis.columns import TOPICS
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received
from connectors.kafka.topics import Topics
from jobs import export as exporting
from jobs import local
from jobs.cli import export as verb
from jobs.cli.app import app
from jobs.control_topic import Control
from jobs.export import COMPACT_MS, Source, export, follow
from journeys.archive import ArchiveError, Size
from journeys.errors import JourneyError
from journeys.plans import Plans
from tests.harness.analysed import plans, world
from tests.harness.topic import NOON, Lying

METRICS = [Lying(0, offset, NOON, "m", b'{"metric": "m"}') for offset in range(4)]
Call = Callable[..., Result]


class Broker:
    """Holds topics; gives them as Kafka does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, topics: Mapping[str, list[Lying]]) -> None:
        self.topics = {f"journeys.{name}": list(found) for name, found in topics.items()}
        self.oldest = 0
        self.coming: list[list[Lying]] = []
        monkeypatch.setattr(exporting, "begins", self.begins)
        monkeypatch.setattr(exporting, "ends", self.ends)
        monkeypatch.setattr(exporting, "read_batches", self.read_batches)

    def begins(self, _: Bootstrap, topic: str) -> dict[int, int]:
        return {0: self.oldest} if topic in self.topics else {}

    def ends(self, _: Bootstrap, topic: str) -> dict[int, int]:
        found = self.topics.get(topic, [])
        return {0: found[-1].offset + 1 if found else 0} if topic in self.topics else {}

    def read_batches(
        self, _: Bootstrap, topic: str, *, start: Mapping[int, int], follow: bool, idle_s: float
    ) -> Iterator[list[Received]]:
        records = [r for r in self.topics.get(topic, []) if r.offset >= start[0]]
        yield [Received(topic, r.partition, r.offset, r.timestamp, r.key, r.value) for r in records]
        while follow:
            new = self.coming.pop(0) if self.coming else []
            yield [Received(topic, r.partition, r.offset, r.timestamp, r.key, r.value) for r in new]


SOURCE = Source(Bootstrap(servers="broker:9092"), Topics())


def offsets(folder: Path, topic: str) -> list[int]:
    paths = ArchiveFolder(folder, "").paths(topic)
    return [n for path in paths for n in pq.read_table(path)["kafka_offset"].to_pylist()]


def test_an_export_goes_on_where_the_last_one_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broker = Broker(monkeypatch, {"metrics": METRICS[:3]})
    folder = ArchiveFolder(tmp_path, "1")
    done = [export(SOURCE, ["metrics"], folder, lambda: NOON, pytest.fail) for _ in range(2)]
    broker.topics["journeys.metrics"] = METRICS
    done.append(export(SOURCE, ["metrics"], folder, lambda: NOON, pytest.fail))
    assert [(e.records, e.files) for (e,) in done] == [(3, 1), (0, 0), (1, 1)]
    assert offsets(tmp_path, "metrics") == [0, 1, 2, 3]


def test_what_the_topic_forgot_before_it_was_exported_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broker = Broker(monkeypatch, {"metrics": METRICS[:1]})
    folder = ArchiveFolder(tmp_path, "1")
    told: list[str] = []
    export(SOURCE, ["metrics"], folder, lambda: NOON, told.append)
    broker.topics["journeys.metrics"], broker.oldest = METRICS[3:], 3
    export(SOURCE, ["metrics"], folder, lambda: NOON, told.append)
    assert told == [
        "metrics: offsets 1 to 2 of partition 0 are gone from the topic and in no file: export "
        "more often than it forgets"
    ]
    assert offsets(tmp_path, "metrics") == [0, 3]


def test_the_files_of_a_topic_that_was_made_anew_are_let_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broker = Broker(monkeypatch, {"metrics": METRICS})
    folder = ArchiveFolder(tmp_path, "1")
    export(SOURCE, ["metrics"], folder, lambda: NOON, pytest.fail)
    broker.topics["journeys.metrics"] = METRICS[:2]
    with pytest.raises(ArchiveError, match="it was made anew; export into another folder"):
        export(SOURCE, ["metrics"], folder, lambda: NOON, pytest.fail)


def test_a_follower_writes_what_is_old_enough_and_merges_now_and_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broker = Broker(monkeypatch, {"metrics": METRICS[:1]})
    broker.coming = [[METRICS[1]], [], [METRICS[2]]]
    folder, now = ArchiveFolder(tmp_path, "1"), [NOON]
    turns = follow(SOURCE, ["metrics"], folder, Size(age_ms=1_000), lambda: now[0], pytest.fail)
    seen = []
    for _ in islice(turns, 4):
        seen.append(offsets(tmp_path, "metrics"))
        now[0] += 600
    assert seen == [[], [], [0, 1], [0, 1]]
    now[0] = NOON + 86_400_000 + COMPACT_MS
    next(turns)
    assert offsets(tmp_path, "metrics") == [0, 1, 2]
    assert len(ArchiveFolder(tmp_path, "").pieces("metrics")) == 1


def test_a_topic_that_is_not_there_yet_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Broker(monkeypatch, {"metrics": METRICS})
    folder = ArchiveFolder(tmp_path, "1")
    told: list[str] = []
    names = ["feedback", "metrics"]
    next(follow(SOURCE, names, folder, Size(rows=1), lambda: NOON, told.append))
    assert told == ["feedback: there is no such topic yet, so it is not followed"]
    assert offsets(tmp_path, "metrics") == [0, 1, 2, 3]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    Broker(monkeypatch, world())
    monkeypatch.setattr(local, "bootstrap_of", lambda _: "broker:9092")
    control = Control([], Plans(plans()))
    monkeypatch.setattr(verb, "read_control_topic", lambda *_: control)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_the_verb_writes_all_topics_and_the_names(call: Call, tmp_path: Path) -> None:
    done = call("export", "lake")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert "step-events: 57 records in 1 files\n" in done.stderr
    written = {file.relative_to(tmp_path / "lake").parts[0] for file in tmp_path.rglob("*.parquet")}
    assert written == {*TOPICS, "dimensions"}
    steps = pq.read_table(tmp_path / "lake" / "dimensions" / "steps.parquet").to_pylist()
    greet = next(row for row in steps if row["step_id"] == "greet")
    assert (greet["label"], greet["position"], greet["channel"]) == ("Say hello", 2, "email")
    again = call("export", "lake", "--format", "json", "--topic", "metrics")
    assert json.loads(again.stdout) == [{"topic": "metrics", "records": 0, "files": 0}]


def test_versions_that_are_published_no_more_keep_their_names(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    call("export", "lake")
    monkeypatch.setattr(verb, "read_control_topic", lambda *_: Control([], Plans()))
    call("export", "lake")
    versions = pq.read_table(tmp_path / "lake" / "dimensions" / "versions.parquet")
    assert versions["journey_id"].to_pylist() == ["news", "shop", "vip"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--topic", "event"], "'event' is not exported: "),
        (["--every", "soon"], "--every: 'soon' is not"),
    ],
)
def test_what_an_option_does_not_take_is_wrong_usage(
    call: Call, words: list[str], message: str
) -> None:
    done = call("export", "lake", *words)
    assert done.exit_code == 2
    assert message in done.stderr


def test_questions_and_reports_are_answered_by_files(call: Call, tmp_path: Path) -> None:
    call("export", "lake")
    asked = call("query", "received", "--files", "lake", "--with", "person=ada", "--format", "json")
    (row,) = json.loads(asked.stdout)
    assert (row["outcome"], row["opened_at"]) == ("succeeded", "2026-03-01T09:00:00.000Z")
    csv = call("query", "entries", "--files", "lake", "--format", "csv", "--journey", "vip")
    assert csv.stdout.splitlines() == [
        "journey_id,journey_version,day,entered,people",
        "vip,2,2026-03-01T00:00:00.000Z,1,1",
    ]
    silent = call("query", "entries", "--files", "lake", "--since", "2027-01-01T00:00:00Z")
    assert (silent.stdout, silent.stderr) == ("", "Nothing is told of that.\n")
    page = call("report", "--files", "lake", "--html", "report.html")
    both = call("report", "--files", "lake", "--html", "report.html", "--format", "json")
    assert json.loads(both.stdout)["versions"]
    assert page.stderr == "Written into report.html.\n"
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--with", "person"], "'person' is no NAME=VALUE"),
        (["--with", "parson=ada"], "takes no 'parson': did you mean 'person'"),
        (["--with", "journey=shop"], "takes no 'journey': say --journey"),
        (["--since", "noon"], "--since: "),
    ],
)
def test_what_a_question_does_not_take_is_wrong_usage(
    call: Call, words: list[str], message: str
) -> None:
    done = call("query", "history", "--files", "lake", *words)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_folder_without_files_is_told(call: Call) -> None:
    with pytest.raises(JourneyError, match="no exported files in nowhere: `journeys export`"):
        raise call("report", "--files", "nowhere").exception or AssertionError


def test_all_questions_are_listed_and_shown(call: Call) -> None:
    listed = call("query").stdout.splitlines()
    assert "dwell_between" in "\n".join(listed)
    assert all(line.endswith(".") for line in listed)
    assert json.loads(call("query", "--format", "json").stdout)[0]["name"] == "alerts"
    sql = call("query", "entries", "--format", "sql").stdout
    assert "CREATE OR REPLACE VIEW events AS" in sql
    assert sql.rstrip().endswith("ORDER BY ALL;")
