"""A million profiles of about 1 kB out of Parquet files, and what reading them costs afterwards.

    python -m bench.profiles [--people 1000000] [--on-cluster] [--json FILE]

Broker, cluster and job run on this machine, RocksDB holds the state. The profiles are drawn from a
seed. Reported are the rate of the producer alone, the rate until the job has taken everything, the
state of one profile, and the memory of the job's processes; then what it costs to decide by three
attributes: events whose condition reads them beside events whose condition reads as much of the
event.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from kafka import KafkaAdminClient, TopicPartition

from bench.stand import Stand, say, standing
from connectors.kafka.admin import committed
from journeys import codec
from journeys.attributes import Attributes
from journeys.clock import parse_instant
from journeys.messages import JsonObject
from journeys.profile import Profile

PROJECT = Path(__file__).with_name("profiles")
NAME = "profiles"
FILES = 8
EVENTS = 20_000
DECISIONS = ("entered", "not_entered")
WORDS = 20_000
DECODED = 20_000
MEGABYTE = 1024 * 1024


@dataclass
class Measured:
    """What was found; bytes, seconds and rates."""

    people: int
    bytes_of_a_profile: float = 0.0
    producer_s: float = 0.0
    producer_rate: float = 0.0
    ingested_s: float = 0.0
    ingested_rate: float = 0.0
    state_bytes: int = 0
    state_of_a_profile: float = 0.0
    memory_bytes: dict[str, int] = field(default_factory=dict)
    memory_peak_bytes: int = 0
    decision_us: dict[str, float] = field(default_factory=dict)
    decode_us: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--on-cluster", action="store_true", help="let a Flink job read the files")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    arguments = parser.parse_args()
    measured = Measured(arguments.people)
    with standing(PROJECT) as stand:
        say(f"Drawing {arguments.people:,} profiles")
        draw(stand.project.path / "data", arguments.people)
        measure(stand, measured, on_cluster=arguments.on_cluster)
    tell(measured)
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(measured), indent=2), encoding="utf-8")


def draw(folder: Path, people: int) -> None:
    """Write profiles of about 1 kB, the same for the same number of people."""
    folder.mkdir()
    chance = np.random.default_rng(7)
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)

    def pool(length: int) -> pa.Array:
        drawn = chance.choice(letters, (WORDS, length))
        return pa.array([row.tobytes().decode() for row in drawn])

    pools = {length: pool(length) for length in (8, 12, 20, 380)}

    def words(length: int, rows: int) -> pa.Array:
        return pools[length].take(pa.array(chance.integers(0, WORDS, rows)))

    def struct(**columns: pa.Array) -> pa.Array:
        return pa.StructArray.from_arrays(list(columns.values()), list(columns))

    bounds = np.linspace(0, people, FILES + 1, dtype=int)
    for file, (first, last) in enumerate(pairwise(bounds)):
        rows = int(last - first)
        start = parse_instant("2026-01-01T00:00:00Z")
        tags = pa.ListArray.from_arrays(np.arange(0, 4 * rows + 1, 4, np.int32), words(8, 4 * rows))
        email = struct(val=pa.array(["y"] * rows))
        columns = {
            "customerId": pa.array([f"person-{n:07}" for n in range(first, last)]),
            "email": words(20, rows),
            "firstName": words(8, rows),
            "lastName": words(12, rows),
            "phone": words(12, rows),
            "language": pa.array(["en"] * rows),
            "address": struct(
                street=words(20, rows),
                city=words(8, rows),
                zip=words(8, rows),
                country=pa.array(["NO"] * rows),
            ),
            "tags": tags,
            "visits": pa.array(chance.integers(0, 1_000, rows)),
            "spent": pa.array(chance.integers(0, 100_000, rows) / 100),
            "vip": pa.array(chance.integers(0, 2, rows).astype(bool)),
            "joined": pa.array(chance.integers(10_000, 20_000, rows).astype(np.int32), pa.date32()),
            "updatedAt": pa.array(start + np.arange(first, last), pa.timestamp("ms")),
            "consents": struct(marketing=struct(email=email)),
            "notes": words(380, rows),
            **{f"segment{n}": words(12, rows) for n in range(8)},
        }
        pq.write_table(pa.table(columns), folder / f"{file}.parquet", row_group_size=20_000)


def measure(stand: Stand, measured: Measured, *, on_cluster: bool) -> None:
    people = measured.people
    with stand.watched() as memory:
        start = time.monotonic()
        words = ["--on-cluster"] if on_cluster else []
        said = json.loads(stand.journeys("ingest", "crm", "--format", "json", *words))
        measured.producer_s, measured.producer_rate = said["seconds"], said["rate"]
        say(f"The producer has ended after {said['seconds']:.1f} s; the job is still reading")
        wait_until_read(stand)
        measured.ingested_s = time.monotonic() - start
        measured.ingested_rate = people / measured.ingested_s
        measured.state_bytes = int(stand.checkpoints()["latest"]["completed"]["state_size"])
        measured.state_of_a_profile = measured.state_bytes / people
        for kind in ("plain", "reading", "plain", "reading"):  # the first two warm up
            measured.decision_us[kind] = decide(stand, kind, people)
    measured.memory_bytes, measured.memory_peak_bytes = memory.by_process, memory.total
    sample = next(stand.read("profiles"))
    measured.bytes_of_a_profile = len(json.dumps(sample, separators=(",", ":")))
    measured.decode_us = decode(sample)


def wait_until_read(stand: Stand) -> None:
    """Wait until the job has committed the end of the topic: up to 10 s after it was read."""
    topic, wanted = stand.topics.full("profiles"), stand.places("profiles")
    admin = KafkaAdminClient(bootstrap_servers=str(stand.bootstrap))
    try:
        stand.until(lambda: unread(admin, topic, wanted) <= 0, "all profiles are read", 0.5)
    finally:
        admin.close()


def unread(admin: KafkaAdminClient, topic: str, wanted: dict[int, int]) -> int:
    read = committed(admin, NAME)
    return sum(end - read.get(TopicPartition(topic, n), 0) for n, end in wanted.items())


def decide(stand: Stand, kind: str, people: int) -> float:
    """Let people enter a journey; give the microseconds between two decisions."""
    start = stand.places("step-events")
    body = {"eventType": f"bench.{kind}", "n": 1, "city": "Oslo", "vip": True}
    value = json.dumps(body).encode()
    chance = np.random.default_rng(1)
    stand.send((b"person-%07d" % n, value) for n in chance.integers(0, people, EVENTS))
    decided: list[int] = []

    def all_are() -> bool:
        events = (e for e in stand.read("step-events", start) if e["outcome"] in DECISIONS)
        decided[:] = [parse_instant(event["occurred_at"]) for event in events]
        return len(decided) >= EVENTS

    stand.until(all_are, f"{EVENTS:,} {kind} events are decided")
    return (max(decided) - min(decided)) * 1_000 / EVENTS


def decode(attributes: JsonObject) -> float:
    """Measure one reading of attributes as they lie in state, microseconds."""
    text = codec.dump_profile(Attributes(attributes, parse_instant("2026-03-01T08:00:00Z")))
    start = time.perf_counter()
    for _ in range(DECODED):
        assert Profile("p", lambda: codec.load_profile(text)).attributes
    return (time.perf_counter() - start) / DECODED * 1e6


def tell(measured: Measured) -> None:
    plain, reading = measured.decision_us["plain"], measured.decision_us["reading"]
    rows = {
        "profiles": f"{measured.people:,} of {measured.bytes_of_a_profile:,.0f} bytes",
        "producer alone": spell(measured.producer_s, measured.producer_rate),
        "until read by the job": spell(measured.ingested_s, measured.ingested_rate),
        "state": f"{measured.state_bytes / MEGABYTE:,.0f} MB",
        "state of a profile": f"{measured.state_of_a_profile:,.0f} bytes",
        "memory of the job, peak": f"{measured.memory_peak_bytes / MEGABYTE:,.0f} MB",
        "a decision by the event": f"{plain:,.1f} µs",
        "a decision by attributes": f"{reading:,.1f} µs, {reading - plain:+,.1f}",
        "decoding attributes": f"{measured.decode_us:,.1f} µs",
    }
    for what, found in rows.items():
        print(f"{what:<26} {found}", flush=True)


def spell(seconds: float, rate: float) -> str:
    return f"{seconds:,.1f} s, {rate:,.0f} a second"


if __name__ == "__main__":
    main()
