"""Lists of people: from files, and who the topic of profiles still says to be in."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pyarrow
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from connectors.kafka.client import Received
from jobs.cli.app import app
from jobs.cli.members import still_inside
from jobs.folder import read_folder
from jobs.lists import ListError, read_list
from journeys.errors import JourneyError
from journeys.limits import MAX_FILE_BYTES
from journeys.memberships import membership

PEOPLE = ["ann", "bob", "Zoë"]
TABLE = "id,name\nann,Ann\nbob,Bob\nZoë,Z\n"


@pytest.mark.parametrize(
    ("name", "text", "column"),
    [
        ("a.txt", "ann\r\nbob\n\n  Zoë  \n", None),
        ("a.txt", "\ufeffann\nbob\nZoë", None),
        ("a.csv", 'ann\n\nbob\n"Zoë"\n', None),
        ("a.csv", TABLE, "id"),
    ],
)
def test_ids_are_read_from_text(name: str, text: str, column: str | None, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8", newline="")
    assert list(read_list(file, column)) == PEOPLE


@pytest.mark.parametrize("column", [None, "id", "number"])
def test_ids_are_read_from_parquet(column: str | None, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    table = pyarrow.table({"id": [*PEOPLE, None], "number": [1, 2, 3, 4]})
    pyarrow.parquet.write_table(table, file, row_group_size=2)
    assert list(read_list(file, column)) == (["1", "2", "3", "4"] if column == "number" else PEOPLE)


@pytest.mark.parametrize(
    ("name", "data", "column", "fault"),
    [
        ("a.csv", TABLE.encode(), "ids", "no column 'ids': did you mean 'id'?"),
        ("a.csv", b"", "id", "no column 'id': none is defined"),
        ("a.csv", b"profile_id\nann\n", None, "say by --column which of them holds"),
        ("a.csv", b"E-Mail\nann@a.example\n", None, "say by --column which of them holds"),
        ("a.csv", b"ann\nbob,1\n", None, "say by --column which of them holds"),
        ("a.txt", b"ann\n\xff", None, "not UTF-8"),
        ("a.txt", b"x" * 513, None, "person 1: a profile id has at most 512"),
        ("a.parquet", b"no table", None, "no Parquet file"),
        ("nowhere/a.txt", None, None, "cannot be read"),
        ("a.parquet", None, None, "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_list_is_told(
    name: str, data: bytes | None, column: str | None, fault: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ListError, match=re.escape(fault)):
        list(read_list(file, column))


def said(*told: tuple[str, object]) -> list[Received]:
    return [
        Received("profiles", 0, n, 0, key, None if value is None else orjson.dumps(value))
        for n, (key, value) in enumerate(told)
    ]


def test_the_topic_says_who_is_still_inside() -> None:
    into, out = (membership("vip", 0, inside=inside) for inside in (True, False))
    other = membership("vip2", 0, inside=True)
    records = said(
        *((name, into) for name in ("ann", "bob", "cat", "dan", "eve", "fay")),
        ("bob", out),
        ("cat", None),
        ("dan", {"tier": "vip"}),
        ("eve", {"segmentMembership": {"ups": {"vip": "bad"}}}),
        ("fay", out),
        ("fay", into),
        ("gus", other),
        ("hal", ["vip"]),
    )
    assert still_inside(records, "vip") == ["ann", "dan", "eve", "fay"]


PROJECT = """
kind: audience
id: vip
members: vip.csv
---
kind: audience
id: loyal
when: "#{profile.loyal} == true"
"""


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["vip2"], "no audience 'vip2'"),
        (["loyal"], "a rule decides"),
        (["vip", "--replace"], "lists nobody"),
        (["vip", "nowhere.csv"], "cannot be read"),
    ],
)
def test_what_cannot_be_sent_is_told_before_anything_is_sent(
    words: list[str], fault: str, tmp_path: Path
) -> None:
    (tmp_path / "project.yaml").write_text(PROJECT)
    (tmp_path / "vip.csv").write_text("")
    done = CliRunner().invoke(app, ["members", *words, "--project", str(tmp_path)])
    assert isinstance(done.exception, JourneyError)
    assert fault in str(done.exception)


def test_only_one_of_two_contrary_options_is_taken() -> None:
    done = CliRunner().invoke(app, ["members", "vip", "--remove", "--replace"])
    assert done.exit_code == 2


def test_a_long_list_belongs_to_its_project_without_being_read(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text(PROJECT)
    (tmp_path / "vip.csv").write_text("ann\n" * (MAX_FILE_BYTES // 4 + 1))
    read = read_folder(tmp_path)
    assert read.project.files["vip.csv"] == ""
    assert [d for d in read.compilation.diagnostics if "vip.csv" in d.message] == []


class Broker:
    """A broker of one topic, in memory."""

    def __init__(self) -> None:
        self.records: list[Received] = []

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, topic: str, key: bytes, value: bytes) -> None:
        self.records.append(Received(topic, 0, len(self.records), 0, key.decode(), value))

    def sent(self, since: int = 0) -> list[tuple[str | None, str]]:
        told = ((record.key, orjson.loads(record.value or b"")) for record in self.records[since:])
        return [(key, patch["segmentMembership"]["ups"]["vip"]["status"]) for key, patch in told]


def test_a_list_is_sent_again_cut_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker()
    monkeypatch.setattr("jobs.cli.members.Writer", lambda _: broker)
    monkeypatch.setattr("jobs.cli.members.read_topic", lambda *_: iter(broker.records))
    monkeypatch.setattr("jobs.local.bootstrap_of", lambda _: "broker")
    (tmp_path / "project.yaml").write_text(PROJECT)
    (tmp_path / "vip.csv").write_text("ann\nbob\nann\n")
    (tmp_path / "gone.txt").write_text("bob\n")

    def send(*words: str) -> list[tuple[str | None, str]]:
        before = len(broker.records)
        done = CliRunner().invoke(app, ["members", "vip", *words, "--project", str(tmp_path)])
        assert done.exit_code == 0, done.exception
        return broker.sent(before)

    assert send() == [("ann", "realized"), ("bob", "realized")]
    assert {record.topic for record in broker.records} == {"journeys.profiles"}
    assert send(str(tmp_path / "gone.txt"), "--remove") == [("bob", "exited")]
    (tmp_path / "vip.csv").write_text("bob\ncat\n")
    assert send("--replace") == [("bob", "realized"), ("cat", "realized"), ("ann", "exited")]
    assert send("--replace") == [("bob", "realized"), ("cat", "realized")]
