"""Events a second for each share of matching events, number of journeys, and state backend.

    python -m bench.grid [--matching 1 10 100] [--journeys 1 50 500] [--backend rocksdb hashmap]
        [--parallelism 2] [--entered 50] [--events 2000000] [--warm-up 60] [--doublings 0]
        [--without-baseline] [--json FILE]

For each of them `bench/throughput.py` runs, on a broker and a cluster that begin anew, with Flink
SQL on the same topic in the same run. Two numbers for `--parallelism` tell what a second
TaskManager gives; `--entered 1`, what journeys cost that nobody enters.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from bench.results import Result
from bench.stand import say
from bench.throughput import ENTERED

BACKENDS = ("rocksdb", "hashmap")


@dataclass
class Measured:
    """What was found: of each run its shape, and `rates` by contender."""

    runs: list[dict[str, Any]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--matching", type=float, nargs="+", default=[1, 10, 100], help="per cent")
    parser.add_argument("--journeys", type=int, nargs="+", default=[1, 50, 500])
    parser.add_argument("--backend", choices=BACKENDS, nargs="+", default=[*BACKENDS])
    parser.add_argument("--parallelism", type=int, nargs="+", default=[2])
    parser.add_argument("--entered", type=int, default=ENTERED, help="of the journeys, by events")
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--warm-up", type=float, default=60, help="seconds that do not count")
    parser.add_argument("--doublings", type=int, default=0, help="of the events, by Flink SQL")
    parser.add_argument("--without-baseline", action="store_true")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    given = parser.parse_args()
    measured = Measured()
    result = Result(measured, "grid")
    for words in combinations(given):
        measured.runs += run(words)
        result.write(given.json)  # so that a run that is ended leaves what it has
    result.write(given.json)


def combinations(given: argparse.Namespace) -> list[list[str]]:
    """Give what `bench/throughput.py` is started with, once for each combination."""
    shapes = product(given.parallelism, given.backend, given.matching, given.journeys)
    return [
        [
            *("--matching", f"{matching:g}", "--journeys", str(journeys), "--backend", backend),
            *("--parallelism", str(parallelism), "--events", str(given.events)),
            *("--people", str(given.people), "--warm-up", f"{given.warm_up:g}"),
            *("--entered", str(given.entered), "--doublings", str(given.doublings)),
            *(["--without-baseline"] if given.without_baseline else []),
        ]
        for parallelism, backend, matching, journeys in shapes
    ]


def run(words: list[str]) -> list[dict[str, Any]]:
    say(f"throughput {' '.join(words)}")
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        file = Path(name) / "found.json"
        subprocess.run(
            [sys.executable, "-m", "bench.throughput", *words, "--json", file], check=True
        )
        found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main()
