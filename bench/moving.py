"""Everybody inside a journey moves to a new version and back, while the job runs.

    python bench/moving.py [--people 100000]

Broker, cluster and job run on this machine. People enter version 1 and wait; version 2 is
published with `move` and a map; then it is rolled back. Each time all of them are counted, in the
gauge of the topic `metrics` and one by one in the topic `step-events`. A worker that is killed in
the middle of the move changes nothing of the counts: `--kill` does it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from connectors.embedded.stack import LocalStack
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Writer, read_topic
from jobs import local
from jobs.folder import read_folder

PROJECT = Path(__file__).with_name("moving")
COMMAND = str(Path(sys.executable).with_name("journeys"))
PREFIX = "moving."
PATIENCE_S = 900
SECOND = """\
version: 2
in_flight: move
map: { pause: hold }
entry: { event: begin }
steps:
  hold: { wait: P1D }
  rest: { wait: P1D }
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--kill", action="store_true", help="kill a worker while people move")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        folder = Path(name) / "project"
        shutil.copytree(PROJECT, folder)
        try:
            running = local.start(read_folder(folder), say)
            Moving(folder, running.bootstrap, arguments.people).run(kill=arguments.kill)
        finally:
            if (folder / ".journeys" / "stack.json").exists():
                LocalStack.load(folder / ".journeys").stop()


class Moving:
    """A crowd that enters, moves and comes back."""

    def __init__(self, folder: Path, bootstrap: Bootstrap, people: int) -> None:
        self.folder, self.bootstrap, self.people = folder, bootstrap, people

    def run(self, *, kill: bool) -> None:
        started = self.jobs()
        self.timed("enter version 1", self.enter, {1: self.people})
        definitions = self.folder / "definitions.yaml"
        first = definitions.read_text()
        definitions.write_text(first[: first.index("version: 1")] + SECOND)
        self.timed("move to version 2", lambda: self.publish(kill=kill), {1: 0, 2: self.people})
        self.timed("roll back", lambda: self.journeys("rollback", "moving"), {1: self.people, 2: 0})
        self.check(started, killed=kill)
        self.timed_until("let go of it", lambda: self.known() == [(1, "live")])

    def enter(self) -> None:
        with Writer(self.bootstrap) as writer:
            for n in range(self.people):
                writer.write(f"{PREFIX}events", b"person-%d" % n, b'{"eventType":"bench.begin"}')

    def publish(self, *, kill: bool) -> None:
        if not kill:
            self.journeys("publish")
            return
        self.journeys("publish", "--no-wait")
        cluster = LocalStack.load(self.folder / ".journeys").cluster
        cluster.kill_taskmanager(0)

    def journeys(self, verb: str, *words: str) -> None:
        where = (str(self.folder),) if verb == "publish" else ("--project", str(self.folder))
        subprocess.run([COMMAND, verb, *words, *where], check=True, stdout=sys.stderr)

    def timed(self, what: str, act: Callable[[], object], expected: dict[int, int]) -> None:
        start = time.monotonic()
        act()
        seconds = self.timed_until(
            what, lambda: expected.items() <= self.inside().items(), since=start
        )
        print(f"{'':<18} {self.people / seconds:8,.0f} people/s", flush=True)

    def timed_until(self, what: str, done: Callable[[], bool], since: float | None = None) -> float:
        start = time.monotonic() if since is None else since
        while not done():
            if time.monotonic() > start + PATIENCE_S:
                fail(f"{what}: not within {PATIENCE_S} s; inside are {self.inside()}")
            time.sleep(1)
        seconds = time.monotonic() - start
        print(f"{what:<18} {seconds:8.1f} s", flush=True)
        return seconds

    def known(self) -> list[tuple[int, str]]:
        """Give the versions that the job knows, and where they stand."""
        command = [COMMAND, "ls", str(self.folder), "--format", "json"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return [(row["version"], row["status"]) for row in json.loads(done.stdout)]

    def inside(self) -> dict[int, int]:
        """Give the latest gauge of each version."""
        gauges: dict[int, int] = {}
        for metric in self.read("metrics"):
            if metric["metric"] == "journeys_inside":
                gauges[metric["journey_version"]] = metric["value"]
        return gauges

    def read(self, topic: str) -> Iterator[dict[str, Any]]:
        records = read_topic(self.bootstrap, PREFIX + topic)
        return (json.loads(record.value or b"null") for record in records)

    def jobs(self) -> tuple[str, int]:
        job = local.find(read_folder(self.folder)).job
        return job.id, job.restarts()

    def check(self, started: tuple[str, int], *, killed: bool) -> None:
        """Count everybody once more, in what analysts read."""
        time.sleep(5)  # the last step events are visible with the next checkpoint
        seen: set[str] = set()
        counts: Counter[tuple[int, str]] = Counter()
        for event in self.read("step-events"):
            if event["event_id"] in seen:
                fail(f"step event {event['event_id']} is there twice")
            seen.add(event["event_id"])
            counts[event["journey_version"], event["outcome"]] += 1
            if event["outcome"] == "moved_in":
                counts[event["journey_version"], f"at {event['step_id']}"] += 1
        people = self.people
        expected = {
            (1, "entered"): people,
            (1, "waiting"): people,
            (1, "moved_out"): people,
            (2, "moved_in"): people,
            (2, "at hold"): people,
            (2, "moved_out"): people,
            (1, "moved_in"): people,
            (1, "at pause"): people,
        }
        if counts != expected:
            fail(f"counted {dict(counts)}\nexpected {expected}")
        same = self.jobs() == started
        if not (same or killed):
            fail("the job was restarted")
        print(f"all {people:,} counted at each step, once; restarts: {self.jobs()[1]}")


def fail(text: str) -> NoReturn:
    raise SystemExit(text)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
