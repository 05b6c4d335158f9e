from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import orjson
import pytest

from docs import benchmarks, generate
from docs.benchmarks import FIGURES, benchmark, plots
from docs.plots import Bar, Group, plot

MACHINE = {
    "processor": "Some CPU",
    "cores": 2,
    "memory_gib": 8.0,
    "system": "Linux 6",
    "java": "17.0.1",
    "python": "3.11.7",
    "flink": "2.3.0",
    "load_before": 0.1,
}


def grid(**shape: object) -> dict[str, object]:
    rates = {"raw": 100_000.0, "filter": 200_000.0, "journeys": 50_000.0}
    usual = {"matching": 0.01, "journeys": 50, "backend": "rocksdb", "parallelism": 2}
    return {**usual, "rates": rates, **shape}


TIMES = {"p50": 5, "p95": 20, "p99": 70, "max": 1_400, "count": 18_000}
MEASURED: dict[str, dict[str, object]] = {
    "throughput": {"runs": [grid()]},
    "idle": {
        "runs": [
            grid(journeys=1, rates={"journeys": 60_000.0}),
            grid(journeys=500, rates={"journeys": 48_000.0}),
        ]
    },
    "decisions": {"runs": [grid(matching=1.0)]},
    "scaling": {"runs": [grid(parallelism=1, rates={"journeys": 20_000.0}), grid()]},
    "timers": {
        "people": 100_000,
        "within_s": 60,
        "backend": "rocksdb",
        "late_ms": {"p50": 5, "p95": 20, "p99": 300, "max": 1_400, "count": 100_000},
        "decided_in_s": 60.1,
    },
    "latency": {
        "matching": 1.0,
        "journeys": 50,
        "backend": "rocksdb",
        "maximum": 20_000.0,
        "sent_rate": 10_001.0,
        "sender_cores": 0.4,
        "decided_ms": {"p50": 5, "p95": 20, "p99": 70, "max": 400, "count": 100_000},
    },
    "calls": {
        "people": 20_000,
        "rate": 1_234.5,
        "again": 2,
        "memory_bytes": 3 * 1024**3,
        "evenly": 600,
        "ours_ms": {**TIMES, "p99": 240},
        "hops_ms": dict.fromkeys(("ingest_ms", "queued_ms", "latency_ms", "returned_ms"), TIMES),
    },
    "waiting": {
        "runs": [
            {
                "people": 10_000,
                "entered_s": 9.4,
                "state_of_a_person": 311.6,
                "state_by_task": {"journey-engine": 2_330_000, "presence": 610_000},
                "memory_bytes": 2 * 1024**3,
                "checkpoint_ms": {"p50": 97, "max": 163},
                "checkpoint_bytes": {"p50": 1024**2},
                "from_checkpoint": {"submitted_s": 12.3, "decided_s": 13.2},
                "savepoint_s": 1.0,
                "savepoint_bytes": 17 * 1024**2,
                "from_savepoint": {"submitted_s": 12.8, "decided_s": 13.3},
            }
        ]
    },
}
ROWS = {
    "throughput": "| 1 % | 50 | rocksdb | 100,000/s | 200,000/s | 50,000/s | 0.50 | 0.25 |",
    "idle": "| 1 % | rocksdb | 1: 60,000/s | 500: 48,000/s | 1.25 |",
    "decisions": "| 100 % | 50 | rocksdb | 100,000/s | 200,000/s | 50,000/s | 0.50 | 0.25 |",
    "scaling": "| 1 % | rocksdb | journeys | 20,000/s | 50,000/s | 2.50 |",
    "timers": "| 100,000 in 60 s | rocksdb | 5 ms | 20 ms | 300 ms | 1,400 ms |",
    "latency": "| 100 % | 50 | rocksdb | 20,000/s | 10,001/s | 0.40 cores | 5 ms |",
    "calls": "| 20,000 | 1,234/s | 2 | 3,072 MiB |",
    "waiting": "| state of a person | 312 bytes |",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(benchmarks, "FOLDER", tmp_path)
    return tmp_path


def keep(folder: Path, name: str, load: float = 0.1) -> None:
    result = {
        "measured": MEASURED[name],
        "command": f"python -m bench.{name}",
        "at": "2026-03-01T08:00:00Z",
        "machine": {**MACHINE, "load_before": load},
    }
    (folder / f"{name}.json").write_bytes(orjson.dumps(result))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_made_of_what_was_measured(name: str, folder: Path) -> None:
    keep(folder, FIGURES[name].file)
    text = benchmark(name)
    assert ROWS[name] in text
    assert f"](pictures/bench-{name}.svg)" in text
    assert "2 cores, 8.0 GiB, Linux 6, Java 17.0.1, Python 3.11.7, Flink 2.3.0." in text
    assert f"`make {FIGURES[name].target}`" in text
    assert "other things" not in text


@pytest.mark.parametrize("name", FIGURES)
def test_what_was_not_measured_is_no_figure(name: str, folder: Path) -> None:
    assert benchmark(name) == f"Not measured yet: `make {FIGURES[name].target}`."
    assert plots() == {}


def test_a_busy_machine_is_named(folder: Path) -> None:
    keep(folder, "timers", load=1.7)
    assert "**The machine had other things to do** (load 1.7 before the run)." in benchmark(
        "timers"
    )


def test_plots_tell_in_words_what_they_draw(folder: Path) -> None:
    for name in MEASURED:
        keep(folder, name)
    drawn = {file.name: ET.fromstring(text) for file, text in plots().items()}
    assert drawn.keys() == {f"bench-{name}.svg" for name in FIGURES}
    told = drawn["bench-timers.svg"].findtext("{*}desc")
    assert told is not None
    assert told.endswith("p99: 300 ms; 100,000 waits end within 60 s: late by, max: 1,400 ms")


def test_bars_and_their_bound_share_one_scale() -> None:
    bars = [Bar("a", 50, "half"), Bar("b", 25, "quarter", is_ours=False)]
    root = ET.fromstring(plot("Sizes", [Group("first", bars, bound=100)]))
    lengths = {
        kind: [
            float(r.get("width") or 0) for r in root.iterfind("{*}rect") if r.get("class") == kind
        ]
        for kind in ("rail", "ours", "other")
    }
    whole = lengths["rail"][0]
    assert lengths == {"rail": [whole, whole], "ours": [whole / 2], "other": [whole / 4]}
    rail = next(r for r in root.iterfind("{*}rect") if r.get("class") == "rail")
    (line,) = root.iterfind("{*}line")
    assert float(line.get("x1") or 0) == float(rail.get("x") or 0) + whole


def test_the_page_and_its_plots_are_up_to_date() -> None:
    for file, text in plots().items():
        assert file.read_text(encoding="utf-8") == text, "run `make docs`"
    drawn = {file.name for file in benchmarks.PICTURES.glob("bench-*.svg")}
    assert drawn == {file.name for file in plots()}
    page = (generate.ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert {*re.findall(r"generated: benchmark (\w+)", page)} == FIGURES.keys()
