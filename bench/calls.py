"""How many calls a second, and how much of each person's time is ours.

    python -m bench.calls [--people 20000] [--rate 600] [--delay 50] [--warm-up 240] [--json FILE]

Broker, cluster, job, its reports and the service that is called run on this machine. Each person's
journey is one event and one webhook, which the service answers after a while. People come in crowds
until Java has had time to compile what it runs. Then all come at once: that gives the rate, from
the first event sent to the last call answered. Then they come evenly: that gives the latency, from
the moment before the event is handed to the Kafka client to the moment at which the journey has the
answer, less the time that the service took. Every call is counted by its `Idempotency-Key`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.answering import Service
from bench.results import Result, spread
from bench.stand import Stand, say, standing
from journeys.clock import parse_instant

PROJECT = Path(__file__).with_name("calls")
JOB = {"parallelism": 2, "checkpoint_interval": "PT2S", "optimize_for": "throughput"}
CROWD = 10_000
"""People who come at once while Java compiles."""
EVENLY_S = 30
REST_S = 10
"""What the crowd has left behind is done by then."""
MIB = 1024**2
HOPS = {
    "ingest_ms": "event to decision",
    "queued_ms": "decision to first attempt",
    "latency_ms": "the call",
    "returned_ms": "its end to decision",
}
"""Fields of a step event, and what part of a journey's time each tells."""


@dataclass
class Measured:
    """What was found."""

    people: int
    """Who came at once."""
    delay_ms: float
    """How long the service took to answer."""
    warm_up_s: float
    rate: float = 0.0
    """Calls a second."""
    again: int = 0
    """Calls that were made more than once, of all."""
    memory_bytes: int = 0
    """Of the cluster, at most."""
    evenly: int = 0
    """At how many a second people came then."""
    ours_ms: dict[str, float] = field(default_factory=dict)
    """Of a journey's time."""
    hops_ms: dict[str, dict[str, float]] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rate", type=int, default=600, help="people a second, of the second part")
    parser.add_argument("--delay", type=float, default=50, help="of the service, milliseconds")
    parser.add_argument("--warm-up", type=float, default=240, help="seconds")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    given = parser.parse_args()
    measured = Measured(given.people, given.delay, given.warm_up, evenly=given.rate)
    result = Result(measured, "calls")
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        service = Service(Path(name) / "notes.txt", delay_ms=given.delay)
        try:
            service.start()
            os.environ["BENCH_HTTP_PORT"] = str(service.port)
            with standing(PROJECT, job=JOB) as stand, stand.watched() as memory:
                Measurement(stand, service, measured).run()
                measured.memory_bytes = memory.total
        finally:
            service.stop()
    tell(measured)
    result.write(given.json)


class Measurement:
    """Sends people in, and counts their calls."""

    def __init__(self, stand: Stand, service: Service, measured: Measured) -> None:
        self.stand, self.service, self.measured = stand, service, measured
        self.sent = 0

    def run(self) -> None:
        self.warm_up()
        people = self.measured.people
        say(f"Sending {people:,} people at once")
        began = time.time()
        self.send("crowd", people)
        answered = self.called("crowd", people) + self.measured.delay_ms / 1000
        self.measured.rate = people / (answered - began)
        time.sleep(REST_S)
        say(f"Sending {self.measured.evenly:,} people a second for {EVENLY_S} s")
        start = self.stand.places("step-events")
        self.send("steady", self.measured.evenly * EVENLY_S, self.measured.evenly)
        self.called("steady", self.measured.evenly * EVENLY_S)
        self.take_times(start)

    def warm_up(self) -> None:
        say(f"Warming up for {self.measured.warm_up_s:g} s")
        end, crowd = time.monotonic() + self.measured.warm_up_s, 0
        while time.monotonic() < end:
            crowd += 1
            self.send(f"warm{crowd}", CROWD)
            self.called(f"warm{crowd}", CROWD)

    def send(self, name: str, people: int, rate: float | None = None) -> None:
        self.sent += people
        self.stand.send_people(((f"{name}-{n}", "begin") for n in range(people)), rate)

    def called(self, name: str, people: int) -> float:
        """Wait until so many are called; give when the last was, in seconds since 1970."""
        # To read through all notes takes of the cores that are measured: it is done at the end.
        self.stand.until(
            lambda: (
                self.service.noted() >= self.sent
                and len({call.key for call in self.service.calls(f"{name}-")}) >= people
            ),
            f"{people:,} people are called",
            every_s=0.2,
        )
        calls = self.service.calls(f"{name}-")
        self.measured.again += len(calls) - people
        return max(call.at for call in calls)

    def take_times(self, start: dict[int, int]) -> None:
        """Tell the times of those who came evenly."""
        calls = self.service.calls("steady-")
        sent = {call.body["person"]: float(call.body["sent"]) * 1000 for call in calls}
        told = [*self.stand.settled("step-events", start)]
        steady = [event for event in told if event["profile_id"] in sent]
        ends = [event for event in steady if event["outcome"] == "succeeded"]
        self.measured.ours_ms = spread(
            [
                parse_instant(event["occurred_at"])
                - sent[event["profile_id"]]
                - self.measured.delay_ms
                for event in ends
            ]
        )
        entered = [event for event in steady if event["outcome"] == "entered"]
        for name in HOPS:
            of = entered if name == "ingest_ms" else ends
            self.measured.hops_ms[name] = spread([event[name] for event in of])


def tell(measured: Measured) -> None:
    print(f"at once   {measured.people:,} calls, {measured.rate:,.0f} a second")
    print(f"again     {measured.again:,} calls of all")
    print(f"memory    {measured.memory_bytes / MIB:,.0f} MiB")
    print(f"evenly    {measured.evenly:,} people a second for {EVENLY_S} s; times in ms")
    for name, times in {"ours": measured.ours_ms, **measured.hops_ms}.items():
        line = "  ".join(f"{part} {value:,.0f}" for part, value in times.items())
        print(f"          {HOPS.get(name, name):<26} {line}")


if __name__ == "__main__":
    main()
