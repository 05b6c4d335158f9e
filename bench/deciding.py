"""How long it takes from an event to the decision that it causes, at half of the maximum load.

    python -m bench.deciding [--matching 100] [--journeys 50] [--maximum EVENTS_A_SECOND]
        [--seconds 60] [--backend rocksdb] [--json FILE]

Broker, cluster, job and the sender run on this machine. First the job reads events that lie on the
topic already: that gives the maximum, unless it is named. Then events come evenly, half as many a
second. Told is the time from the timestamp of a record, which its sender gives it, to the decision,
as each step event says; and how much of the machine the sender took.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from bench.load import Load
from bench.results import Result, spread
from bench.stand import Stand, say, standing
from bench.throughput import ENTERED, reading_rate, write_project
from bench.throughput import Measured as Shape
from connectors.kafka.client import Writer

WARM_UP_S = 120
SLICE_S = 0.005
"""Events that come evenly are handed over in slices of this time: to sleep costs more than one."""
DECISIONS = ("entered", "not_entered")


@dataclass
class Measured:
    """What was found; rates are events a second."""

    matching: float
    journeys: int
    backend: str
    maximum: float = 0.0
    rate: float = 0.0
    """At which events were to come."""
    sent_rate: float = 0.0
    """At which they came."""
    sender_cores: float = 0.0
    """How many cores the sender took of those that the job has."""
    decided_ms: dict[str, float] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--matching", type=float, default=100, help="per cent of the events")
    parser.add_argument("--journeys", type=int, default=50)
    parser.add_argument("--events", type=int, default=400_000, help="to find the maximum by")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--maximum", type=float, help="events a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--backend", choices=("rocksdb", "hashmap"), default="rocksdb")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    given = parser.parse_args()
    measured = Measured(given.matching / 100, given.journeys, given.backend)
    result = Result(measured, "deciding")
    share, listened = measured.matching, min(given.journeys, ENTERED)
    load = Load(given.events, given.people, share, listened)
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        project = Path(name) / "project"
        write_project(project, load, Shape(share, given.journeys, given.events, given.backend))
        with standing(project) as stand:
            measured.maximum = given.maximum or maximum(stand, load)
            measured.rate = measured.maximum / 2
            steady(stand, load, measured, given.seconds)
    tell(measured)
    result.write(given.json)


def maximum(stand: Stand, load: Load) -> float:
    """Let the job read what lies on the topic; give events a second."""
    stand.cancel()
    say(f"Writing {load.events:,} events, which the job then reads")
    stand.send(load.records())
    stand.resume()
    return reading_rate(stand.job, load.events)


def steady(stand: Stand, load: Load, measured: Measured, seconds: int) -> None:
    """Send events evenly, and see how long each waited for its decision."""
    rate = measured.rate
    say(f"Warming up for {WARM_UP_S} s, then sending {rate:,.0f} events/s for {seconds} s")
    count = round(rate * (WARM_UP_S + seconds))
    # Other events than those before, which would be known as repeats.
    records = replace(load, events=count, seed=load.seed + 1, first=load.events).records()
    evenly(stand, islice(records, round(rate * WARM_UP_S)), rate)
    start, began = stand.places("step-events"), time.monotonic()
    worked, sent = time.process_time(), evenly(stand, records, rate)
    took = time.monotonic() - began
    measured.sent_rate = sent / took
    measured.sender_cores = (time.process_time() - worked) / took
    told = (event for event in stand.settled("step-events", start) if event["outcome"] in DECISIONS)
    measured.decided_ms = spread([event["ingest_ms"] for event in told])


def evenly(stand: Stand, records: Iterator[tuple[bytes, bytes]], rate: float) -> int:
    """Send records at a rate; give how many."""
    began, sent, topic = time.monotonic(), 0, stand.topics.full("events")
    with Writer(stand.bootstrap) as writer:
        while True:
            due = round((time.monotonic() - began) * rate) - sent
            batch = [*islice(records, due)]
            for key, value in batch:
                writer.write(topic, key, value)
            sent += len(batch)
            if len(batch) < due:
                return sent
            time.sleep(SLICE_S)


def tell(measured: Measured) -> None:
    share, journeys = 100 * measured.matching, measured.journeys
    print(f"{share:g} % matching, {journeys} journeys, {measured.backend}")
    print(f"maximum   {measured.maximum:,.0f} events/s")
    print(f"sent      {measured.sent_rate:,.0f} events/s, by {measured.sender_cores:.2f} cores")
    line = "  ".join(f"{part} {value:,.0f}" for part, value in measured.decided_ms.items())
    print(f"decided   {line} (ms)")


if __name__ == "__main__":
    main()
