"""How many calls a second, and how much of each person's time is ours.

    python -m bench.calls [--people 20000] [--rate 600] [--delay 50]

Broker, cluster, job and the service that is called run on this machine. Each person's journey is
one event and one webhook, which the service answers after a while. First all events come at once:
that gives the rate. Then they come evenly: that gives the latency, from the moment before the event
is handed to the Kafka client to the moment at which the journey has the answer, less the time that
the service took. Every call is counted by its `Idempotency-Key`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import psutil

from bench.answering import Service
from connectors.embedded.stack import LocalStack
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Writer, read_topic
from jobs import local
from jobs.folder import read_folder

PROJECT = Path(__file__).with_name("calls")
PREFIX = "calls."
WARM_UP = 10_000
PATIENCE_S = 300
HOPS = {
    "queued_ms": "decision to first attempt",
    "latency_ms": "the call",
    "returned_ms": "its end to decision",
}
"""Fields of a step event, and what part of a journey's time each tells."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rate", type=int, default=600, help="events a second of the second part")
    parser.add_argument("--delay", type=float, default=50, help="of the service, milliseconds")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        folder = Path(name) / "project"
        shutil.copytree(PROJECT, folder)
        service = Service(Path(name) / "notes.txt", delay_ms=given.delay)
        try:
            service.start()
            os.environ["BENCH_HTTP_PORT"] = str(service.port)
            running = local.start(read_folder(folder), say)
            Measure(running.bootstrap, service, given.delay).run(given.people, given.rate)
            show_memory(LocalStack.load(folder / ".journeys"))
        finally:
            service.stop()
            if (folder / ".journeys" / "stack.json").exists():
                LocalStack.load(folder / ".journeys").stop()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Measure:
    """Sends people in, and counts their calls."""

    def __init__(self, bootstrap: Bootstrap, service: Service, delay_ms: float) -> None:
        self.bootstrap, self.service, self.delay_ms = bootstrap, service, delay_ms

    def run(self, people: int, rate: int) -> None:
        say(f"Warming up with {WARM_UP} people")
        self.send("warm", WARM_UP)
        self.wait_for("warm", WARM_UP)
        say(f"Sending {people} people at once")
        began = time.time()
        self.send("crowd", people)
        arrived = self.wait_for("crowd", people)
        seconds = max(arrived.values()) + self.delay_ms / 1000 - began
        print(f"at once  {people} calls in {seconds:.1f} s: {people / seconds:,.0f} calls/s")
        seconds = max(arrived.values()) - min(arrived.values())
        print(f"         {people / seconds:,.0f} calls/s from the first call to the last")
        time.sleep(10)  # the answers of the crowd are still on their way
        say(f"Sending {rate} people/s for 30 s")
        self.send("steady", rate * 30, rate)
        self.wait_for("steady", rate * 30)
        time.sleep(3)  # step events come with a checkpoint
        self.show_latencies()

    def send(self, name: str, people: int, rate: int | None = None) -> None:
        start = time.monotonic()
        with Writer(self.bootstrap) as writer:
            for n in range(people):
                if rate is not None:
                    pause = start + n / rate - time.monotonic()
                    if pause > 0:
                        time.sleep(pause)
                event = {"eventType": "bench.begin", "sent": f"{time.time():.6f}"}
                writer.write(f"{PREFIX}events", f"{name}-{n}".encode(), json.dumps(event).encode())

    def wait_for(self, name: str, people: int) -> dict[str, float]:
        end = time.monotonic() + PATIENCE_S
        while len(calls := self.service.calls(name)) < people:
            if time.monotonic() > end:
                print(f"{name}: only {len(calls)} of {people} calls came")
                sys.exit(1)
            time.sleep(1)
        keys = Counter(call.key for call in calls)
        twice = sum(1 for count in keys.values() if count > 1)
        print(f"{name}: {len(keys)} calls, {twice} of them more than once")
        return {call.body["person"]: call.at for call in calls}

    def show_latencies(self) -> None:
        sent = {c.body["person"]: float(c.body["sent"]) for c in self.service.calls("steady")}
        told = [json.loads(value) for value in values(self.bootstrap, "step-events")]
        steady = [event for event in told if event["profile_id"].startswith("steady")]
        ends = [event for event in steady if event["outcome"] == "succeeded"]
        shares = [
            instant_ms(e["occurred_at"]) - sent[e["profile_id"]] * 1000 - self.delay_ms
            for e in ends
        ]
        print(f"steady   our share of each journey: {percentiles(shares)}")
        entries = [event["ingest_ms"] for event in steady if event["outcome"] == "entered"]
        print(f"         event to decision          {percentiles(entries)}")
        for name, said in HOPS.items():
            print(f"         {said:<26} {percentiles([event[name] for event in ends])}")


def percentiles(durations: list[float]) -> str:
    durations = sorted(durations)
    at = {q: durations[min(len(durations) - 1, len(durations) * q // 100)] for q in (50, 95, 99)}
    line = "  ".join(f"p{q} {value:.0f}" for q, value in at.items())
    return f"{line}  max {durations[-1]:.0f} ms"


def values(bootstrap: Bootstrap, topic: str) -> list[bytes]:
    return [record.value or b"" for record in read_topic(bootstrap, f"{PREFIX}{topic}")]


def instant_ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


def show_memory(stack: LocalStack) -> None:
    for name, process in stack.processes().items():
        size = psutil.Process(process.pid).memory_info().rss
        print(f"memory   {name:<16} {size / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()
