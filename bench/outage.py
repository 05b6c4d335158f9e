"""What a dead service does to the calls of another.

    python -m bench.outage [--rate 50] [--seconds 60]

Broker, cluster, job and two services run on this machine, each called by as many people a second.
First both are well; then one dies, for as long again; then it is back, and those who waited for it
are called. Told is how long it takes from an event to the call that it causes at the service that
never dies, before and meanwhile; what became of the people of the other; and how many checkpoints
were completed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.request import urlopen

from bench.answering import Service
from bench.calls import PREFIX, PROJECT, say, values
from connectors.embedded.ports import free_ports
from connectors.embedded.stack import LocalStack
from connectors.kafka.client import Writer
from jobs import local
from jobs.folder import read_folder

WARM_UP_S = 30
PATIENCE_S = 240


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=50, help="people a second, of each service")
    parser.add_argument("--seconds", type=int, default=60, help="of each part")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        folder = Path(name) / "project"
        shutil.copytree(PROJECT, folder)
        quick, frail = (Service(Path(name) / f"notes-{port}", port) for port in free_ports(2))
        os.environ |= {"BENCH_HTTP_PORT": str(quick.port), "BENCH_FRAIL_PORT": str(frail.port)}
        try:
            quick.start()
            frail.start()
            running = local.start(read_folder(folder), say)
            Outage(running, quick, frail, given.rate).run(given.seconds)
        finally:
            quick.stop()
            frail.stop()
            if (folder / ".journeys" / "stack.json").exists():
                LocalStack.load(folder / ".journeys").stop()


class Outage:
    """Sends people to both services, of which one dies."""

    def __init__(self, running: local.Running, quick: Service, frail: Service, rate: int) -> None:
        self.running, self.quick, self.frail, self.rate = running, quick, frail, rate

    def run(self, seconds: int) -> None:
        say(f"Warming up for {WARM_UP_S} s")
        self.send("warm", WARM_UP_S)
        say(f"Both are well, for {seconds} s")
        sent = self.send("well", seconds)
        say(f"One is dead, for {seconds} s")
        self.frail.stop()
        before = self.checkpoints()
        sent += self.send("dead", seconds)
        checkpoints = self.checkpoints() - before
        self.frail.start()
        say("It is back")
        back = time.monotonic()
        while (ends := self.ends()).total() < sent and time.monotonic() < back + PATIENCE_S:
            time.sleep(2)
        well, dead = self.latencies("well"), self.latencies("dead")
        for name, found in (("well", well), ("dead", dead)):
            line = "  ".join(f"p{q} {at(found, q):.0f} ms" for q in (50, 95, 99))
            print(f"beside it while it is {name}: {line}  ({len(found)} calls)")
        print(f"p99 by {at(dead, 99) / at(well, 99):.2f}; {checkpoints} checkpoints meanwhile")
        print(f"of it: {sent} people, {dict(ends)}, {time.monotonic() - back:.0f} s after it")
        told = (m for m in values(self.running.bootstrap, "metrics") if b"endpoint_open" in m)
        print(f"breaker: {[json.loads(m)['value'] for m in told]}")

    def send(self, name: str, seconds: int) -> int:
        count = seconds * self.rate
        start = time.monotonic()
        with Writer(self.running.bootstrap) as writer:
            for n in range(count):
                pause = start + n / self.rate - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                for kind in ("begin", "frail"):
                    event = {"eventType": f"bench.{kind}", "sent": f"{time.time():.6f}"}
                    key = f"{name}-{kind}-{n}".encode()
                    writer.write(f"{PREFIX}events", key, json.dumps(event).encode())
        return count

    def latencies(self, people: str) -> list[float]:
        """Give how long each call took from its event, in milliseconds, the shortest first."""
        calls = self.quick.calls(people)
        return sorted((call.at - float(call.body["sent"])) * 1000 for call in calls)

    def checkpoints(self) -> int:
        job = self.running.job
        with urlopen(f"{job.rest_url}/jobs/{job.id}/checkpoints") as answer:
            return int(json.load(answer)["counts"]["completed"])

    def ends(self) -> Counter[str]:
        events = map(json.loads, values(self.running.bootstrap, "step-events"))
        frail = (e for e in events if e["journey_id"] == "frail")
        over = (e for e in frail if e["outcome"] in ("completed", "failed", "exited"))
        return Counter(e["outcome"] for e in over if not e["profile_id"].startswith("warm"))


def at(found: list[float], percent: int) -> float:
    return found[min(len(found) - 1, len(found) * percent // 100)]


if __name__ == "__main__":
    main()
