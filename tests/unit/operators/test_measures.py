"""What operators tell Flink for its metrics, and how seldom."""

from __future__ import annotations

from typing import Any

from operators.measures import TELL_MS, Measures
from tests.harness.keyed import JourneyHarness, RuntimeContext, Store
from tests.harness.plans import COMMON, SIMPLE, compiled

HOUR = 3_600_000


def test_flink_is_told_once_a_second_and_nothing_is_lost() -> None:
    store = Store()
    context: Any = RuntimeContext(store)
    measures = Measures(context)
    told: list[dict[str, int]] = []
    for now in range(0, 3 * TELL_MS, 10):
        measures.count("timers_total")
        measures.set("calls_queued", now, "https://crm.example")
        if measures.is_due(now):
            measures.tell(now)
            told.append(dict(store.measures))
    label = "journeys.endpoint=https://crm.example.calls_queued"
    assert told == [
        {"journeys.timers_total": 1, label: 0},
        {"journeys.timers_total": 101, label: 1_000},
        {"journeys.timers_total": 201, label: 2_000},
    ]


def test_timers_are_counted_and_how_late_they_are() -> None:
    harness = JourneyHarness(*compiled(COMMON + SIMPLE).plans.values())
    harness.event("ann", "account.signup")
    harness.event("bob", "account.signup")
    assert harness.store.measures == {}
    harness.store.now += HOUR + 2_500
    harness.fire(harness.store.now)
    assert harness.store.measures == {
        "journeys.timers_total": 2,
        "journeys.timer_late_ms_total": 5_000,
    }
