"""The table without the job: what it shows, and that a difference would be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from journeys.activities import STEPS
from journeys.clock import parse_instant
from journeys.messages import JsonObject, JsonValue
from journeys.outcomes import Outcome, Reason
from journeys.plans import Plans
from tests.e2e.acts import Row
from tests.e2e.plans import first_plans, later_plans
from tests.e2e.stage import SimulatedStage, Told
from tests.e2e.table import ROWS
from tests.e2e.trace import difference, lines

BEGUN = parse_instant("2026-03-02T10:00:00Z")
PLANS = first_plans()
KNOWN = Plans([*PLANS, *later_plans(BEGUN)])
DEFECTS = {Reason.ENGINE_ERROR, Reason.PLAN_MISSING, Reason.STATE_LIMIT, Reason.WITHHELD}
"""What no definition brings about: defects, and words of a newer release."""
NOT_SHOWN = {Reason.NO_JOURNEY, Reason.ROWS_TO_COME}
"""What the compiler keeps from coming about, and what only the beginning of a job brings about."""


def played(row: Row, begun: int = BEGUN) -> Told:
    return SimulatedStage.play(row, PLANS, begun)


def step_events() -> Iterator[JsonObject]:
    for row in ROWS:
        for told in played(row).values():
            yield from told


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)


def test_the_table_shows_every_outcome_and_every_reason() -> None:
    events = list(step_events())
    assert {event["outcome"] for event in events} == set(Outcome)
    assert {event["reason"] for event in events} == {None, *Reason} - DEFECTS - NOT_SHOWN


def test_the_table_shows_every_kind_of_step_and_every_journey() -> None:
    events = list(step_events())
    assert {event["step_kind"] for event in events} == {"entry", *STEPS}
    shown = {(event["journey_id"], event["journey_version"]) for event in events}
    assert shown == {(plan.journey, plan.version) for plan in KNOWN}


def test_when_and_where_records_came_makes_no_difference() -> None:
    for row in ROWS:
        if row.id not in FIXED_IN_TIME:
            first, second = (
                lines(played(row, begun), KNOWN) for begun in (BEGUN, BEGUN + 1_234_567)
            )
            assert difference(first, second) == ""


FIXED_IN_TIME = {
    "until",
    "until_past",
    "appointment",
    "quiet_deferred",
    "quiet_discarded",
    "pause",
    "pause_until",
}
"""Rows whose instants are compared as they are."""


def changed(**fields: JsonValue) -> Callable[[list[JsonObject]], None]:
    return lambda told: told[-1].update(fields)


@pytest.mark.parametrize(
    "change",
    [
        changed(branch="other"),
        changed(outcome="failed"),
        changed(reason="cap"),
        changed(code="http_500"),
        changed(mode="shadow"),
        changed(visit=2),
        changed(event_id="new", instance_id="another walk"),
        changed(detail="why"),
        lambda told: told.pop(),
        lambda told: told.insert(0, told.pop()),
        lambda told: told.append(told[-1]),
        lambda told: told[1].update(due_at="2026-03-02T10:00:01.001Z"),
        lambda told: told[2].update(occurred_at="2026-03-02T10:00:00.999Z"),
    ],
)
def test_a_change_of_the_trace_is_seen(change: Callable[[list[Any]], None]) -> None:
    row = next(row for row in ROWS if row.id == "waits")
    before = played(row)
    after = {who: [dict(event) for event in told] for who, told in played(row).items()}
    change(after["ann"])
    found = difference(lines(before, KNOWN), lines(after, KNOWN))
    assert [line for line in found.splitlines()[3:] if line.startswith(("-", "+"))]


def test_it_is_seen_where_too_many_have_a_free_trace() -> None:
    row = next(row for row in ROWS if row.free)
    before = played(row)
    swapped = dict(zip(before, reversed([*before.values()]), strict=True))
    assert difference(*(lines(told, KNOWN, free=True) for told in (before, swapped))) == ""
    more = {**before, "p05": before["p01"]}
    assert difference(*(lines(told, KNOWN, free=True) for told in (before, more)))
