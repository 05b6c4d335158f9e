"""Ingesting files: what is sent, where it goes on, and what the command line says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.kafka.topics import Topics
from jobs import ingestion
from jobs.cli.app import app
from jobs.folder import read_folder
from jobs.ingest_description import PIECE, DescribedFile, IngestDescription, PieceReader
from jobs.ingestion import IngestError, Ingestion, Recording, RowsFile, dataset_of, files_of
from jobs.job import JobDescription
from jobs.positions import PositionError, Positions
from journeys.definitions import DatasetDefinition

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}}
CRM = DatasetDefinition("crm", "profiles", SCHEMA, "id")


class Broker:
    """Takes records, and breaks down where it is told to."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.taken: list[tuple[str, str, Any]] = []
        self.breaks_at = breaks_at

    def write(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        if len(self.taken) == self.breaks_at:
            raise KeyboardInterrupt
        self.taken.append((topic, (key or b"").decode(), json.loads(value or b"null")))

    def flush(self) -> None:
        pass

    def keys(self, topic: str = "j.profiles") -> list[str]:
        return [key for name, key, _ in self.taken if name == topic]


def write_rows(file: Path, first: int, last: int) -> None:
    rows = [{"id": f"p{n}", "n": n if n % 10 else "bad"} for n in range(first, last)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def complain(text: str) -> None:
    del text


def stop(text: str) -> None:
    raise IngestError(text)


def run(
    folder: Path, broker: Broker, bootstrap: str = "b:1", tell: Any = complain
) -> ingestion.Counts:
    kept = folder / "kept" / "crm.json"
    positions = Positions.load(kept, bootstrap)
    recording = Recording(CRM, Topics(prefix="j."), broker, tell)  # type: ignore[arg-type]  # as much of a writer as is needed
    files = [RowsFile(file.name, file) for file in sorted(folder.glob("*.jsonl"))]
    Ingestion(CRM, recording, positions, lambda: positions.store(kept)).run(files)
    return recording.counts


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ingestion, "BATCH", 4)
    write_rows(tmp_path / "a.jsonl", 1, 16)
    write_rows(tmp_path / "b.jsonl", 16, 26)
    return tmp_path


GOOD = [f"p{n}" for n in range(1, 26) if n % 10]


def test_good_rows_are_sent_in_order_and_bad_ones_are_dead_letters(folder: Path) -> None:
    broker = Broker()
    assert run(folder, broker) == ingestion.Counts(25, 23, 2)
    assert broker.keys() == GOOD
    letters = [value for topic, _, value in broker.taken if topic == "j.dead-letters"]
    assert [(each["topic"], each["offset"], each["key"]) for each in letters] == [
        ("file:a.jsonl", 10, "p10"),
        ("file:b.jsonl", 5, "p20"),
    ]


@pytest.mark.parametrize("breaks_at", range(25))
def test_what_was_interrupted_goes_on_and_nothing_is_missing(folder: Path, breaks_at: int) -> None:
    first, second = Broker(breaks_at), Broker()
    with pytest.raises(KeyboardInterrupt):
        run(folder, first)
    run(folder, second)
    assert len(first.taken) + len(second.taken) < 25 + 4
    assert set(first.keys()) | set(second.keys()) == set(GOOD)
    assert run(folder, Broker()).read == 0


def test_a_file_that_has_changed_and_one_that_is_new_are_read(folder: Path) -> None:
    run(folder, Broker())
    write_rows(folder / "a.jsonl", 1, 4)
    write_rows(folder / "c.jsonl", 41, 43)
    again = Broker()
    run(folder, again)
    assert again.keys() == ["p1", "p2", "p3", "p41", "p42"]


def test_in_another_kafka_nothing_is_there_yet(folder: Path) -> None:
    run(folder, Broker())
    assert run(folder, Broker(), "other:1").read == 25


def test_the_first_bad_row_can_be_the_end_and_what_is_before_it_is_kept(folder: Path) -> None:
    broker = Broker()
    with pytest.raises(IngestError, match=r"a.jsonl, row 10: schema: .*/n: must be integer"):
        run(folder, broker, tell=stop)
    assert broker.keys() == GOOD[:9]
    rest = Broker()
    run(folder, rest)
    assert rest.keys() == GOOD[9:]


def test_a_file_that_cannot_be_read_keeps_no_other_from_it(folder: Path) -> None:
    (folder / "aa.jsonl").mkdir()  # which nothing reads
    told: list[str] = []
    broker = Broker()
    counts = run(folder, broker, tell=told.append)
    assert counts == ingestion.Counts(25, 23, 2, unread=1)
    assert broker.keys() == GOOD
    assert len([line for line in told if "aa.jsonl cannot be read" in line]) == 1
    (folder / "aa.jsonl").rmdir()
    write_rows(folder / "aa.jsonl", 31, 33)
    assert run(folder, Broker()) == ingestion.Counts(2, 2)


def test_a_stored_position_that_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "kept").mkdir()
    (folder / "kept" / "crm.json").write_text('{"v": 2}')
    with pytest.raises(PositionError, match="begin anew with `--again`"):
        run(folder, Broker())


def test_pieces_cover_every_row_once_in_any_order(tmp_path: Path) -> None:
    sizes = {"a.jsonl": 2 * PIECE + 1, "b.jsonl": 0, "c.jsonl": PIECE}
    files = []
    for name, rows in sizes.items():
        write_rows(tmp_path / name, 0, rows)
        files.append(DescribedFile(name=name, path=tmp_path / name, rows=rows))
    job = JobDescription(name="j", bootstrap="b", checkpoint_folder="file:///c")
    described = IngestDescription(job=job, dataset=CRM, run="r", files=files)
    assert IngestDescription.model_validate_json(described.model_dump_json()) == described
    expected = [(name, row) for name, rows in sizes.items() for row in range(1, rows + 1)]
    assert described.pieces == 4
    for order in ([0, 1, 2, 3], [3, 2, 0, 1], [1, 2, 3, 0]):
        read = PieceReader(described.files, described.dataset.payload_schema)
        found = [(row.file, row.number, row.content) for piece in order for row in read(piece)]
        assert sorted(row[:2] for row in found) == expected
        name, number, content = found[-1]
        assert isinstance(content, bytes)
        assert json.loads(content)["id"] == f"p{number - 1}"


PROJECT = """
kind: dataset
id: crm
holds: profiles
schema: person.json
key: id
files: data/*.jsonl
---
kind: dataset
id: rates
holds: table
schema: person.json
key: id
"""


@pytest.fixture
def project(folder: Path) -> Path:
    root = folder / "project"
    (root / "data").mkdir(parents=True)
    (root / "all.yaml").write_text(PROJECT)
    (root / "person.json").write_text(json.dumps(SCHEMA))
    write_rows(root / "data" / "b.jsonl", 1, 16)
    write_rows(root / "data" / "a.jsonl", 16, 26)
    return root


def call(project: Path, *words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["ingest", *words, "--project", str(project)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_a_dry_run_tells_what_is_wrong_and_needs_no_broker(project: Path) -> None:
    code, text, talk = call(project, "crm", "--dry-run")
    assert code == 1
    assert text.startswith("crm: 25 rows read, 23 good, 2 bad, in ")
    assert (
        "data/a.jsonl, row 5: schema: the row contradicts the schema of dataset 'crm': /n" in talk
    )
    code, text, _ = call(
        project, "crm", str(project / "data" / "a.jsonl"), "--dry-run", "--format", "json"
    )
    assert code == 1
    assert json.loads(text).items() >= (
        {"dataset": "crm", "read": 10, "good": 9, "sent": 0, "bad": 1}.items()
    )


def test_a_strict_run_ends_at_the_first_bad_row(project: Path) -> None:
    with pytest.raises(IngestError, match=r"data/a.jsonl, row 5"):
        call(project, "crm", "--dry-run", "--strict")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cmr"], "there is no dataset 'cmr': did you mean 'crm'"),
        (["crm", "none.csv"], "there is no file"),
    ],
)
def test_what_cannot_be_ingested_is_told(project: Path, words: list[str], said: str) -> None:
    with pytest.raises(IngestError, match=said):
        call(project, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["crm", "--replace"], "only a table is replaced"),
        (["rates", "data/a.jsonl", "--on-cluster"], "a table fits into every worker"),
    ],
)
def test_what_does_not_fit_a_kind_of_dataset_is_told(
    project: Path, words: list[str], said: str
) -> None:
    code, _, talk = call(project, *words)
    assert (code, said in " ".join(talk.replace("│", " ").split())) == (2, True)


def test_a_job_on_the_cluster_cannot_be_dry(project: Path) -> None:
    code, _, talk = call(project, "crm", "--on-cluster", "--dry-run")
    assert (code, "takes no --dry-run" in talk) == (2, True)


def test_files_of_a_dataset_are_named_by_their_place_in_the_project(project: Path) -> None:
    folder = read_folder(project)
    found = files_of(folder, dataset_of(folder, "crm"), [])
    assert [file.name for file in found] == ["data/a.jsonl", "data/b.jsonl"]
    (project / "data" / "a.jsonl").unlink()
    (project / "data" / "b.jsonl").unlink()
    with pytest.raises(IngestError, match="no file fits `data/"):
        files_of(folder, dataset_of(folder, "crm"), [])
    for pattern, said in {"/tmp/*.csv": "is no pattern", "": "is no pattern"}.items():
        with pytest.raises(IngestError, match=said):
            files_of(folder, replace(CRM, files=pattern), [])
    with pytest.raises(IngestError, match="names no `files`"):
        files_of(folder, CRM, [])
    given = folder.path / "person.json"
    assert files_of(folder, CRM, [given]) == [RowsFile("person.json", given)]
