"""How long it takes from an event in Kafka to the email or REST call that it causes.

    python -m bench.latency [--rate 100] [--seconds 30]

Broker, cluster, job, mail server and HTTP service all run on this machine. Half of the events
cause an email, half a call. The clock runs from the moment before the event is handed to the
Kafka client to the moment at which the receiver has the whole message. The first seconds, in
which the JVM and the interpreter warm up, are sent and not counted.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.results import PARTS, spread
from bench.stand import Stand, say, standing
from connectors.embedded.receivers import LocalReceivers

PROJECT = Path(__file__).with_name("latency")
KINDS = ("call", "mail")
WARM_UP_S = 45
LONGEST_WAIT_S = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=100, help="events a second")
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        receivers = LocalReceivers(Path(name))
        try:
            receivers.start()
            os.environ["BENCH_SMTP_PORT"] = str(receivers.smtp_port)
            os.environ["BENCH_HTTP_PORT"] = str(receivers.http_port)
            with standing(PROJECT) as stand:
                measure(stand, receivers, arguments.rate, arguments.seconds)
        finally:
            receivers.stop()


def measure(stand: Stand, receivers: LocalReceivers, rate: int, seconds: int) -> None:
    say(f"Warming up for {WARM_UP_S} s, then sending {rate} events/s for {seconds} s")
    send(stand, "warm", rate, WARM_UP_S)
    start = time.time()
    count = send(stand, "person", rate, seconds)
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


def send(stand: Stand, people: str, rate: int, seconds: int) -> int:
    count = rate * seconds
    stand.send_people(((f"{people}-{n}", KINDS[n % 2]) for n in range(count)), rate)
    return count


def latencies(
    received: list[dict[str, Any]], sent: Callable[[dict[str, Any]], str], start: float
) -> list[float]:
    found = [(m["time"] / 1000, float(sent(m))) for m in received]  # kept in milliseconds
    return [(arrived - began) * 1000 for arrived, began in found if began >= start]


def show(name: str, found: list[float]) -> None:
    if not found:
        print(f"{name}  nothing arrived")
        return
    times = spread(found)
    line = "  ".join(f"p{part} {times[f'p{part}']:.0f} ms" for part in PARTS)
    print(f"{name}  {line}  max {times['max']:.0f} ms  ({times['count']})")


if __name__ == "__main__":
    main()
