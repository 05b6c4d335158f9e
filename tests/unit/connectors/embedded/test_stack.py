from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.processes import ChildProcess, write_pid_file
from connectors.embedded.stack import LocalStack


def test_no_stack_is_found_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match=f"no local stack runs in {tmp_path}: `journeys run`"):
        LocalStack.load(tmp_path)


def test_the_record_of_a_stack_that_is_gone_is_removed(tmp_path: Path) -> None:
    record = tmp_path / "stack.json"
    record.write_text(json.dumps({"jars": {"kafka": [], "connector": "x"}}), encoding="utf-8")
    # A process of this id runs, but it is not the one that was started then.
    write_pid_file(tmp_path / "kafka" / "broker.pid", ChildProcess(1, 0.0))
    with pytest.raises(EmbeddedError, match="no local stack runs"):
        LocalStack.load(tmp_path)
    assert not record.exists()
