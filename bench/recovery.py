"""How long a job stands still when the process of a worker is killed.

    python bench/recovery.py [--kills 3] [--people 2000] [--json FILE]

Broker, cluster and job run on this machine, with people waiting. Again and again a TaskManager that
runs a part of the job gets SIGKILL. Told is, from the kill on, after how many seconds Flink has
noticed, every task runs again, and everybody whose event was sent right after the kill has entered,
as a reader of committed records sees it; nobody may be lost or told twice. `load` is that of the
machine over the last quarter of an hour: what else it does makes a JVM start later.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from connectors.embedded.cluster import number_of
from connectors.embedded.stack import LocalStack
from connectors.kafka.client import Writer, read_topic
from jobs import local
from jobs.folder import read_folder
from jobs.local import Running

PROJECT = Path(__file__).with_name("recovery")
PREFIX = "recovery."
SETTLE_S = 62
"""Between two kills: after a minute Flink's delay is short again."""
AFTER = 20
"""People who come right after a kill."""
PATIENCE_S = 120


@dataclass(frozen=True)
class Recovery:
    """Seconds from a kill on."""

    noticed: float
    running: float
    decided: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--people", type=int, default=2_000, help="who wait inside")
    parser.add_argument("--json", type=Path, help="where the numbers are written, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        folder = Path(name) / "project"
        shutil.copytree(PROJECT, folder)
        try:
            running = local.start(read_folder(folder), say)
            stack = LocalStack.load(folder / ".journeys")
            found = Kills(running, stack).run(given.kills, given.people)
        finally:
            if (folder / ".journeys" / "stack.json").exists():
                LocalStack.load(folder / ".journeys").stop()
    told = {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[2], 1),
        "people": given.people,
        "kills": [asdict(each) for each in found],
        "running_median_s": median(each.running for each in found),
        "running_max_s": max(each.running for each in found),
    }
    text = json.dumps(told, indent=2)
    if given.json is not None:
        given.json.write_text(text + "\n", encoding="utf-8")
    print(text)


class Kills:
    """Kills workers of a job, one after the other."""

    def __init__(self, running: Running, stack: LocalStack) -> None:
        self.running, self.stack = running, stack
        self.sent = 0

    def run(self, kills: int, people: int) -> list[Recovery]:
        self.send(people)
        until("everybody has entered", lambda: self.entered() == self.sent)
        found = []
        for number in range(1, kills + 1):
            time.sleep(SETTLE_S)
            found.append(self.kill())
            say(f"kill {number}: {found[-1]}")
        return found

    def kill(self) -> Recovery:
        job = self.running.job
        worker = sorted(job.taskmanagers())[0]
        began = time.monotonic()
        self.stack.cluster.kill_taskmanager(number_of(worker))
        self.send(AFTER)
        until("the kill is noticed", lambda: not job.tasks_running())
        noticed = time.monotonic()
        until("every task runs", job.tasks_running)
        running = time.monotonic()
        until("who came meanwhile has entered", lambda: self.entered() >= self.sent)
        decided = time.monotonic()
        if self.entered() != self.sent:
            sys.exit(f"{self.entered()} of {self.sent} people were told to have entered")
        return Recovery(*(round(at - began, 1) for at in (noticed, running, decided)))

    def send(self, count: int) -> None:
        event = json.dumps({"eventType": "bench.begin"}).encode()
        with Writer(self.running.bootstrap) as writer:
            for number in range(self.sent, self.sent + count):
                writer.write(f"{PREFIX}events", f"p{number}".encode(), event)
        self.sent += count

    def entered(self) -> int:
        records = read_topic(self.running.bootstrap, f"{PREFIX}step-events")
        told = [json.loads(record.value or b"null") for record in records]
        return sum(event["outcome"] == "entered" for event in told)


def until(what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > deadline:
            sys.exit(f"not within {PATIENCE_S} s: {what}")
        time.sleep(0.05)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
