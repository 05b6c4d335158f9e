from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.results import Result, spread


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7], {"p50": 7, "p95": 7, "p99": 7, "max": 7, "count": 1}),
        ([2, 1], {"p50": 1, "p95": 2, "p99": 2, "max": 2, "count": 2}),
        (range(100, 0, -1), {"p50": 50, "p95": 95, "p99": 99, "max": 100, "count": 100}),
        (range(1, 1001), {"p50": 500, "p95": 950, "p99": 990, "max": 1000, "count": 1000}),
        ([], {"count": 0}),
    ],
)
def test_a_spread_names_values_that_were_measured(
    values: list[int], expected: dict[str, int]
) -> None:
    assert spread(values) == expected


@dataclass
class Found:
    times: dict[str, float] = field(default_factory=lambda: {"p50": 1 / 3})
    runs: list[float] = field(default_factory=lambda: [2.0, 2 / 3])


def test_a_result_says_where_and_how_it_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [
        "/some/where/bench/timers.py",
        "--people",
        "5",
        "--json",
        "found.json",
        "--within",
        "1",
    ]
    monkeypatch.setattr("sys.argv", words)
    file = tmp_path / "new" / "timers.json"
    Result(Found(), "timers").write(file)
    written = json.loads(file.read_text())
    assert written["command"] == "python -m bench.timers --people 5 --within 1"
    assert written["measured"] == {"times": {"p50": 0.33}, "runs": [2.0, 0.67]}
    assert written["machine"]["cores"] >= 1
    assert {"processor", "java", "python", "flink", "load_before"} <= written["machine"].keys()
    assert written["at"].endswith("Z")


def test_a_result_is_kept_only_where_a_file_is_named(tmp_path: Path) -> None:
    Result(Found(), "timers", machine={}).write(None)
    assert [*tmp_path.iterdir()] == []
