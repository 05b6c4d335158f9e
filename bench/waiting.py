"""Many people wait in a journey: what does that take of state, of memory and of time?

    python -m bench.waiting [--people 10000 1000000] [--churn 500] [--seconds 60] [--json FILE]

Broker, cluster and job run on this machine, RocksDB holds the state, checkpoints are incremental.
People enter by an event of about 300 bytes, which their walk keeps, and wait for another event or
thirty days. Then, while as many leave as come, the checkpoints are looked at. Then the job is
cancelled and goes on from its latest checkpoint, and at last from a savepoint.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from bench.results import Result, spread
from bench.stand import Stand, fail, say, standing
from journeys.clock import parse_instant

PROJECT = Path(__file__).with_name("waiting")
SAVEPOINT_S = 600
STILL_S = 10
LARGEST = 3
"""How many tasks are named, of those with the most state."""
WORDS = ("tea", "cup", "kettle", "filter", "scale", "spoon", "tin", "sieve")


@dataclass
class Restart:
    """How long the job took to go on."""

    submitted_s: float = 0.0
    """Until Flink had taken the job: most of it is the start of a Java and of a Python."""
    running_s: float = 0.0
    """Until all its tasks ran."""
    decided_s: float = 0.0
    """Until it had decided an event that had come meanwhile. Each counts from the beginning."""


@dataclass
class Measured:
    """What was found, by number of people."""

    runs: list[Run] = field(default_factory=list)


@dataclass
class Run:
    """What was found of so many people; bytes, and milliseconds unless a name says seconds."""

    people: int
    churn: int
    event_bytes: int = 0
    entered_s: float = 0.0
    state_bytes: int = 0
    """Full size of the first checkpoint after everybody had entered."""
    state_of_a_person: float = 0.0
    state_by_task: dict[str, int] = field(default_factory=dict)
    memory_bytes: int = 0
    """The most that JobManager and TaskManagers had together, with the Python in them."""
    memory_by_process: dict[str, int] = field(default_factory=dict)
    checkpoint_ms: dict[str, float] = field(default_factory=dict)
    """From the trigger of a checkpoint to its end, while people come and leave."""
    checkpoint_bytes: dict[str, float] = field(default_factory=dict)
    """What such a checkpoint has written anew."""
    from_checkpoint: Restart = field(default_factory=Restart)
    savepoint_s: float = 0.0
    savepoint_bytes: int = 0
    from_savepoint: Restart = field(default_factory=Restart)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--churn", type=int, default=500, help="who leave, and come, each second")
    parser.add_argument("--seconds", type=int, default=60, help="of coming and leaving")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    given = parser.parse_args()
    measured = Measured()
    result = Result(measured, "waiting")
    for people in given.people:
        run = Run(people, min(given.churn, people // (2 * given.seconds)))
        measure(run, given.seconds)
        tell(run)
        measured.runs.append(run)
        result.write(given.json)


def measure(run: Run, seconds: int) -> None:
    with standing(PROJECT, {"parallelism": 2}) as stand, stand.watched() as memory:
        fill(stand, run)
        churn(stand, run, seconds)
        stand.cancel()
        run.from_checkpoint = restart(stand, run.people - 1, "checkpoint")
        run.savepoint_s, run.savepoint_bytes = stand.savepoint(SAVEPOINT_S)
        run.from_savepoint = restart(stand, run.people - 2, "savepoint")
        run.memory_bytes, run.memory_by_process = memory.total, memory.by_process


def fill(stand: Stand, run: Run) -> None:
    """Let everybody enter, and see what is kept of them."""
    say(f"{run.people:,} people enter")
    began = time.monotonic()
    run.event_bytes = len(cart(0)[1])
    stand.send(map(cart, range(run.people)))
    stand.until_inside(run.people)
    run.entered_s = time.monotonic() - began
    time.sleep(STILL_S)  # what the last of them changed is in a checkpoint
    latest = stand.checkpoints()["latest"]["completed"]
    run.state_bytes = latest["state_size"]
    run.state_of_a_person = run.state_bytes / run.people
    by_task = stand.state_by_task().items()
    run.state_by_task = dict(islice(by_task, LARGEST))


def churn(stand: Stand, run: Run, seconds: int) -> None:
    """Let people leave and come, and look at the checkpoints meanwhile."""
    say(f"Each second {run.churn} leave and {run.churn} come, for {seconds} s")
    seen: dict[int, dict[str, Any]] = {}
    since, began, rate = time.time() * 1000, time.monotonic(), run.churn
    for second in range(seconds):
        here = range(second * rate, (second + 1) * rate)
        stand.send(purchase(n) for n in here)
        stand.send(cart(run.people + n) for n in here)
        seen |= {one["id"]: one for one in stand.completed()}
        time.sleep(max(0.0, began + second + 1 - time.monotonic()))
    found = [one for one in seen.values() if one["trigger_timestamp"] >= since]
    if not found:
        fail("no checkpoint was completed while people came and left: see the log of the cluster")
    run.checkpoint_ms = spread([one["end_to_end_duration"] for one in found])
    run.checkpoint_bytes = spread([one["checkpointed_size"] for one in found])
    stand.until_inside(run.people)


def restart(stand: Stand, number: int, what: str) -> Restart:
    """Let the job go on, and decide an event of somebody who waits."""
    say(f"The job goes on from the latest {what}")
    start = stand.places("step-events")
    stand.send([purchase(number)])
    began, now = time.monotonic(), time.time()
    found = Restart()
    stand.resume()
    found.submitted_s = time.monotonic() - began
    stand.until(stand.job.tasks_running, "all tasks run", every_s=0.2)
    found.running_s = time.monotonic() - began
    person, decided = name(number).decode(), [""]

    def has_left() -> bool:
        told = (e for e in stand.read("step-events", start) if e["outcome"] == "completed")
        decided[0] = next((e["occurred_at"] for e in told if e["profile_id"] == person), "")
        return bool(decided[0])

    stand.until(has_left, f"{person} leaves")
    found.decided_s = parse_instant(decided[0]) / 1000 - now
    return found


def name(number: int) -> bytes:
    return b"person-%07d" % number


def cart(number: int) -> tuple[bytes, bytes]:
    """Give the event by which somebody enters."""
    items = [
        {"sku": WORDS[(number + n) % len(WORDS)], "price": (number + 7 * n) % 90}
        for n in range(1 + number % 3)
    ]
    event = {
        "_id": f"c{number:x}",
        "eventType": "bench.cart",
        "timestamp": "2026-03-01T08:00:00.000Z",
        "identityMap": {"ecid": [{"id": name(number).decode(), "primary": True}]},
        "cartId": f"cart-{number:x}",
        "total": 1 + number % 500,
        "web": {"page": f"/shop/{WORDS[number % len(WORDS)]}/{number % 1000}", "ms": 1234},
        "items": items,
    }
    return name(number), orjson.dumps(event)


def purchase(number: int) -> tuple[bytes, bytes]:
    """Give the event by which somebody leaves."""
    event = {"_id": f"p{number:x}", "eventType": "bench.purchase", "cartId": f"cart-{number:x}"}
    return name(number), orjson.dumps(event)


def tell(run: Run) -> None:
    mib = 1024 * 1024
    print(f"{run.people:,} people entered within {run.entered_s:.0f} s")
    print(f"state       {run.state_of_a_person:,.0f} bytes each")
    for task, size in run.state_by_task.items():
        print(f"            {size / run.people:8,.0f}  {task}")
    print(f"memory      {run.memory_bytes / mib:,.0f} MiB")
    for process, size in run.memory_by_process.items():
        print(f"            {size / mib:8,.0f}  {process}")
    times = "  ".join(f"{part} {value:,.0f}" for part, value in run.checkpoint_ms.items())
    print(f"checkpoint  {times} (ms)")
    sizes = "  ".join(f"{part} {value:,.0f}" for part, value in run.checkpoint_bytes.items())
    print(f"            {sizes} (bytes)")
    print(f"savepoint   {run.savepoint_s:.1f} s, {run.savepoint_bytes / mib:,.0f} MiB")
    for what in ("checkpoint", "savepoint"):
        found: Restart = getattr(run, f"from_{what}")
        print(
            f"restart     from the {what}: submitted {found.submitted_s:.1f} s, "
            f"running {found.running_s:.1f} s, decided {found.decided_s:.1f} s"
        )


if __name__ == "__main__":
    main()
