"""What the reporting job counts and tells, beside all that the other tests have done to the rig."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bench.reporting import begin_anew, from_metrics, from_step_events
from bench.stand import Stand
from tests.e2e.rig import Rig, event, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 120
INSIDE = "counted-inside"
CROWD = 300


def test_every_step_event_is_counted_once(rig: Rig) -> None:
    rig.send([("events", INSIDE, event("start", size=20))])
    rig.send([("events", "counted-out", event("start", size=80))])
    stand = Stand(rig.folder, rig.running)
    wait_until(lambda: rig_count(rig, "counted-out", "completed") == 1, PATIENCE_S, "one completes")
    wait_until(lambda: rig_count(rig, INSIDE, "waiting") == 1, PATIENCE_S, "the other waits")
    wait_until(
        lambda: from_metrics(stand) == from_step_events(stand),
        PATIENCE_S,
        "both count the same",
    )
    assert None not in rig.read("metrics"), "no count is removed before it is written anew"
    events, metrics = rig.read("step-events"), stand.last("metrics").values()
    mails = Counter(
        {"requested": "requested", "succeeded": "sent"}[e["outcome"]]
        for e in events
        if e["channel"] == "email"
        and e["step_kind"] == "action"
        and e["outcome"] in ("requested", "succeeded")
    )
    counted = Counter[str]()
    for metric in metrics:
        if metric["metric"] == "journeys_messages_total" and metric["channel"] == "email":
            counted[metric["became"]] += metric["value"]
    assert {word: counted[word] for word in mails} == mails
    calls = [m for m in metrics if m["metric"] == "journeys_latency_ms" and m["hop"] == "call"]
    assert sum(m["value"] for m in calls) == sum(e["latency_ms"] is not None for e in events)
    assert all(m["p50"] <= m["p90"] <= m["p99"] <= m["max"] for m in calls)
    letters = sum(m["value"] for m in metrics if m["metric"] == "journeys_dead_letters_total")
    assert letters == len(rig.read("dead-letters"))
    assert all(alert != "ledger_drift" for alert, *_ in raised(rig))
    assert "RUNNING" in rig.journeys("status", str(rig.folder)).split("reporting")[1]


def test_what_comes_late_corrects_its_minute(rig: Rig) -> None:
    (known,) = (e for e in rig.step_events(INSIDE) if e["outcome"] == "entered")
    stand = Stand(rig.folder, rig.running)
    late = {**known, "outcome": "passed", "occurred_at": "2026-03-01T08:00:59.999Z"}
    for number in (1, 2):
        rig.send([("step-events", "late", {**late, "event_id": f"late-{number}"})])

        def counted(number: int = number) -> bool:
            metrics = stand.last("metrics").values()
            old = [m for m in metrics if m.get("window_start") == "2026-03-01T08:00:00Z"]
            values = {m["metric"]: m["value"] for m in old}
            return values.get("journeys_steps_total") == number

        wait_until(counted, PATIENCE_S, f"{number} of long ago counted")


def test_a_loss_raises_the_alarm_and_a_crowd_pauses_its_journey(rig: Rig) -> None:
    """The counting job is begun anew for it, and ended."""
    (lost,) = (e for e in rig.step_events(INSIDE) if e["outcome"] == "entered")
    begin_anew(
        Stand(rig.folder, rig.running),
        without=lost["event_id"],
        drift_ms=10_000,
        entries_per_minute=CROWD // 3,
    )
    try:
        rig.send([("events", f"crowd-{n}", event("linger")) for n in range(CROWD)])
        told = "ledger_drift", "probe", lost["journey_version"]
        wait_until(lambda: told in raised(rig), PATIENCE_S, "the alarm is raised")
        runaway = "runaway_entries", "patience", None
        wait_until(lambda: runaway in raised(rig), PATIENCE_S, "the crowd is told of")
        listed = json.loads(rig.journeys("ls", str(rig.folder), "--format", "json"))
        (paused,) = (row for row in listed if row["status"] == "paused")
        assert paused["journey"] == "patience"
        assert paused["why"].endswith(f"and {CROWD // 3} are allowed")
        rig.journeys("resume", "patience", "--project", str(rig.folder), "--no-wait")
        wait_until(lambda: runaway not in raised(rig), PATIENCE_S, "it goes on")
    finally:
        counting = rig.running.reporting
        assert counting is not None
        counting.cancel()


def raised(rig: Rig) -> set[tuple[str, str, int | None]]:
    found = json.loads(rig.journeys("alerts", str(rig.folder), "--format", "json"))
    return {(a["alert"], a["journey_id"], a["journey_version"]) for a in found}


def rig_count(rig: Rig, people: str, outcome: str) -> int:
    return sum(e["outcome"] == outcome for e in rig.step_events(people))
