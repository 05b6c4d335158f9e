"""What is kept of a person who is inside nothing, and until when."""

from __future__ import annotations

import pytest

from journeys.control import EndRehearsal, publish_message
from journeys.forgetting import REMEMBER_MS
from journeys.mode import Mode
from journeys.plans import Plans
from journeys.state import LEAVES, entry_name
from tests.harness.person import START, Person
from tests.harness.plans import SIMPLE, plan_of, plans_of

HOUR = 3_600_000
DAY = 24 * HOUR
ONCE = SIMPLE.replace("{event: signup}", "{event: signup, reentry: {allowed: false}}")
KEYED = """
kind: journey
id: carts
version: 1
entry: {event: signup, key: "@event{signup.cart}", reentry: {allowed: false}}
steps:
  pause: {wait: PT1H}
"""


def walker(entry: str) -> Person:
    """Give a person who has just left a walk of an hour."""
    ann = Person(plan_of(SIMPLE.replace("{event: signup}", entry)))
    ann.signs_up("e1")
    ann.passes("PT1H")
    assert ann.person.instances == []
    return ann


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        ("{event: signup, reentry: {after: PT0S}}", REMEMBER_MS),
        ("{event: signup, reentry: {after: PT23H}}", REMEMBER_MS),
        ("{event: signup, reentry: {after: P30D}}", 30 * DAY),
        ("{event: signup, debounce: P30D}", 30 * DAY - HOUR),
        ("{event: signup, debounce: PT2H}", REMEMBER_MS),
    ],
)
def test_who_has_left_everything_is_forgotten_when_nothing_is_needed_any_more(
    entry: str, kept: int
) -> None:
    ann = walker(entry)
    assert ann.person.due == ann.now + kept
    ann.simulator.advance(kept - 1)
    assert ann.stored is not None
    ann.simulator.advance(1)
    assert ann.stored is None
    assert ann.person.due is None
    assert ann.simulator.due is None


def test_a_rehearsal_is_entered_again_by_the_rules_of_its_version() -> None:
    ann = Person()
    ann.simulator.say(publish_message(plan_of(ONCE), Mode.DRY_RUN))
    ann.signs_up("e1")
    ann.passes("PT1H")
    assert ann.signs_up("e2") == ["entry not_entered (reentry_not_allowed)"]
    ann.simulator.say(EndRehearsal(journey="simple"))
    ann.passes("P2D")
    assert ann.stored is None, "nobody asks any more"


def test_nothing_is_forgotten_of_somebody_inside() -> None:
    ann = Person(plan_of(SIMPLE.replace("PT1H", "P50D")))
    ann.signs_up("e1")
    ann.passes("P49D")
    assert ann.person.recent == ["e1"]
    assert ann.person.forget_at is None


def test_whoever_walks_once_walks_once_for_ever() -> None:
    ann = Person(plan_of(ONCE))
    ann.signs_up()
    ann.passes("P3650D")
    assert (ann.person.recent, ann.person.due) == ([], None), "all else is forgotten"
    assert ann.signs_up() == ["entry not_entered (reentry_not_allowed)"]
    ann.passes("P1D")
    assert ann.person.left == {"simple": START + HOUR}
    assert ann.person.recent == []


def test_leaves_of_those_who_walk_once_are_the_last_to_go() -> None:
    again = KEYED.replace("carts", "visits").replace("signup", "visit")
    often = plan_of(again.replace("allowed: false", "after: P91D"))
    ann = Person(plan_of(ONCE), plan_of(KEYED), often)
    ann.signs_up(cart="first")
    ann.passes("PT1H")
    for n in range(LEAVES):
        ann.event("web.visit", {"cart": str(n)})
        ann.passes("PT1H")
    assert len(ann.person.left) == LEAVES
    for n in range(LEAVES):
        ann.signs_up(cart=str(n))
        ann.passes("PT1H")
    assert len(ann.person.left) == LEAVES
    assert {name.split("\x1f")[0] for name in ann.person.left} == {"simple", "carts"}
    assert entry_name("carts", "first") not in ann.person.left, "a key has endless values"
    assert "simple" in ann.person.left
    entered = [e for e in ann.step_events if (e.journey_id, e.outcome) == ("simple", "entered")]
    assert len(entered) == 1


def test_a_journey_that_is_no_more_remembers_nobody() -> None:
    ann = walker("{event: signup, reentry: {allowed: false}}")
    ann.plans = Plans([plan_of(SIMPLE.replace("simple", "other"))])
    ann.passes("P1D")
    assert ann.stored is None


def test_the_rule_of_the_live_version_counts_when_the_time_has_come() -> None:
    ann = walker("{event: signup, reentry: {after: P2D}}")
    longer = SIMPLE.replace("{event: signup}", "{event: signup, reentry: {after: P9D}}")
    ann.plans.publish(plan_of(longer.replace("version: 1", "version: 2")))
    ann.passes("P2D")
    assert ann.person.due == START + HOUR + 9 * DAY
    assert ann.signs_up() == ["entry not_entered (reentry_too_early)"]


def test_an_event_that_matters_puts_it_off_and_any_other_does_not() -> None:
    ann = walker('{event: signup, when: "@event{signup.total} > 0", reentry: {after: PT0S}}')
    ann.signs_up(total=1)
    ann.passes("PT2H")
    before = ann.person.due
    ann.event("web.unheard")
    assert ann.person.due == before
    assert ann.signs_up("e2", total=0) == ["entry not_entered (condition)"]
    assert ann.person.due == ann.now + REMEMBER_MS
    ann.passes("PT23H59M")
    assert ann.signs_up("e2", total=0) == ["entry not_entered (duplicate)"]


def test_an_event_after_the_time_finds_nothing_even_if_the_timer_is_late() -> None:
    ann = walker("{event: signup, reentry: {after: PT0S}}")
    ann.now += REMEMBER_MS
    assert ann.signs_up("e1") == ["entry not_entered (duplicate)"], "at the very instant it counts"
    ann = walker("{event: signup, reentry: {after: PT0S}}")
    ann.now += REMEMBER_MS + 1
    assert ann.signs_up("e1")[0] == "entry entered"


def test_the_past_is_forgotten_when_no_rule_reaches_it() -> None:
    text = """
kind: audience
id: buyers
when: "count(@history{purchase.total, P7D}) >= 2"
---
kind: journey
id: thanks
version: 1
entry: {event: signup, when: "inAudience('buyers')"}
steps:
  pause: {wait: PT1H}
"""
    (plan,) = plans_of(text)
    ann = Person(plan)
    ann.buys(total=1)
    ann.passes("P6D")
    ann.buys(total=2)
    ann.passes("P1D")
    assert ann.person.due == START + 13 * DAY + 1, "what is over goes together"
    ann.passes("P6D")
    assert ann.history.events.keys() == {"purchase"}
    ann.passes("PT1S")
    assert ann.history.events == {}
    assert ann.stored is None


def test_erasing_forgets_at_once() -> None:
    ann = walker("{event: signup, reentry: {allowed: false}}")
    ann.changes(None)
    assert ann.stored is None
    assert ann.person.due is None


def test_audiences_that_a_person_is_in_are_no_past() -> None:
    ann = walker("{event: signup}")
    ann.crosses("loyal")
    ann.passes("P9D")
    assert list(ann.person.audiences) == ["loyal"]
    assert ann.person.due is None
    ann.crosses("loyal", inside=False)
    assert ann.stored is None
