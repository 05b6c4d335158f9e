"""Time what the operators cost in Python: CPU time of each record, without Flink and Kafka.

    python -m bench.operators [--profile]

Each person's journey is one event and one webhook. The functions run on the stand-ins for Flink
that the tests use. They take turns in rounds, of which the fastest counts, so that what else runs
on the machine matters little.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pyflink.common import Row

from journeys import codec
from journeys.messages import ActionRequest, ActionResult, ActionStatus, Delivery
from operators.descriptors import Route
from operators.dispatch_function import LOOK_EVERY_MS, DispatchFunction
from operators.presence_function import PresenceFunction
from tests.harness.keyed import Context, JourneyHarness, KeyedHarness
from tests.harness.plans import compiled

PEOPLE = 400
ROUNDS = 15
PROJECT = """
kind: event
id: begin
match: { eventType: bench.begin }
---
kind: action
id: task
channel: webhook
url: http://127.0.0.1:8080/tasks
body: { person: "#{profile.id}", sent: "@event{begin.sent}" }
---
kind: journey
id: calls
version: 1
entry: { event: begin }
steps:
  ask: { action: task }
"""
Records = list[tuple[str, Row]]
"""Keys and what comes under them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    given = parser.parse_args()
    bench = Bench()
    if given.profile:
        with cProfile.Profile() as profile:
            bench.round(0)
        pstats.Stats(profile).sort_stats("tottime").print_stats(60)
        return
    for number in range(ROUNDS):
        bench.round(number)
    for what, microseconds in bench.best.items():
        print(f"{what:9} {microseconds:6.1f} µs")
    bench.dispatch.stop()


class Quick:
    """Answers at once."""

    async def send(self, request: ActionRequest) -> Delivery:
        return Delivery("http_200", {})

    async def close(self) -> None: ...


class Bench:
    """The operators that a journey with one call passes."""

    def __init__(self) -> None:
        self.journeys = JourneyHarness(*compiled(PROJECT).plans.values(), restart=False)
        self.presence = KeyedHarness(PresenceFunction)
        self.dispatch = KeyedHarness(lambda: DispatchFunction(lambda: {"webhook": Quick()}))
        self.best: dict[str, float] = {}
        """Microseconds of CPU time for each record."""

    def round(self, number: int) -> None:
        events = [self._event(f"person-{number}-{n}") for n in range(PEOPLE)]
        rows = self._take("event", self.journeys, events)
        requests = [(row[1], Row(row[2])) for row in rows if row[0] == Route.REQUEST]
        rows += self._take("result", self.journeys, [self._result(row[0]) for _, row in requests])
        told = [(row[1], Row(row[2])) for row in rows if row[0] == Route.PRESENCE]
        self._take("presence", self.presence, told)
        self._dispatch(requests)

    def _event(self, person: str) -> tuple[str, Row]:
        event = json.dumps({"eventType": "bench.begin", "sent": "1764.5"})
        return person, self.journeys.row("events", person, event.encode())

    def _result(self, request: str) -> tuple[str, Row]:
        asked = codec.load_request(request)
        names = (asked.request_id, asked.profile_id, asked.instance_id)
        result = ActionResult(*names, ActionStatus.SUCCEEDED, "http_200", response={})
        text = codec.dump_result(result).encode()
        return asked.profile_id, self.journeys.row("results", asked.profile_id, text)

    def _take(self, what: str, harness: KeyedHarness, records: Records) -> list[Row]:
        function, store, context = harness.function, harness.store, Context(harness.store)
        rows: list[Row] = []
        with self._clock(what, len(records)):
            for key, value in records:
                store.key = key
                rows += function.process_element(value, context) or ()
        return rows

    def _dispatch(self, requests: Records) -> None:
        """Take calls, and look for their ends as often as when many are in flight."""
        harness, store, ended = self.dispatch, self.dispatch.store, 0
        function, context = harness.function, Context(store)
        with self._clock("dispatch", len(requests)):
            for number, (key, value) in enumerate(requests):
                store.key = key
                ended += len(list(function.process_element(value, context)))
                if number % 10 == 9:
                    ended += len(harness.fire(store.now + LOOK_EVERY_MS))
            while ended < len(requests):
                time.sleep(0.001)
                ended += len(harness.fire(store.now + LOOK_EVERY_MS))

    @contextmanager
    def _clock(self, what: str, count: int) -> Iterator[None]:
        began = time.process_time()
        yield
        took = (time.process_time() - began) / count * 1e6
        self.best[what] = min(took, self.best.get(what, took))


if __name__ == "__main__":
    main()
