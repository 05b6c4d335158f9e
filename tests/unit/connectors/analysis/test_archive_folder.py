"""Files for analysts: each record once, whatever crashes and whenever."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.analysis import archive_folder
from connectors.analysis.archive_folder import ArchiveFolder
from connectors.analysis.columns import schema_of
from journeys.archive import ArchiveError, Piece
from tests.harness.topic import DAY, NOON, Lying, export

TOPIC = "feedback"
"""Which has few columns, so that many files are made quickly."""
RECORDS = [
    Lying(offset % 2, offset, NOON + offset // 6 * DAY, f"p{offset}") for offset in range(12)
]
"""Of two partitions and three days. Each partition has a mark of a transaction at every second."""


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


class CrashError(BaseException):
    """The process is gone."""


class Power:
    """Fails at the n-th time that something is done to a disk, before it is done or after."""

    def __init__(self, times: int, *, before: bool) -> None:
        self.left, self._before = times, before

    def wrap(self, done: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0 and self._before:
                raise CrashError
            result = done(*args, **kwargs)
            if self.left == 0:
                raise CrashError
            return result

        return wrapped


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, power: Power) -> Iterator[None]:
    with monkeypatch.context() as patched:
        for owner, name in (
            (Path, "replace"),
            (Path, "unlink"),
            (pq.ParquetWriter, "write_table"),
            (archive_folder, "_to_disk"),
        ):
            patched.setattr(owner, name, power.wrap(getattr(owner, name)))
        yield


def rows(folder: Path) -> list[tuple[int, int, str]]:
    """Read as every reader does that knows which files count."""
    tables = [pq.read_table(path) for path in ArchiveFolder(folder, "").paths(TOPIC)]
    return sorted(
        (row["kafka_partition"], row["kafka_offset"], row["kafka_key"])
        for table in tables
        for row in table.to_pylist()
    )


ALL = sorted((record.partition, record.offset, record.key or "") for record in RECORDS)


def steps_of(monkeypatch: pytest.MonkeyPatch, folder: Path) -> int:
    """Count how often an export that is not interrupted does something to the disk."""
    power = Power(10_000, before=True)
    with failing(monkeypatch, power):
        export(folder, TOPIC, RECORDS, rows=2)
    return 10_000 - power.left


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_at_any_point_loses_and_doubles_nothing(
    when: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    total = steps_of(monkeypatch, tmp_path / "whole")
    assert rows(tmp_path / "whole") == ALL
    assert total > 30
    for step in range(1, total + 1):
        folder = tmp_path / f"{step}"
        with failing(monkeypatch, Power(step, before=when == "before")), pytest.raises(CrashError):
            export(folder, TOPIC, RECORDS, rows=2)
        seen = rows(folder)
        for partition in (0, 1):
            one = [row for row in seen if row[0] == partition]
            assert one == [row for row in ALL if row[0] == partition][: len(one)]
        export(folder, TOPIC, RECORDS, rows=2)
        assert rows(folder) == ALL


def test_who_crashes_again_and_again_comes_to_an_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for _ in range(100):
        try:
            with failing(monkeypatch, Power(7, before=False)):
                export(tmp_path, TOPIC, RECORDS, rows=2)
        except CrashError:
            continue
        break
    assert rows(tmp_path) == ALL
    assert not [*tmp_path.glob("*/*/.*")]


def test_closed_days_are_merged_and_open_ones_wait(tmp_path: Path) -> None:
    export(tmp_path, TOPIC, RECORDS, rows=2, now=NOON + DAY)
    found = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.glob("*/*/*"))
    assert found == [
        "feedback/day=2026-11-26/p0-000000000000-000000000005.parquet",
        "feedback/day=2026-11-26/p1-000000000000-000000000006.parquet",
        "feedback/day=2026-11-27/p0-000000000005-000000000009.parquet",
        "feedback/day=2026-11-27/p0-000000000009-000000000011.parquet",
        "feedback/day=2026-11-27/p1-000000000006-000000000010.parquet",
        "feedback/day=2026-11-27/p1-000000000010-000000000012.parquet",
    ]


def test_a_file_says_what_it_holds(tmp_path: Path) -> None:
    export(tmp_path, "step-events", RECORDS[:3])
    (file, _) = ArchiveFolder(tmp_path, "").paths("step-events")
    told = pq.read_schema(file).metadata
    assert {name.decode(): value.decode() for name, value in told.items() if b"." in name} == {
        "journeys.format": "1",
        "journeys.topic": "step-events",
        "journeys.partition": "0",
        "journeys.begin": "0",
        "journeys.end": "3",
        "journeys.engine_version": "0.1.0",
        "journeys.schema_version": "1",
    }
    metadata = pq.read_metadata(file)
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_columns_that_other_releases_know_are_kept(tmp_path: Path) -> None:
    """An older file lacks a column, and a newer one has one more."""
    schema = schema_of(TOPIC)
    older = schema.remove(schema.get_field_index("channel"))
    newer = schema.append(pa.field("mood", pa.string()))
    folder = tmp_path / TOPIC / "day=2026-11-26"
    folder.mkdir(parents=True)
    for number, columns in enumerate((older, newer)):
        piece = Piece(TOPIC, 0, number, number + 1, "2026-11-26")
        row = {"feedback_id": f"f{number}", "mood": "glad", "channel": "sms"}
        table = pa.Table.from_pylist([{n: row.get(n) for n in columns.names}], columns)
        pq.write_table(table, tmp_path / piece.name)
    ArchiveFolder(tmp_path, "").compact(TOPIC, "2026-11-27")
    (merged,) = (pq.read_table(path) for path in ArchiveFolder(tmp_path, "").paths(TOPIC))
    assert merged["mood"].to_pylist() == [None, "glad"]
    assert merged["channel"].to_pylist() == [None, "sms"]
    assert merged["feedback_id"].to_pylist() == ["f0", "f1"]


def test_only_one_export_writes_into_a_folder(tmp_path: Path) -> None:
    with (
        ArchiveFolder(tmp_path, "").alone(),
        pytest.raises(ArchiveError, match="another export writes into"),
        ArchiveFolder(tmp_path, "").alone(),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    with (
        pytest.raises(ArchiveError, match="file/lake cannot be written: Not a directory"),
        ArchiveFolder(file / "lake", "").alone(),
    ):
        pass

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive_folder, "_to_disk", full)
    with pytest.raises(ArchiveError, match=r"000003\.parquet cannot be written: .*No space left"):
        export(tmp_path, TOPIC, RECORDS[:3])
