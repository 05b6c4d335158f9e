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
import os
import tempfile
from collections import Counter
from pathlib import Path

from bench.answering import Service
from bench.calls import PROJECT
from bench.results import PARTS, spread
from bench.stand import Stand, say, standing
from connectors.embedded.ports import free_ports

JOB = {"parallelism": 2, "checkpoint_interval": "PT2S"}
WARM_UP_S = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=50, help="people a second, of each service")
    parser.add_argument("--seconds", type=int, default=60, help="of each part")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        quick, frail = (Service(Path(name) / f"notes-{port}", port) for port in free_ports(2))
        os.environ |= {"BENCH_HTTP_PORT": str(quick.port), "BENCH_FRAIL_PORT": str(frail.port)}
        try:
            quick.start()
            frail.start()
            with standing(PROJECT, job=JOB) as stand:
                Outage(stand, quick, frail, given.rate).run(given.seconds)
        finally:
            quick.stop()
            frail.stop()


class Outage:
    """Sends people to both services, of which one dies."""

    def __init__(self, stand: Stand, quick: Service, frail: Service, rate: int) -> None:
        self.stand, self.quick, self.frail, self.rate = stand, quick, frail, rate

    def run(self, seconds: int) -> None:
        say(f"Warming up for {WARM_UP_S} s")
        self.send("warm", WARM_UP_S)
        say(f"Both are well, for {seconds} s")
        sent = self.send("well", seconds)
        say(f"One is dead, for {seconds} s")
        self.frail.stop()
        before = self.completed()
        sent += self.send("dead", seconds)
        checkpoints = self.completed() - before
        self.frail.start()
        say("It is back")
        took = self.stand.until(lambda: self.ends().total() >= sent, f"{sent:,} have left", 2)
        well, dead = self.latencies("well"), self.latencies("dead")
        for name, found in (("well", well), ("dead", dead)):
            line = "  ".join(f"p{part} {found[f'p{part}']:.0f} ms" for part in PARTS)
            print(f"beside it while it is {name}: {line}  ({found['count']} calls)")
        print(f"p99 by {dead['p99'] / well['p99']:.2f}; {checkpoints} checkpoints meanwhile")
        print(f"of it: {sent} people, {dict(self.ends())}, {took:.0f} s after it")
        told = (each for each in self.stand.read("metrics") if "endpoint_open" in each["metric"])
        print(f"breaker: {[each['value'] for each in told]}")

    def send(self, name: str, seconds: int) -> int:
        """Let people come for a while; give how many to each service."""
        count = seconds * self.rate
        kinds = ("begin", "frail")
        people = ((f"{name}-{kind}-{n}", kind) for n in range(count) for kind in kinds)
        self.stand.send_people(people, self.rate * len(kinds))
        return count

    def latencies(self, people: str) -> dict[str, float]:
        """Tell how long each call took from its event, in milliseconds."""
        calls = self.quick.calls(people)
        return spread([(call.at - float(call.body["sent"])) * 1000 for call in calls])

    def completed(self) -> int:
        return int(self.stand.checkpoints()["counts"]["completed"])

    def ends(self) -> Counter[str]:
        frail = (e for e in self.stand.read("step-events") if e["journey_id"] == "frail")
        over = (e for e in frail if e["outcome"] in ("completed", "failed", "exited"))
        return Counter(e["outcome"] for e in over if not e["profile_id"].startswith("warm"))


if __name__ == "__main__":
    main()
