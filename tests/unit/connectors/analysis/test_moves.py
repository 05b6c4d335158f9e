"""Where walks stand that were moved to and fro, and for how long: in SQL as in the pure core."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.analysis.columns import table_of
from connectors.analysis.database import Database
from journeys.report import standing
from journeys.step_event import StepEvent
from journeys.whereabouts import whereabouts
from tests.harness.analysed import records

Told = tuple[int, str, str, str | None]
"""When in seconds, step, outcome and the step that follows."""
MOVED = "moved_in"
WAITED: list[Told] = [(0, "a", "waiting", None)]
CASES: dict[str, tuple[list[Told], str | None, int | None, dict[str, int]]] = {
    "came": (WAITED, "a", 0, {}),
    "moved_out": ([*WAITED, (10, "a", "moved_out", "a")], None, None, {"a": 10}),
    "to_and_fro": (
        [*WAITED, (10, "a", "moved_out", "a"), (30, "a", MOVED, None)], "a", 30, {},
    ),
    "gone_again": (
        [
            *WAITED, (10, "a", "moved_out", "a"),
            (30, "a", MOVED, None), (32, "a", "moved_out", "a"),
        ],
        None, None, {"a": 12},
    ),
    "on_its_way": (
        [
            *WAITED, (10, "a", "moved_out", "a"), (30, "a", MOVED, None),
            (33, "a", "passed", "b"), (33, "b", "waiting", None),
        ],
        "b", 33, {"a": 13},
    ),
    # Who was held before a move asks after it: that is no second coming.
    "held_and_asked": (
        [
            (0, "a", MOVED, None), (5, "a", "requested", None), (6, "a", "succeeded", "b"),
            (6, "b", "waiting", None),
        ],
        "b", 6, {"a": 6},
    ),
    "anew": (
        [(0, "a", MOVED, "a"), (0, "a", "requested", None)], "a", 0, {},
    ),
}  # fmt: skip


def events_of(told: list[Told]) -> list[StepEvent]:
    event: dict[str, Any] = {"journey_id": "j", "journey_version": 1, "profile_id": "ann"}
    event |= {"instance_id": "i", "step_kind": "wait", "visit": 1, "mode": "live"}
    return [
        StepEvent(
            **event,
            event_id=f"e{n}",
            step_id=step,
            outcome=outcome,  # type: ignore[arg-type]  # its word
            occurred_at=1_772_352_000_000 + at * 1000,
            next_step_id=following,
        )
        for n, (at, step, outcome, following) in enumerate(told)
    ]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_walk_stands_where_it_came_to_last(case: str, backwards: bool) -> None:  # noqa: FBT001
    told, place, since, stayed = CASES[case]
    events = events_of(told)[:: -1 if backwards else 1]
    start = 1_772_352_000_000
    assert standing(vars(event) for event in events) == place
    found = [(one.step, (one.since - start) // 1000) for one in whereabouts(events, "j")]
    assert found == ([] if place is None else [(place, since)])
    topics = {"step-events": table_of("step-events", records(events))}
    with Database(topics, {}, {}) as asked:
        rows = asked.query("SELECT step_id, epoch(since)::BIGINT FROM standing").rows
        assert [(step, at - start // 1000) for step, at in rows] == found
        rows = asked.query("SELECT step_id, stayed_ms // 1000 FROM visits WHERE here = false").rows
        assert dict(rows) == stayed
