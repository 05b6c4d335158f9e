"""Two million recorded events, and a journey run over them by a bounded job on two workers.

    python -m bench.backtest [--events 2000000] [--listened 25] [--json FILE]

Broker and cluster run on this machine; no other job does. The events are drawn from a seed: of
each person twenty, of about 350 bytes, over thirty days. By default the journey listens to a
quarter of them. Reported are the rate of the whole command, from its start to its report, the CPU
time of the workers, which says more where the machine has other things to do, and what it counted.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from bench.stand import COMMAND, leaving, say
from connectors.embedded.stack import LocalStack, StackOptions
from connectors.kafka.admin import create_topics
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Writer
from connectors.kafka.topics import Topics
from jobs.folder import read_folder
from journeys.clock import format_instant, parse_instant

PROJECT = Path(__file__).with_name("backtest")
TOPIC = "backtest.events"
START = parse_instant("2026-03-01T08:00:00Z")
DAYS = 30
DAY_MS = 86_400_000
OF_A_PERSON = 20
FILLER = "x" * 140
HEARD = ("commerce.productListAdds", "commerce.productListAdds", "commerce.purchases")
Event = tuple[bytes, bytes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--listened", type=int, default=25, help="percent of the events")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        folder = Path(name) / "project"
        shutil.copytree(PROJECT, folder)
        try:
            with leaving():
                stack = LocalStack.start(folder / ".journeys", StackOptions(taskmanagers=2), say)
                send(stack.bootstrap, read_folder(folder).settings.topics, given)
                measured = measure(folder, stack, given.events)
        finally:
            if (folder / ".journeys" / "stack.json").exists():
                LocalStack.load(folder / ".journeys").stop()
    tell(measured)
    if given.json:
        given.json.write_text(json.dumps(measured, indent=2), encoding="utf-8")


def send(bootstrap: Bootstrap, topics: Topics, given: argparse.Namespace) -> None:
    create_topics(bootstrap, topics, ())
    say(f"Sending {given.events:,} events")
    with Writer(bootstrap) as writer:
        for key, value in events(given.events, given.listened):
            writer.write(TOPIC, key, value)


def events(count: int, listened: int) -> Iterator[Event]:
    """Draw events in the order of time, the same for the same number."""
    chance = random.Random(7)
    people, step = max(1, count // OF_A_PERSON), DAYS * DAY_MS // count
    for number in range(count):
        person = chance.randrange(people)
        kind = chance.choice(HEARD) if chance.randrange(100) < listened else "web.pageViews"
        yield b"person-%07d" % person, record(number, person, kind, START + number * step)


def record(number: int, person: int, kind: str, at: int) -> bytes:
    identity = {"ecid": [{"id": f"person-{person:07}", "primary": True}]}
    return json.dumps(
        {
            "_id": f"e{number}",
            "timestamp": format_instant(at),
            "eventType": kind,
            "identityMap": identity,
            "total": number % 100,
            "filler": FILLER,
        }
    ).encode()


def measure(folder: Path, stack: LocalStack, count: int) -> dict[str, Any]:
    say("Running the journey over them")
    words = [str(folder), "--format", "json", "--on-cluster"]
    began, worked = time.monotonic(), cpu_seconds(stack)
    done = subprocess.run(
        [COMMAND, "backtest", *words], check=True, stdout=subprocess.PIPE, text=True
    )
    seconds = time.monotonic() - began
    (draft,) = json.loads(done.stdout)["sides"]
    worked = cpu_seconds(stack) - worked
    rate = count / seconds
    return {"events": count, "seconds": seconds, "rate": rate, "cpu": worked, "draft": draft}


def cpu_seconds(stack: LocalStack) -> float:
    workers = (p for name, p in stack.processes().items() if name.startswith("taskmanager-"))
    return sum(sum(psutil.Process(p.pid).cpu_times()[:2]) for p in workers)


def tell(measured: dict[str, Any]) -> None:
    draft = measured["draft"]
    cart = draft["journeys"]["abandoned_cart"]
    rows = {
        "events": f"{measured['events']:,} of {draft['people']:,} people",
        "seconds": f"{measured['seconds']:,.1f}",
        "CPU of workers": f"{measured['cpu']:,.1f} s",
        "rate": f"{measured['rate']:,.0f} events a second",
        "listened to": f"{measured['events'] - draft['left_out'].get('not_listened', 0):,}",
        "entered": f"{cart['entered']:,}",
        "messages": f"{sum(draft['messages'].values()):,}",
        "held back": f"{sum(draft['held_back'].values()):,}",
    }
    for what, found in rows.items():
        print(f"{what:<14} {found}", flush=True)


if __name__ == "__main__":
    main()
