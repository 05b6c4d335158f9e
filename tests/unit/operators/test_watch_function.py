"""The watch operator at the keyed harness: what it takes, keeps, and tells where."""

from __future__ import annotations

import json
from typing import Any

from pyflink.common import Row

from journeys.alerts import MINUTE_MS, AlertRules
from journeys.clock import format_instant
from journeys.control import ControlCommand, dump_command, key_of, publish_message
from operators.descriptors import COUNTS, Route, Said
from operators.watch_function import WatchFunction
from tests.harness.keyed import START, KeyedHarness, routed
from tests.harness.plans import SIMPLE, plan_of

RULES = AlertRules(
    window_ms=5 * MINUTE_MS,
    least=10,
    action_errors=20,
    profile_errors=20,
    discards=20,
    capping=True,
    nothing_entering_ms=None,
    entries_per_minute=100,
    drift_ms=MINUTE_MS,
)


class Watched:
    """A journey that is watched by an operator."""

    def __init__(self) -> None:
        self.harness = KeyedHarness(lambda: WatchFunction(RULES, complete=True))
        self.rows: list[Said] = []

    def tell(self, metric: str, **fields: object) -> None:
        value = {"metric": metric, "journey_id": "simple", "journey_version": 1, **fields}
        key = f"{metric}/simple/1/{fields.get('window_start', '')}/{fields.get('outcome', '')}"
        self.send("metrics", key, json.dumps(value))

    def count(self, outcome: str, value: int, at: int = START) -> None:
        start = format_instant(at // MINUTE_MS * MINUTE_MS)
        told = {"window_start": start, "reason": None, "action_id": "mail"}
        self.tell("journeys_steps_total", outcome=outcome, value=value, **told)

    def moved(self, outcome: str, value: int) -> None:
        latest = format_instant(self.harness.store.now)
        self.tell("journeys_walks_total", outcome=outcome, value=value, latest=latest)

    def hear(self, command: ControlCommand) -> None:
        self.send("control", key_of(command), dump_command(command).decode())

    def send(self, source: str, key: str, text: str) -> None:
        row: Any = Row(source, source, 0, 7, self.harness.store.now, key, text, len(text))
        self.rows += self.harness.element("simple", row)

    def passes(self, duration: str) -> None:
        self.rows += self.harness.advance(duration)

    def told(self, route: Route) -> list[dict[str, Any]]:
        return routed(self.rows, route)


def test_a_publication_and_a_drift_are_told_each_where_it_belongs() -> None:
    watched = Watched()
    watched.hear(publish_message(plan_of(SIMPLE)))
    watched.moved("entered", 2)
    watched.tell("journeys_inside", value=1)
    watched.passes("PT1M10S")
    published, drift = watched.told(Route.ALERT)
    assert (published["alert"], published["state"]) == ("published", "told")
    assert (drift["alert"], drift["state"], drift["value"]) == ("ledger_drift", "raised", 1)
    (metric,) = watched.told(Route.METRIC)
    assert (metric["metric"], metric["value"]) == ("journeys_ledger_drift", 1)
    assert (metric["counted"], metric["inside"]) == (2, 1)
    assert [row[1] for row in watched.rows] == [
        "published/simple/1/",
        "journeys_ledger_drift/simple/1",
        "ledger_drift/simple/1/",
    ]


def test_samples_of_the_ledger_end_with_a_restart() -> None:
    watched = Watched()
    watched.moved("entered", 2)
    watched.passes("PT55S")
    watched.harness.stop()
    watched.passes("PT55S")
    assert watched.rows == []
    watched.passes("PT10S")
    assert [alert["alert"] for alert in watched.told(Route.ALERT)] == ["ledger_drift"]


def test_a_runaway_journey_is_told_to_pause() -> None:
    watched = Watched()
    watched.hear(publish_message(plan_of(SIMPLE)))
    watched.harness.store.now += MINUTE_MS
    watched.count("entered", 101, at=watched.harness.store.now)
    watched.passes("PT5S")
    (command,) = watched.told(Route.CONTROL)
    assert (command["command"], command["journey"]) == ("pause", "simple")
    assert command["why"] == "101 people entered in a minute, and 100 are allowed"
    assert watched.rows[-1][1] == "simple/pause"


def test_counts_are_kept_for_as_long_as_rates_are_drawn_from_them() -> None:
    watched = Watched()
    counts = watched.harness.store.maps[COUNTS.name]["simple"]
    watched.count("error", 99, at=START - 10 * MINUTE_MS)
    assert counts == {}, "what is long past is not kept"
    watched.count("error", 10)
    watched.count("error", 12)
    assert len(counts) == 1, "the last record of a key is the truth"
    watched.passes("PT5S")
    watched.passes("PT10M")
    raised, over = watched.told(Route.ALERT)
    assert (raised["alert"], raised["state"], over["state"]) == (
        "action_error_rate",
        "raised",
        "resolved",
    )
    assert counts == {}


def test_what_is_no_metric_or_command_stops_nothing() -> None:
    watched = Watched()
    for source in ("metrics", "control"):
        watched.send(source, "simple/x", "no json")
    watched.count("error", 12)
    watched.passes("PT5S")
    assert len(watched.told(Route.ALERT)) == 1
