"""How many events a second, beside what Flink SQL does with the same topic in the same run.

    python -m bench.throughput [--matching 1] [--journeys 50] [--events 1000000] [--json FILE]

Events of `bench/load.py` are written to the topic first. Then, one after the other, jobs read it
from its beginning: Flink SQL that copies records, Flink SQL that reads JSON and filters by type,
and the job that runs journeys. Each matching event is of one journey; it is judged by a condition
over the event, and whoever enters waits for a day: state is read and written, checkpoints are on.
A rate is events by the time from the first record written to the last.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic

from bench.load import Load
from bench.sql_baseline import JSON_FILTER, RAW, Baseline
from connectors.embedded.stack import LocalStack
from connectors.kafka.client import Writer
from jobs import local
from jobs.folder import read_folder
from jobs.local import JOB_FILE, Running
from jobs.submission import MAIN_JOB, Job, submit

PREFIX = "load."
QUIET_S = 6.0
"""Nothing written for so long: all is read."""
PATIENCE_S = 240.0
CHECKPOINT_MS = 2_000
PARTITIONS = 4
OURS = "journeys"


@dataclass
class Measured:
    """What was found: events a second by contender."""

    matching: float
    journeys: int
    events: int
    backend: str
    rates: dict[str, float] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--matching", type=float, default=1, help="per cent of the events")
    parser.add_argument("--journeys", type=int, nargs="+", default=[50])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--backend", choices=("rocksdb", "hashmap"), default="rocksdb")
    parser.add_argument("--without-baseline", action="store_true")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    given = parser.parse_args()
    found = []
    for journeys in given.journeys:
        measured = Measured(given.matching / 100, journeys, given.events, given.backend)
        load = Load(given.events, given.people, measured.matching, min(journeys, 50))
        with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
            folder = Path(name) / "project"
            write_project(folder, load, measured)
            try:
                measure(folder, load, measured, baseline=not given.without_baseline)
            finally:
                if (folder / ".journeys" / "stack.json").exists():
                    LocalStack.load(folder / ".journeys").stop()
        tell(measured)
        found.append(asdict(measured))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


def write_project(folder: Path, load: Load, measured: Measured) -> None:
    """Write journeys; of those beyond the types that come, nobody hears anything."""
    folder.mkdir()
    settings = (
        f"name: load\ntopics: {{ prefix: {PREFIX} }}\n"
        f"job: {{ parallelism: 2, checkpoint_interval: PT{CHECKPOINT_MS / 1000:g}S, "
        f"state_backend: {measured.backend} }}\n"
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


def measure(folder: Path, load: Load, measured: Measured, *, baseline: bool) -> None:
    running = local.start(read_folder(folder), say)
    running.job.cancel()
    say(f"Writing {load.events:,} events, {100 * load.matching:g} % of them matching")
    with Writer(running.bootstrap) as writer:
        for key, value in load.records():
            writer.write(f"{PREFIX}events", key, value)
    stack = LocalStack.load(folder / ".journeys")
    if baseline:
        sinks = {kind: f"sql.{kind}" for kind in (RAW, JSON_FILTER)}
        create(running.bootstrap, sinks.values())
        for kind, topic in sinks.items():
            file = folder / f"{kind}.json"
            file.write_text(of_sql(kind, folder, running, load).model_dump_json(), "utf-8")
            measured.rates[kind] = rate(running, stack, file, topic, load, "bench.sql_baseline")
    file = stack.folder / JOB_FILE
    measured.rates[OURS] = rate(running, stack, file, f"{PREFIX}step-events", load)


def create(bootstrap: str, topics: Iterable[str]) -> None:
    """Create topics that are there as soon as anything is written."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in topics])
    admin.close()


def of_sql(kind: str, folder: Path, running: Running, load: Load) -> Baseline:
    return Baseline(
        kind=kind,
        bootstrap=running.bootstrap,
        source=f"{PREFIX}events",
        sink=f"sql.{kind}",
        types=[f"match.{n}" for n in range(load.listened)],
        checkpoint_folder=(folder / "sql-checkpoints").as_uri(),
        checkpoint_ms=CHECKPOINT_MS,
        parallelism=2,
    )


def rate(
    running: Running, stack: LocalStack, file: Path, topic: str, load: Load, module: str = MAIN_JOB
) -> float:
    """Let a job read the whole topic; give events a second."""
    say(f"Reading: {file.stem}")
    topics = Written(running.bootstrap, topic)
    job = Job(
        stack.rest_url, submit(file, stack.rest_url, stack.cluster.environment(), None, module)
    )
    try:
        began, ended = topics.span()
    finally:
        topics.close()
        job.cancel()
        while job.state() not in ("CANCELED", "FAILED"):
            time.sleep(0.2)
    return load.events / (ended - began)


class Written:
    """How much a topic holds."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
        self._topic = topic
        self._before = self._count()

    def span(self) -> tuple[float, float]:
        """Watch until the topic is still; give when the first and the last record came."""
        began = ended = 0.0
        last, patience = self._before, time.monotonic() + PATIENCE_S
        while not began or time.monotonic() - ended < QUIET_S:
            now = self._count()
            if now != last:
                ended = time.monotonic()
                began, last = began or ended, now
            if time.monotonic() > patience:
                say(f"{self._topic} is not still yet")
                sys.exit(1)
            time.sleep(0.1)
        return began, ended

    def _count(self) -> int:
        numbers = self._consumer.partitions_for_topic(self._topic) or set()
        places = self._consumer.end_offsets([TopicPartition(self._topic, n) for n in numbers])
        return sum(places.values())

    def close(self) -> None:
        self._consumer.close()


def tell(measured: Measured) -> None:
    ours = measured.rates[OURS]
    print(
        f"{100 * measured.matching:g} % matching, {measured.journeys} journeys, {measured.backend}:"
    )
    for name, per_second in measured.rates.items():
        print(f"  {name:<10} {per_second:>12,.0f} events/s   ours is {ours / per_second:.2f} of it")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
