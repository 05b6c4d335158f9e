"""How many events a second, beside what Flink SQL does with the same topic in the same run.

    python -m bench.throughput [--matching 1] [--journeys 50] [--entered 50] [--events 2000000]
        [--warm-up 60] [--doublings 0] [--parallelism 2] [--json FILE]

Events of `bench/load.py` are written to the topic first. Then, one after the other, jobs read it
from its beginning: Flink SQL that copies records, Flink SQL that reads JSON and filters by type,
and the job that runs journeys. Each matching event is of one journey of those that events begin; it
is judged by a condition over the event, and whoever enters waits for a day: state is read and
written, checkpoints are on.
Before that, `--doublings 3` lets Flink SQL write what lies there again and again, each time as much
as there is, of as many people and under ids of its own: a long topic, soon.
Each job reads the topic anew until Java has had time to compile what it runs, and then once more:
to its end, or for as long as is enough to tell a rate. That is events by the time that the second
half of them takes in the last reading, as Flink counts what is read: starting is no part of it.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import requests
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from bench.baseline import COPY, JSON_FILTER, RAW, Baseline
from bench.load import Load
from bench.stand import Stand, fail, say, standing
from connectors.embedded.stack import LocalStack
from jobs.client import MAIN_JOB, Client
from jobs.flink_rest import ENDED, Job
from jobs.local import JOB_FILE

PREFIX = "load."
ENTERED = 50
"""Journeys that events begin, of those that are published."""
LOOK_S = 0.5
"""Flink counts anew once a second; each look takes time from the same cores."""
PATIENCE_S = 240.0
ENOUGH_S = 40.0
"""Of one reading; where every event is decided, reading to the end would take many minutes."""
CHECKPOINT_MS = 2_000
PARTITIONS = 4
SOURCE = re.compile(r"Source: \S*\b(events|source)\b")
SOURCE_READS = re.compile(r"Source__.*\.numRecordsIn$")
"""How Flink names what the source alone has read, of those that are one task with it."""
OURS = "journeys"


@dataclass
class Measured:
    """What was found: events a second by contender."""

    matching: float
    journeys: int
    """That are published."""
    events: int
    backend: str
    parallelism: int = 2
    warm_up_s: float = 0
    entered: int = ENTERED
    """Of how many of them events come, if there are so many."""
    doublings: int = 0
    """How often what was sent was doubled; `events` are all."""
    rates: dict[str, float] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--matching", type=float, default=1, help="per cent of the events")
    parser.add_argument("--journeys", type=int, nargs="+", default=[50])
    parser.add_argument("--entered", type=int, default=ENTERED, help="of those, by events")
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--backend", choices=("rocksdb", "hashmap"), default="rocksdb")
    parser.add_argument("--parallelism", type=int, default=2, help="TaskManagers, of one slot")
    parser.add_argument("--warm-up", type=float, default=60, help="seconds that do not count")
    parser.add_argument("--doublings", type=int, default=0, help="of the events, by Flink SQL")
    parser.add_argument("--without-baseline", action="store_true")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    given = parser.parse_args()
    found = []
    for journeys in given.journeys:
        events = given.events * 2**given.doublings
        shape = (given.matching / 100, journeys, events, given.backend, given.parallelism)
        measured = Measured(*shape, given.warm_up, given.entered, given.doublings)
        listened = min(journeys, given.entered)
        load = Load(given.events, given.people, measured.matching, listened)
        with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
            project = Path(name) / "project"
            write_project(project, load, measured)
            with standing(project) as stand:
                measure(stand, load, measured, baseline=not given.without_baseline)
        tell(measured)
        found.append(asdict(measured))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


def write_project(folder: Path, load: Load, measured: Measured) -> None:
    """Write journeys; of those beyond the types that come, nobody hears anything."""
    folder.mkdir()
    settings = (
        f"name: load\ntopics: {{ prefix: {PREFIX} }}\nreporting: {{ counts: false }}\n"
        f"job: {{ parallelism: {measured.parallelism}, state_backend: {measured.backend}, "
        f"checkpoint_interval: PT{CHECKPOINT_MS / 1000:g}S, optimize_for: throughput }}\n"
    )
    (folder / "journeys.yaml").write_text(settings, encoding="utf-8")
    parts = []
    for n in range(measured.journeys):
        parts.append(f"kind: event\nid: e{n}\nmatch: {{ eventType: match.{n} }}\n")
        entry = f'{{ event: e{n}, when: "@event{{e{n}.total}} > 250" }}'
        parts.append(
            f"kind: journey\nid: j{n}\nversion: 1\nentry: {entry}\n"
            "steps:\n  pause: { wait: P1D }\n"
        )
    (folder / "definitions.yaml").write_text("---\n".join(parts), encoding="utf-8")


def measure(stand: Stand, load: Load, measured: Measured, *, baseline: bool) -> None:
    stand.cancel()
    say(f"Writing {load.events:,} events, {100 * load.matching:g} % of them matching")
    stand.send(load.records())
    stack, bootstrap = stand.stack, str(stand.bootstrap)
    for number in range(measured.doublings):
        say(f"Doubling them, {number + 1} of {measured.doublings}")
        double(stack, bootstrap, load, measured, mark=f"{number + 1}-")
    if baseline:
        sinks = {kind: f"sql.{kind}" for kind in (RAW, JSON_FILTER)}
        create(bootstrap, sinks.values())
        for kind in sinks:
            file = stack.folder / f"{kind}.json"
            described = of_sql(kind, stack.folder, bootstrap, load, measured)
            file.write_text(described.model_dump_json(), "utf-8")
            measured.rates[kind] = warm_rate(stack, file, measured, "bench.sql_baseline")
    measured.rates[OURS] = warm_rate(stack, stack.folder / JOB_FILE, measured)


def double(stack: LocalStack, bootstrap: str, load: Load, measured: Measured, mark: str) -> None:
    """Write all events of the topic to it again, of people and under ids of their own."""
    described = of_sql(COPY, stack.folder, bootstrap, load, measured)
    described = described.model_copy(update={"sink": described.source, "mark": mark})
    file = stack.folder / f"{COPY}.json"
    file.write_text(described.model_dump_json(), "utf-8")
    with Client(stack.cluster.environment()) as client:
        job = Job(stack.rest_url, client.submit(file, stack.rest_url, module="bench.sql_baseline"))
    patience = time.monotonic() + PATIENCE_S
    while (state := job.state()) not in ENDED and time.monotonic() < patience:
        time.sleep(LOOK_S)
    if state != "FINISHED":
        fail(f"the events were not doubled, the job is {state}: {job.failure()}")


def create(bootstrap: str, topics: Iterable[str]) -> None:
    """Create topics that are there as soon as anything is written."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in topics])
    admin.close()


def of_sql(kind: str, folder: Path, bootstrap: str, load: Load, measured: Measured) -> Baseline:
    return Baseline(
        kind=kind,
        bootstrap=bootstrap,
        source=f"{PREFIX}events",
        sink=f"sql.{kind}",
        types=[f"match.{n}" for n in range(load.listened)],
        checkpoint_folder=(folder / "sql-checkpoints").as_uri(),
        checkpoint_ms=CHECKPOINT_MS,
        parallelism=measured.parallelism,
    )


def warm_rate(stack: LocalStack, file: Path, measured: Measured, module: str = MAIN_JOB) -> float:
    """Let a job read the whole topic again and again; give events a second, of the last time."""
    say(f"Reading: {file.stem}")
    warm = time.monotonic() + measured.warm_up_s
    with Client(stack.cluster.environment()) as client:
        while True:
            counts = time.monotonic() >= warm
            job = Job(stack.rest_url, client.submit(file, stack.rest_url, module=module))
            found = reading_rate(job, measured.events, ENOUGH_S)
            job.end()
            if counts:
                return found


def reading_rate(job: Job, events: int, enough_s: float = math.inf) -> float:
    """Watch a job that has begun until it has read so many events; give events a second.

    `enough_s` after the first that it has read, that is enough, however many are left.
    The first half is not counted: meanwhile a job still hears what is published. Where half are
    read before the first look that finds any, what is told is too low.
    """
    counts = [(time.monotonic(), 0)]
    patience = time.monotonic() + PATIENCE_S
    enough = math.inf
    while counts[-1][1] < events and time.monotonic() < enough:
        time.sleep(LOOK_S)
        at, count = time.monotonic(), events_read(job)
        if count > counts[-1][1]:
            counts.append((at, count))
            patience, enough = at + PATIENCE_S, min(enough, at + enough_s)
        elif count == 0:
            counts = [(at, 0)]
        if at > patience:
            fail(f"only {counts[-1][1]:,} events are read, and no more for {PATIENCE_S:.0f} s")
    ended, last = counts[-1]
    began, first = next(one for one in reversed(counts) if one[1] <= last / 2)
    return (last - first) / (ended - began)


def events_read(job: Job) -> int:
    """Say how many records the source of events has read, as far as Flink has counted."""
    url = f"{job.rest_url}/jobs/{job.id}"
    vertices = requests.get(url, timeout=10).json()["vertices"]
    found = 0
    for vertex in vertices:
        if not SOURCE.match(vertex["name"]):
            continue
        metrics = f"{url}/vertices/{vertex['id']}/subtasks/metrics"
        known = [each["id"] for each in requests.get(metrics, timeout=10).json()]
        names = [name for name in known if SOURCE_READS.match(name)]
        told = requests.get(f"{metrics}?get={','.join(names)}&agg=sum", timeout=10).json()
        found += sum(int(each["sum"]) for each in told)
    return found


def tell(measured: Measured) -> None:
    ours = measured.rates[OURS]
    print(
        f"{100 * measured.matching:g} % matching, {measured.journeys} journeys, {measured.backend}:"
    )
    for name, per_second in measured.rates.items():
        print(f"  {name:<10} {per_second:>12,.0f} events/s   ours is {ours / per_second:.2f} of it")


if __name__ == "__main__":
    main()
