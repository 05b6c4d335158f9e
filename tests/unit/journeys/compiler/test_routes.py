"""What has come before a step, and how soon a walk can be there."""

from __future__ import annotations

from typing import Any, cast

from journeys.activities import STEP_SPECS
from journeys.compiler.routes import Routes
from journeys.document import read_documents
from journeys.expressions.catalog import ReadKind
from journeys.kinds.journey import EntrySpec, JourneySpec
from tests.harness.quickly import assert_quick

EVENT, ACTION, SOURCE = ReadKind.EVENT, ReadKind.ACTION, ReadKind.SOURCE
HOUR = 3_600_000


def routes(steps: str) -> Routes:
    (document,), _ = read_documents("steps.yaml", steps, {})
    written = cast("dict[str, Any]", document.value)
    entry = EntrySpec(event="signup")
    spec = JourneySpec(kind="journey", id="j", version=1, entry=entry, steps=written)
    known = {
        name: next(STEP_SPECS[kind].model_validate(step) for kind in step if kind in STEP_SPECS)
        for name, step in written.items()
    }
    return Routes(spec, known)


RACE = """
race:
  first_of:
    - {event: purchase, to: ask}
    - {wait: PT2H, to: look}
ask: {action: score, next: last}
look: {lookup: weather, on: {error: lost}}
pause: {wait: PT1H}
last: {action: mail, next: end}
lost: {end: failed}
nowhere: {wait: PT1H}
"""


def test_what_any_way_brings_can_have_come() -> None:
    before = routes(RACE).before
    assert before["race"] == {(EVENT, "signup")}
    assert before["ask"] == {(EVENT, "signup"), (EVENT, "purchase")}
    assert before["look"] == {(EVENT, "signup")}
    assert before["last"] == {
        (EVENT, "signup"),
        (EVENT, "purchase"),
        (ACTION, "ask"),
        (ACTION, "look"),
        (SOURCE, "weather"),
    }


def test_a_failed_lookup_brings_no_answer_of_the_source() -> None:
    assert routes(RACE).before["lost"] == {(EVENT, "signup"), (ACTION, "look")}


def test_a_step_that_no_way_leads_to_has_nothing_before_it() -> None:
    assert "nowhere" not in routes(RACE).before


def test_the_shortest_way_counts() -> None:
    earliest = routes(RACE).earliest_ms
    assert (earliest["look"], earliest["pause"]) == (2 * HOUR, 2 * HOUR)
    assert earliest["last"] == 0


def test_a_circle_brings_round_what_came_in_it() -> None:
    found = routes("""
again: {wait: PT1H}
ask: {action: score, next: again, max_visits: 3, on: {max_visits: end}}
""")
    assert (ACTION, "ask") in found.before["again"]
    assert found.earliest_ms["again"] == 0


def test_after_a_step_is_what_comes_once_it_has_succeeded() -> None:
    found = routes("""
send: {action: mail, on: {error: retry}}
pause: {wait: PT1H, next: end}
retry: {action: mail}
""")
    assert found.after("send") == {"pause"}


def test_a_way_to_a_step_that_is_not_there_makes_them_incomplete() -> None:
    assert routes(RACE).is_complete
    assert not routes("pause: {wait: PT1H, next: paus}").is_complete


def test_what_comes_round_in_the_longest_journey_is_found_in_a_moment() -> None:
    steps = "".join(f"s{n}: {{action: a, on: {{error: s{max(0, n - 2)}}}}}\n" for n in range(200))
    assert len(routes(steps).before["s0"]) == 201
    assert_quick(lambda: routes(steps))
