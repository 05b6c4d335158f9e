"""Whoever reads at whatever hours, in whatever zone: the next message comes in time, and then."""

from __future__ import annotations

import whenever
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.clock import parse_instant
from journeys.command import Report
from journeys.openings import best_hour, note_opening
from journeys.simulator import Simulator
from journeys.state import PersonState
from tests.harness.plans import SIMPLE, plan_of

HOUR_MS = 3_600_000
FIRST = parse_instant("2026-01-01T00:00:00Z")
ZONES = st.sampled_from(
    ["UTC", "Europe/Paris", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "nowhere"]
)
NOWS = st.integers(0, 365 * 24 * HOUR_MS).map(lambda after: FIRST + after)
OPENED = st.lists(st.integers(0, 60 * 24 * HOUR_MS), max_size=100)
"""Milliseconds before now at which somebody opened messages."""
SEND = SIMPLE.replace("steps:", "timezone: profile\nsteps:")


@settings(max_examples=150, deadline=None)
@given(
    now=NOWS,
    zone=ZONES,
    opened=OPENED,
    within=st.integers(1, 7 * 24 * 3_600),
    explore=st.sampled_from([0, 50, 100]),
    more=st.sampled_from(["", ', otherwise: "02:30"']),
)
def test_nobody_waits_longer_than_the_time_given(
    now: int, zone: str, opened: list[int], within: int, explore: int, more: str
) -> None:
    wait = f"{{wait: {{send_time: email, within: PT{within}S, explore: {explore}{more}}}}}"
    text = SEND.replace("{wait: PT1H}", wait)
    simulator = Simulator([plan_of(text)], now, stored=True)
    simulator.describe("ann", {"timeZone": zone})
    for ago in opened:
        note_opening(simulator.state("ann"), "email", now - ago, zone, now)
    simulator.event("ann", "account.signup", {"eventType": "account.signup"})
    reports = [h.what.step_event for h in simulator.trace("ann") if isinstance(h.what, Report)]
    waiting = next(report for report in reports if report.outcome == "waiting")
    assert now <= (waiting.due_at or 0) <= now + 1000 * within
    simulator.advance(1000 * within)
    assert simulator.state("ann").instances == []


@settings(max_examples=150, deadline=None)
@given(now=NOWS, zone=ZONES.filter(lambda zone: zone != "nowhere"), hour=st.integers(0, 23))
def test_whoever_reads_at_one_hour_is_sent_to_at_that_hour(now: int, zone: str, hour: int) -> None:
    """Held against an independent calendar library."""
    person = PersonState()
    today = whenever.Instant.from_timestamp(now, unit="millisecond").to_tz(zone).date()
    clock = whenever.Time(hour, 20)
    for ago in range(1, 21):
        opened = today.subtract(days=ago).at(clock).assume_tz(zone, disambiguation="compatible")
        note_opening(person, "email", opened.timestamp(unit="millisecond"), zone, now)
    found = best_hour(person.openings["email"], now, 49 * HOUR_MS, zone)
    assert found is not None
    assert now <= found.start < found.end <= now + 49 * HOUR_MS
    shown = [
        whenever.Instant.from_timestamp(instant, unit="millisecond").to_tz(zone).hour
        for instant in (found.start, found.end - 1)
    ]
    assert shown == [hour, hour]
