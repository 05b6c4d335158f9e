"""Who does not enter, and why: debounce and events that come late."""

from __future__ import annotations

import pytest

from journeys.activation import EventReceived
from journeys.control import publish_message
from journeys.mode import Mode
from tests.harness.person import START, Person
from tests.harness.plans import SIMPLE, plan_of

ENTERED = ["entry entered", "pause waiting"]
DEBOUNCED = ["entry not_entered (debounced)"]
BRIEF = SIMPLE.replace("PT1H", "PT1M")


def entering(entry: str) -> Person:
    return Person(plan_of(BRIEF.replace("{event: signup}", entry)))


# Debounce.


def test_events_soon_after_an_entry_are_debounced() -> None:
    ann = entering("{event: signup, debounce: PT5M, reentry: {after: PT0S}}")
    assert ann.signs_up() == ENTERED
    assert ann.signs_up() == DEBOUNCED, "rather than `already_inside`"
    ann.passes("PT4M59S")
    assert ann.signs_up() == DEBOUNCED, "though the walk has ended"
    ann.passes("PT1S")
    assert ann.signs_up() == ENTERED


def test_an_event_that_was_debounced_does_not_prolong_it() -> None:
    ann = entering("{event: signup, debounce: PT5M, reentry: {after: PT0S}}")
    ann.signs_up()
    ann.passes("PT3M")
    assert ann.signs_up() == DEBOUNCED
    ann.passes("PT2M")
    assert ann.signs_up() == ENTERED


def test_debounce_is_judged_for_each_value_of_the_key() -> None:
    rules = "debounce: PT5M, reentry: {after: PT0S}"
    ann = entering(f'{{event: signup, key: "@event{{signup.cart}}", {rules}}}')
    assert ann.signs_up(cart="a") == ENTERED
    assert ann.signs_up(cart="b") == ENTERED
    ann.passes("PT2M")
    assert ann.signs_up(cart="a") == DEBOUNCED
    assert ann.person.begun == {"simple\x1fa": START, "simple\x1fb": START}


def test_what_is_debounced_needs_to_meet_the_condition_first() -> None:
    rules = "debounce: PT5M, reentry: {after: PT0S}"
    ann = entering(f'{{event: signup, when: "@event{{signup.total}} > 1", {rules}}}')
    ann.signs_up(total=2)
    assert ann.signs_up(total=1) == ["entry not_entered (condition)"]
    assert ann.signs_up(total=2) == DEBOUNCED


def test_a_repeat_of_the_same_event_is_a_duplicate_all_the_same() -> None:
    ann = entering("{event: signup, debounce: PT5M}")
    ann.signs_up("e1")
    assert ann.signs_up("e1") == ["entry not_entered (duplicate)"]


def test_a_new_version_debounces_those_who_entered_the_one_before() -> None:
    ann = entering("{event: signup, debounce: PT5M, reentry: {after: PT0S}}")
    ann.signs_up()
    ann.passes("PT2M")
    rule = "{event: signup, debounce: PT1M, reentry: {after: PT0S}}"
    text = BRIEF.replace("{event: signup}", rule).replace("version: 1", "version: 2")
    ann.plans.publish(plan_of(text))
    assert ann.signs_up() == ENTERED, "by the rule of the new one"


def test_a_rehearsal_debounces_its_own_people_only() -> None:
    rule = "{event: signup, debounce: PT5M, reentry: {after: PT0S}}"
    ann = entering(rule)
    text = BRIEF.replace("{event: signup}", rule).replace("version: 1", "version: 2")
    ann.simulator.say(publish_message(plan_of(text), Mode.SHADOW))
    assert ann.signs_up() == [*ENTERED, *ENTERED], "both, by one event"
    assert ann.signs_up() == [*DEBOUNCED, *DEBOUNCED]


def test_without_debounce_entries_are_not_remembered() -> None:
    ann = entering("{event: signup}")
    ann.signs_up()
    assert ann.person.begun == {}


# Events that come late.


def late(milliseconds: int, name: str = "e1") -> EventReceived:
    payload = {"eventType": "account.signup"}
    return EventReceived(name, f"events/0/{name}", "account.signup", payload, START - milliseconds)  # type: ignore[arg-type]  # JSON


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (0, ENTERED),
        (86_400_000, ENTERED),
        (86_400_001, ["entry not_entered (late)"]),
        (-5_000, ENTERED),
    ],
)
def test_an_event_that_happened_too_long_ago_begins_no_walk(ago: int, expected: list[str]) -> None:
    ann = entering("{event: signup, max_age: P1D}")
    assert ann.activate(late(ago)) == expected


def test_an_event_of_any_age_begins_a_walk_by_default() -> None:
    assert entering("{event: signup}").activate(late(10**12)) == ENTERED


def test_a_late_event_that_comes_twice_is_a_duplicate() -> None:
    ann = entering("{event: signup, max_age: P1D}")
    ann.activate(late(10**9))
    assert ann.activate(late(10**9)) == ["entry not_entered (duplicate)"]


def test_a_late_event_moves_those_inside_and_counts_as_past() -> None:
    text = """
kind: journey
id: race
version: 1
entry: {event: signup, max_age: PT1H}
steps:
  react:
    first_of:
      - {event: signup, to: end}
      - {wait: P9D, to: end}
"""
    ann = Person(plan_of(text))
    ann.signs_up()
    assert ann.activate(late(10**9)) == [
        "react passed:signup",
        "react completed",
        "entry not_entered (late)",
    ]
