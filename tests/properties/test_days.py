"""Ninety days of a person's mornings, held against an independent calendar library."""

from __future__ import annotations

import whenever
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.command import Report
from journeys.local_time import WEEKDAYS
from journeys.simulator import Simulator
from tests.harness.plans import plan_of

DAY_MS = 86_400_000
DAYS = 90
MORNINGS = """
kind: journey
id: mornings
version: 1
timezone: profile
timeout: P120D
entry: {{event: signup}}
steps:
  morning: {{wait: {{at: "{at}", days: [{days}]}}, max_visits: 200, next: morning}}
"""
ZONES = st.sampled_from(
    ["Europe/Paris", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Tokyo"]
)
CLOCKS = st.integers(0, 24 * 12 - 1).map(lambda n: f"{n // 12:02d}:{n % 12 * 5:02d}")
STARTS = st.integers(0, 365 * 24).map(
    lambda hour: whenever.Instant.from_utc(2026, 1, 1).add(hours=hour)
)


def expected(start: whenever.Instant, zone: str, at: str, days: set[str]) -> list[int]:
    """Let the other library say when it is that time of day there."""
    first = start.to_tz(zone).date()
    clock = whenever.Time.parse_iso(f"{at}:00")
    instants = []
    for ahead in range(DAYS + 2):
        day = first.add(days=ahead)
        if WEEKDAYS[day.day_of_week().value - 1] in days:
            moment = day.at(clock).assume_tz(zone, disambiguation="compatible")
            instants.append(moment.timestamp(unit="millisecond"))
    begin = start.timestamp(unit="millisecond")
    return [instant for instant in instants if begin < instant <= begin + DAYS * DAY_MS]


@settings(max_examples=60)
@given(STARTS, ZONES, CLOCKS, st.sets(st.sampled_from(WEEKDAYS), min_size=1))
def test_every_morning_comes_when_the_clocks_there_show_it(
    start: whenever.Instant, zone: str, at: str, days: set[str]
) -> None:
    plan = plan_of(MORNINGS.format(at=at, days=", ".join(sorted(days))))
    simulator = Simulator([plan], start.timestamp(unit="millisecond"))
    simulator.describe("ann", {"timeZone": zone})
    simulator.event("ann", "account.signup", {"eventType": "account.signup"})
    simulator.advance(DAYS * DAY_MS)
    reports = [h.what.step_event for h in simulator.trace("ann") if isinstance(h.what, Report)]
    passed = [report.occurred_at for report in reports if report.outcome == "passed"]
    assert passed == expected(start, zone, at, days)
