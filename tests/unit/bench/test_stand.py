from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.stand import standing


def test_a_bench_that_is_asked_to_end_takes_down_what_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[Path] = []

    def start(folder: Path, _: object) -> SimpleNamespace:
        (folder / ".journeys").mkdir()
        (folder / ".journeys" / "stack.json").touch()
        return SimpleNamespace()

    def load(folder: Path) -> Any:
        return SimpleNamespace(stop=lambda: stopped.append(folder))

    monkeypatch.setattr("bench.stand.read_folder", lambda folder: folder)
    monkeypatch.setattr("bench.stand.local.start", start)
    monkeypatch.setattr("bench.stand.LocalStack.load", load)
    monkeypatch.setattr("bench.stand.Stand", lambda *_: None)
    before = signal.getsignal(signal.SIGTERM)
    (tmp_path / "project").mkdir()

    def measure() -> None:
        with standing(tmp_path / "project"):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)

    with pytest.raises(SystemExit) as left:
        measure()
    assert left.value.code == 128 + signal.SIGTERM
    assert [folder.name for folder in stopped] == [".journeys"]
    assert signal.getsignal(signal.SIGTERM) == before
