"""The place a job goes on from."""

from __future__ import annotations

import os
from pathlib import Path

from jobs.states import latest_state


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
