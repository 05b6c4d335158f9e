"""A project's folder as it is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from jobs.folder import project_files, read_folder
from journeys.limits import MAX_FILE_BYTES


def test_a_file_of_definitions_that_is_too_large_is_a_fault_and_not_left_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.yaml").write_text("kind: event\nid: a\n#" + "x" * MAX_FILE_BYTES)
    (fault,) = (d for d in read_folder(tmp_path).compilation.diagnostics if d.code == "JRN102")
    assert "more than 1048576 characters" in fault.message


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
