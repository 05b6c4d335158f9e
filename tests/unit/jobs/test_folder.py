"""A project's folder as it is read."""

from __future__ import annotations

from pathlib import Path

from jobs.folder import read_folder
from journeys.limits import MAX_FILE_BYTES


def test_a_file_of_definitions_that_is_too_large_is_a_fault_and_not_left_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.yaml").write_text("kind: event\nid: a\n#" + "x" * MAX_FILE_BYTES)
    (fault,) = (d for d in read_folder(tmp_path).compilation.diagnostics if d.code == "JRN102")
    assert "more than 1048576 characters" in fault.message
