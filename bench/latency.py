"""How long it takes from an event in Kafka to the email or REST call that it causes.

    python bench/latency.py [--rate 100] [--seconds 30]

Broker, cluster, job, mail server and HTTP service all run on this machine. Half of the events
cause an email, half a call. The clock runs from the moment before the event is handed to the
Kafka client to the moment at which the receiver has the whole message. The first seconds, in
which the JVM and the interpreter warm up, are sent and not counted.
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
from pathlib import Path
from typing import Any

from connectors.embedded.receivers import LocalReceivers
from connectors.embedded.stack import LocalStack
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Writer
from jobs import local
from jobs.folder import read_folder

PROJECT = Path(__file__).with_name("latency")
WARM_UP_S = 45
LONGEST_WAIT_S = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=100, help="events a second")
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        folder = Path(name)
        shutil.copytree(PROJECT, folder / "project")
        receivers = LocalReceivers(folder / "receivers")
        try:
            receivers.start()
            os.environ["BENCH_SMTP_PORT"] = str(receivers.smtp_port)
            os.environ["BENCH_HTTP_PORT"] = str(receivers.http_port)
            running = local.start(read_folder(folder / "project"), say)
            measure(running.bootstrap, receivers, arguments.rate, arguments.seconds)
        finally:
            receivers.stop()
            if (folder / "project" / ".journeys" / "stack.json").exists():
                LocalStack.load(folder / "project" / ".journeys").stop()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(bootstrap: Bootstrap, receivers: LocalReceivers, rate: int, seconds: int) -> None:
    say(f"Warming up for {WARM_UP_S} s, then sending {rate} events/s for {seconds} s")
    send(bootstrap, "warm", rate, WARM_UP_S)
    start = time.time()
    count = send(bootstrap, "person", rate, seconds)
    deadline = time.monotonic() + LONGEST_WAIT_S
    mails: list[float] = []
    calls: list[float] = []
    while len(mails) + len(calls) < count and time.monotonic() < deadline:
        time.sleep(0.5)
        mails = latencies(receivers.emails(), lambda m: m["subject"], start)
        calls = latencies(receivers.calls(), lambda c: c["body"]["sent"], start)
    print(f"{rate} events/s for {seconds} s; {count} sent, {len(mails) + len(calls)} arrived")
    show("event -> email    ", mails)
    show("event -> REST call", calls)


def send(bootstrap: Bootstrap, people: str, rate: int, seconds: int) -> int:
    count = rate * seconds
    start = time.monotonic()
    with Writer(bootstrap) as writer:
        for n in range(count):
            pause = start + n / rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            kind = "bench.mail" if n % 2 else "bench.call"
            event = {"eventType": kind, "sent": f"{time.time():.6f}"}
            writer.write("latency.events", f"{people}-{n}".encode(), json.dumps(event).encode())
    return count


def latencies(
    received: list[dict[str, Any]], sent: Callable[[dict[str, Any]], str], start: float
) -> list[float]:
    found = [(m["time"] / 1000, float(sent(m))) for m in received]  # kept in milliseconds
    return sorted((arrived - began) * 1000 for arrived, began in found if began >= start)


def show(name: str, found: list[float]) -> None:
    if not found:
        print(f"{name}  nothing arrived")
        return
    at = {q: found[min(len(found) - 1, int(len(found) * q / 100))] for q in (50, 95, 99)}
    line = "  ".join(f"p{q} {value:.0f} ms" for q, value in at.items())
    print(f"{name}  {line}  max {found[-1]:.0f} ms  ({len(found)})")


if __name__ == "__main__":
    main()
