"""Everybody inside a journey moves to a new version and back, while the job runs.

    python -m bench.moving [--people 100000]

Broker, cluster and job run on this machine. People enter version 1 and wait; version 2 is
published with `move` and a map; then it is rolled back. Each time all of them are counted, in the
gauge of the topic `metrics` and one by one in the topic `step-events`. A worker that is killed in
the middle of the move changes nothing of the counts: `--kill` does it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.stand import STILL_S, Stand, fail, standing
from connectors.embedded.cluster import number_of
from jobs import local

PROJECT = Path(__file__).with_name("moving")
INSIDE = "journeys_inside"
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
    given = parser.parse_args()
    with standing(PROJECT) as stand:
        Moving(stand, given.people).run(kill=given.kill)


class Moving:
    """A crowd that enters, moves and comes back."""

    def __init__(self, stand: Stand, people: int) -> None:
        self.stand, self.people = stand, people

    def run(self, *, kill: bool) -> None:
        restarts = self.stand.job.restarts()
        self.timed("enter version 1", self.enter, {1: self.people})
        definitions = self.stand.project.path / "definitions.yaml"
        first = definitions.read_text()
        definitions.write_text(first[: first.index("version: 1")] + SECOND)
        self.timed("move to version 2", lambda: self.publish(kill=kill), {1: 0, 2: self.people})
        back = {1: self.people, 2: 0}
        self.timed("roll back", lambda: self.stand.journeys("rollback", "moving"), back)
        self.check(restarts, killed=kill)
        self.timed_until("let go of it", lambda: self.known() == [(1, "live")])

    def enter(self) -> None:
        event = b'{"eventType":"bench.begin"}'
        self.stand.send((b"person-%d" % n, event) for n in range(self.people))

    def publish(self, *, kill: bool) -> None:
        if not kill:
            self.stand.journeys("publish")
            return
        worker = number_of(min(self.stand.job.taskmanagers()))
        self.stand.journeys("publish", "--no-wait")
        self.stand.stack.cluster.kill_taskmanager(worker)

    def timed(self, what: str, act: Callable[[], object], expected: dict[int, int]) -> None:
        start = time.monotonic()
        act()
        seconds = self.timed_until(
            what, lambda: expected.items() <= self.inside().items(), since=start
        )
        print(f"{'':<18} {self.people / seconds:8,.0f} people/s", flush=True)

    def timed_until(self, what: str, done: Callable[[], bool], since: float | None = None) -> float:
        start = time.monotonic() if since is None else since
        self.stand.until(done, what)
        seconds = time.monotonic() - start
        print(f"{what:<18} {seconds:8.1f} s", flush=True)
        return seconds

    def known(self) -> list[tuple[int, str]]:
        """Give the versions that the job knows, and where they stand."""
        rows = json.loads(self.stand.journeys("ls", "--format", "json"))
        return [(row["version"], row["status"]) for row in rows]

    def inside(self) -> dict[int, int]:
        """Give the latest gauge of each version."""
        gauges = (m for m in self.stand.last("metrics").values() if m["metric"] == INSIDE)
        return {gauge["journey_version"]: gauge["value"] for gauge in gauges}

    def check(self, restarts: int, *, killed: bool) -> None:
        """Count everybody once more, in what analysts read."""
        time.sleep(STILL_S)  # the last step events are visible with the next checkpoint
        seen: set[str] = set()
        counts: Counter[tuple[int, str]] = Counter()
        for event in self.stand.read("step-events"):
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
        job = local.find(self.stand.project).job
        if job.id != self.stand.job.id or killed == (job.restarts() == restarts):
            fail("the job was restarted, and none was killed, or the other way round")
        print(f"all {people:,} counted at each step, once; restarts: {job.restarts()}")


if __name__ == "__main__":
    main()
