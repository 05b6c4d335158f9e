"""The `flink run` line, and the place a job goes on from."""

from __future__ import annotations

import os
from pathlib import Path

from jobs.states import latest_state
from jobs.submission import submit_command


def test_a_job_begins_anew_unless_a_savepoint_is_named() -> None:
    fresh = submit_command(Path("job.json"), "http://127.0.0.1:8081")
    assert fresh[-1] == "job.json"
    assert "--fromSavepoint" not in fresh
    resumed = submit_command(Path("job.json"), "http://127.0.0.1:8081", "file:///s")
    assert resumed[resumed.index("--fromSavepoint") + 1] == "file:///s"


def test_the_latest_complete_state_is_gone_on_from(tmp_path: Path) -> None:
    assert latest_state(tmp_path) is None
    savepoint = tmp_path / "savepoints" / "savepoint-1" / "_metadata"
    checkpoint = tmp_path / "checkpoints" / "job" / "chk-7" / "_metadata"
    incomplete = tmp_path / "checkpoints" / "job" / "chk-8"
    incomplete.mkdir(parents=True)
    for at, file in enumerate((savepoint, checkpoint), start=1):
        file.parent.mkdir(parents=True)
        file.touch()
        os.utime(file, (at, at))
    assert latest_state(tmp_path) == checkpoint.parent.as_uri()
    os.utime(savepoint, (9, 9))
    assert latest_state(tmp_path) == savepoint.parent.as_uri()
