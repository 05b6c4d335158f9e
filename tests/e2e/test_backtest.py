"""A backtest of what a live run has recorded counts what the live run did."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.e2e.rig import Rig, event, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 120
HEAVY, LIGHT = [f"recorded-heavy-{n}" for n in range(4)], [f"recorded-light-{n}" for n in range(3)]
NOBODY = "recorded-nobody"


def test_a_backtest_counts_what_the_live_run_did(rig: Rig) -> None:
    sizes = dict.fromkeys(HEAVY, 80) | dict.fromkeys(LIGHT, 20) | {NOBODY: 0}
    first = [("events", who, recorded(who, size)) for who, size in sizes.items()]
    rig.send(first)
    wait_until(lambda: came_to(rig, "hold", "waiting") == len(LIGHT), PATIENCE_S, "some wait")
    rig.send([*first[:2], ("events", LIGHT[0], event("go"))])
    rig.send([("events", LIGHT[1], recorded("again", 20))])
    told = len(HEAVY) + 1  # those of the light who hear nothing are still there
    wait_until(lambda: came_to(rig, None, "completed") == told, PATIENCE_S, "the others are done")
    wait_until(lambda: came_to(rig, "entry", "not_entered") == 4, PATIENCE_S, "some were refused")
    words = ("--journey", "recorded", "--time", "broker", "--compare", "live", "--format", "json")
    told_by = rig.journeys("backtest", str(rig.folder), *words, "--on-cluster")
    draft, live = json.loads(told_by)["sides"]
    assert draft["journeys"]["recorded"] == counted(rig)
    assert draft["answers"] == {"recorded": len(HEAVY) * 2 + len(LIGHT) + 2}
    assert {**draft, "name": "live"} == live


def recorded(name: str, size: int) -> dict[str, object]:
    return event("recorded", size=size, _id=name)


def step_events(rig: Rig) -> list[dict[str, Any]]:
    return [e for e in rig.read("step-events") if e["journey_id"] == "recorded"]


def came_to(rig: Rig, step: str | None, outcome: str) -> int:
    events = (e for e in step_events(rig) if e["outcome"] == outcome)
    return sum(step in (None, e["step_id"]) for e in events)


def counted(rig: Rig) -> dict[str, Any]:
    """Count what the live run has told, as a backtest shows it."""
    events = step_events(rig)
    steps: dict[str, Counter[str]] = {}
    ends = ("entered", "completed", "not_entered", "exited", "failed")
    for told in events:
        if told["outcome"] not in ends:
            names = [told["outcome"], told["branch"], told["reason"]]
            way = ":".join(dict.fromkeys(name for name in names if name))
            steps.setdefault(told["step_id"], Counter())[way] += 1
    entered = [e for e in events if e["outcome"] == "entered"]
    reasons = Counter(e["reason"] for e in events if e["outcome"] == "not_entered")
    return {
        "version": "1",
        "people": len({e["profile_id"] for e in entered}),
        "inside": {"hold": len(LIGHT) - 1},
        "entered": len(entered),
        "completed": sum(e["outcome"] == "completed" for e in events),
        "not_entered": reasons,
        "exited": {},
        "failed": {},
        "steps": steps,
    }
