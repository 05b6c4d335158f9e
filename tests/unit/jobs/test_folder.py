"""A project's folder as it is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from jobs.folder import project_files, read_folder
from journeys.expressions.errors import Severity
from journeys.limits import MAX_FILE_BYTES


def test_a_file_of_definitions_that_is_too_large_is_a_fault_and_not_left_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.yaml").write_text("kind: event\nid: a\n#" + "x" * MAX_FILE_BYTES)
    (fault,) = (d for d in read_folder(tmp_path).compilation.diagnostics if d.code == "JRN102")
    assert "more than 1048576 characters" in fault.message


@pytest.mark.parametrize("name", ["a.yaml", "a.yml", "A.YAML", "a.Yml"])
def test_definitions_are_read_whatever_the_case_of_their_files_name(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("kind: event\nid: signup\nmatch: {eventType: s}\n")
    assert list(read_folder(tmp_path).compilation.events) == ["signup"]


def test_a_part_of_a_project_is_told_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "journeys.yaml").write_text("name: shop\n")
    (tmp_path / "flows" / "a.yaml").write_text("kind: event\nid: a\nmatch: {eventType: s}\n")
    assert read_folder(tmp_path).compilation.diagnostics == ()
    (told,) = read_folder(tmp_path / "flows").compilation.diagnostics
    assert told.severity is Severity.WARNING
    assert f"a part of the project in {tmp_path.resolve()}" in told.message


def test_the_mark_by_which_some_begin_a_text_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_bytes(b"\xef\xbb\xbfHello")
    (tmp_path / "schema.json").write_bytes(b'\xef\xbb\xbf{"type": "object"}')
    files = read_folder(tmp_path).project.files
    assert files == {"hello.txt": "Hello", "schema.json": '{"type": "object"}'}


def test_where_the_schema_of_profiles_is_broken_only_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "journeys.yaml").write_text("name: a\nprofile: { schema: profile.json }\n")
    (tmp_path / "profile.json").write_text("{,}")
    (tmp_path / "a.yaml").write_text(
        "kind: audience\nid: a\nwhen: '#{profile.country} == \"DE\"'\n"
    )
    codes = [fault.code for fault in read_folder(tmp_path).compilation.diagnostics]
    assert codes == ["JRN308"]


def test_a_file_that_is_no_text_is_told_with_all_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"caf\xe9")
    (tmp_path / "people.csv").write_bytes(b"id\n\xff\n")
    (tmp_path / "b.yaml").write_bytes(b"kind: event\nid: \xe9\n")
    (tmp_path / "a.yaml").write_text("kind: event\nid: a\nmatc: {eventType: a}\n")
    found = read_folder(tmp_path).compilation.diagnostics
    told = [(fault.place.file, fault.code, fault.severity.value) for fault in found]
    assert told == [
        ("a.yaml", "JRN202", "error"),
        ("b.yaml", "JRN101", "error"),
        ("notes.txt", "JRN306", "warning"),
        ("people.csv", "JRN306", "error"),
    ]
    assert [fault.place.line for fault in found[1:]] == [2, 1, 2]
    assert found[-1].hint == "save the file as UTF-8"


def test_what_is_hidden_is_not_even_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text("kind: event\nid: a\nmatch: {eventType: a}\n")
    (tmp_path / ".journeys" / "flink").mkdir(parents=True)
    looked: list[str] = []
    scandir = os.scandir

    def noting(folder: Any) -> Any:
        looked.append(str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", noting)
    assert [file.name for file in project_files(tmp_path)] == ["a.yaml"]
    assert not [folder for folder in looked if ".journeys" in folder]
