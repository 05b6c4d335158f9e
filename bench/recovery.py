"""How long a job stands still when the process of a worker is killed.

    python -m bench.recovery [--kills 3] [--people 2000] [--json FILE]

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
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import orjson

from bench.stand import Stand, say, standing
from connectors.embedded.cluster import number_of

PROJECT = Path(__file__).with_name("recovery")
SETTLE_S = 62
"""Between two kills: after a minute Flink's delay is short again."""
AFTER = 20
"""People who come right after a kill."""
LOOK_S = 0.05
"""Between two looks at what is waited for."""


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
    with standing(PROJECT) as stand:
        found = Kills(stand).run(given.kills, given.people)
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

    def __init__(self, stand: Stand) -> None:
        self.stand, self.sent = stand, 0

    def run(self, kills: int, people: int) -> list[Recovery]:
        self.send(people)
        self.until("everybody has entered", lambda: self.entered() == self.sent)
        found = []
        for number in range(1, kills + 1):
            time.sleep(SETTLE_S)
            found.append(self.kill())
            say(f"kill {number}: {found[-1]}")
        return found

    def kill(self) -> Recovery:
        job = self.stand.job
        worker = sorted(job.taskmanagers())[0]
        began = time.monotonic()
        self.stand.stack.cluster.kill_taskmanager(number_of(worker))
        self.send(AFTER)
        self.until("the kill is noticed", lambda: not job.tasks_running())
        noticed = time.monotonic()
        self.until("every task runs", job.tasks_running)
        running = time.monotonic()
        self.until("who came meanwhile has entered", lambda: self.entered() >= self.sent)
        decided = time.monotonic()
        if self.entered() != self.sent:
            sys.exit(f"{self.entered()} of {self.sent} people were told to have entered")
        return Recovery(*(round(at - began, 1) for at in (noticed, running, decided)))

    def send(self, count: int) -> None:
        event = orjson.dumps({"eventType": "bench.begin"})
        numbers = range(self.sent, self.sent + count)
        self.stand.send((f"p{number}".encode(), event) for number in numbers)
        self.sent += count

    def entered(self) -> int:
        return sum(event["outcome"] == "entered" for event in self.stand.read("step-events"))

    def until(self, what: str, done: Callable[[], bool]) -> None:
        self.stand.until(done, what, LOOK_S)


if __name__ == "__main__":
    main()
