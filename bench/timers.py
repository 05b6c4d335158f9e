"""Many waits fall due within one minute: how late is each decided?

    python -m bench.timers [--people 100000] [--within 60] [--backend rocksdb] [--json FILE]

Broker, cluster and job run on this machine. Everybody enters and waits until an instant of their
own; those instants lie evenly within a minute, which begins when all are inside. Each step event
tells how late it was decided.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from bench.results import Result, spread
from bench.stand import Stand, fail, say, standing
from journeys.clock import format_instant, parse_instant

PROJECT = Path(__file__).with_name("timers")
HEAD_START_S = 60
ENTRIES_A_SECOND = 1_000
"""At which people surely enter: the minute begins when they have had time to."""


@dataclass
class Measured:
    """What was found."""

    people: int
    within_s: int
    backend: str
    late_ms: dict[str, float] = field(default_factory=dict)
    decided_in_s: float = 0.0
    """From the first of them decided to the last."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--within", type=int, default=60, help="seconds")
    parser.add_argument("--backend", choices=("rocksdb", "hashmap"), default="rocksdb")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    given = parser.parse_args()
    measured = Measured(given.people, given.within, given.backend)
    result = Result(measured, "timers")
    job = {"parallelism": 2, "state_backend": given.backend, "optimize_for": "throughput"}
    with standing(PROJECT, job=job) as stand:
        measure(stand, measured)
    tell(measured)
    result.write(given.json)


def measure(stand: Stand, measured: Measured) -> None:
    people, within_ms = measured.people, measured.within_s * 1000
    first = round(time.time() + HEAD_START_S + people / ENTRIES_A_SECOND) * 1000
    say(f"{people:,} people enter, and wait")
    stand.send(entries(people, first, within_ms))
    stand.until_inside(people)
    if time.time() * 1000 > first:
        fail("the minute began before everybody was inside: send fewer people")
    say(f"Their time comes in {first / 1000 - time.time():.0f} s")
    start = stand.places("step-events")
    time.sleep(max(0.0, (first + within_ms) / 1000 - time.time()))
    stand.until_inside(0)
    passed = [e for e in stand.read("step-events", start) if e["late_ms"] is not None]
    passed = [event for event in passed if event["outcome"] == "passed"]
    if len(passed) != people:
        fail(f"{len(passed):,} of {people:,} waits ended")
    measured.late_ms = spread([event["late_ms"] for event in passed])
    instants = [event["occurred_at"] for event in passed]
    measured.decided_in_s = seconds_between(min(instants), max(instants))


def entries(people: int, first: int, within_ms: int) -> Iterator[tuple[bytes, bytes]]:
    """Give events by which people wait until instants that lie evenly within a time."""
    for n in range(people):
        due = format_instant(first + n * within_ms // people)
        event = {"_id": f"b{n}", "eventType": "bench.begin", "due": due}
        yield b"person-%07d" % n, orjson.dumps(event)


def seconds_between(first: str, last: str) -> float:
    return (parse_instant(last) - parse_instant(first)) / 1000


def tell(measured: Measured) -> None:
    print(f"{measured.people:,} waits end within {measured.within_s} s, {measured.backend}")
    line = "  ".join(f"{name} {value:,.0f} ms" for name, value in measured.late_ms.items())
    print(f"late      {line}")
    print(f"decided   within {measured.decided_in_s:.1f} s")


if __name__ == "__main__":
    main()
