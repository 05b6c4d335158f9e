"""Events that come while a walk is busy: none is lost to the race that follows."""

from __future__ import annotations

import pytest

from journeys.json_shape import MAX_VALUE_BYTES
from journeys.messages import ActionStatus
from journeys.state import MAX_PENDING, Waiting
from tests.harness.person import Person
from tests.harness.plans import plan_of

JOURNEY = """
kind: journey
id: offer
version: 1
entry: {event: signup, reentry: {after: PT0S}}
steps:
  ask: {action: score, with: {reason: a}, on: {error: react}}
  react:
    first_of:
      - {event: purchase, when: "@event{purchase.total} > 10", to: second}
      - {event: visit, to: end}
      - {wait: P1D, to: end}
  second:
    first_of:
      - {event: visit, to: thank}
      - {wait: P1D, to: end}
  thank: {end: completed}
"""


def asking(text: str = JOURNEY, **profile: str) -> Person:
    """Give a person whose walk waits for the result of its first call."""
    ann = Person(plan_of(text), profile=dict(profile))
    assert ann.signs_up() == ["entry entered", "ask requested"]
    return ann


def test_an_event_during_a_call_is_offered_to_the_race_after_it() -> None:
    ann = asking()
    assert ann.buys("e1", total=20) == []
    trace = ann.resolve()
    assert trace == ["ask succeeded", "react waiting", "react passed:purchase", "second waiting"]
    moved = ann.step_events[-2]
    assert (moved.cause, moved.event_type, moved.trigger_event_id) == (
        "event",
        "commerce.purchases",
        "e1",
    )
    (instance,) = ann.person.instances
    assert instance.events["purchase"]["total"] == 20
    assert instance.pending == []


def test_events_are_offered_in_the_order_in_which_they_came_to_where_the_walk_then_stands() -> None:
    ann = asking()
    ann.buys(total=1)
    ann.buys(total=20)
    ann.event("web.visit")
    ann.event("web.visit")
    assert ann.resolve() == [
        "ask succeeded",
        "react waiting",
        "react passed:purchase",
        "second waiting",
        "second passed:visit",
        "thank completed",
    ]


def test_the_first_one_that_the_race_takes_wins() -> None:
    ann = asking()
    ann.event("web.visit")
    ann.buys(total=20)
    assert ann.resolve()[-2:] == ["react passed:visit", "react completed"]


def test_the_end_of_a_call_that_failed_frees_the_walk_too() -> None:
    ann = asking()
    ann.event("web.visit")
    trace = ann.resolve(status=ActionStatus.TIMEOUT, code="timedout", reason="action_timeout")
    assert trace[-2:] == ["react passed:visit", "react completed"]
    assert ann.resolve() == [], "a late result changes nothing"


def test_an_event_from_before_the_call_is_not_offered() -> None:
    text = JOURNEY.replace("steps:\n", "steps:\n  pause: {wait: PT1H}\n")
    ann = Person(plan_of(text))
    ann.signs_up()
    assert ann.event("web.visit") == []
    assert ann.passes("PT1H") == ["pause passed", "ask requested"]
    assert ann.resolve() == ["ask succeeded", "react waiting"]


def test_an_event_is_not_kept_beyond_the_step_that_it_came_to() -> None:
    text = JOURNEY.replace("  react:", "  pause: {wait: PT1H}\n  react:").replace(
        "on: {error: react}", "on: {error: pause}"
    )
    ann = asking(text)
    ann.event("web.visit")
    assert ann.resolve() == ["ask succeeded", "pause waiting"]
    assert ann.person.instances[0].pending == []
    assert ann.passes("PT1H") == ["pause passed", "react waiting"]


def test_one_call_after_another_keeps_it() -> None:
    more = "  more: {action: score, with: {reason: b}, on: {error: react}}\n  react:"
    ann = asking(JOURNEY.replace("  react:", more, 1))
    ann.event("web.visit")
    assert ann.resolve() == ["ask succeeded", "more requested"]
    assert ann.resolve()[-2:] == ["react passed:visit", "react completed"]


def test_what_a_second_call_interrupts_goes_on_after_it() -> None:
    call = "  call: {action: score, with: {reason: b}, next: second}\n  second:"
    ann = asking(JOURNEY.replace("to: second}", "to: call}").replace("  second:", call))
    ann.buys(total=20)
    ann.event("web.visit")
    assert ann.resolve()[-2:] == ["react passed:purchase", "call requested"]
    assert ann.event("web.visit") == []
    assert ann.resolve()[-2:] == ["second passed:visit", "thank completed"]


def test_an_event_right_after_the_result_meets_the_race_itself() -> None:
    ann = asking()
    ann.resolve()
    assert ann.event("web.visit") == ["react passed:visit", "react completed"]


def test_a_repeat_of_a_kept_event_is_kept_once() -> None:
    ann = asking(JOURNEY.replace("to: thank", "to: end"))
    ann.buys("e1", total=20)
    ann.buys("e1", total=20)
    assert len(ann.person.instances[0].pending) == 1
    ann.event("web.visit", event_id="v1")
    ann.event("web.visit", event_id="v1")
    ann.resolve()
    assert ann.event("web.visit", event_id="v1") == []


def test_an_exit_criterion_acts_at_once_and_once() -> None:
    criterion = "exit:\n  - {event: visit, when: \"#{profile.vip} == 'no'\"}\nsteps:"
    ann = asking(JOURNEY.replace("steps:", criterion), vip="yes")
    assert ann.event("web.visit") == []
    ann.changes({"vip": "no"})
    assert ann.resolve()[-2:] == ["react passed:visit", "react completed"], "it was judged then"
    ann = asking(JOURNEY.replace("steps:", criterion), vip="no")
    for _ in range(MAX_PENDING):
        ann.buys()
    assert ann.event("web.visit") == ["ask exited:visit (exit_criteria)"]
    assert ann.person.instances == []


def test_only_what_some_step_listens_for_is_kept() -> None:
    ann = asking()
    ann.signs_up()
    assert ann.person.instances[0].pending == []


def test_the_event_that_began_the_walk_is_not_kept_for_it() -> None:
    text = JOURNEY.replace("event: visit", "event: signup")
    ann = asking(text)
    assert ann.person.instances[0].pending == []
    assert ann.signs_up() == ["entry not_entered (already_inside)"]
    assert ann.resolve()[-2:] == ["react passed:signup", "react completed"]


def test_events_beyond_the_bound_are_discarded_and_told() -> None:
    ann = asking()
    for n in range(MAX_PENDING):
        assert ann.buys(total=n) == []
    assert ann.buys("e11", total=20) == ["ask discarded (too_many_pending)"]
    assert ann.buys("e12", total=20) == ["ask discarded (too_many_pending)"]
    told, _ = ann.step_events[-2:]
    assert (told.trigger_event_id, told.event_type, told.cause, told.visit) == (
        "e11",
        "commerce.purchases",
        "event",
        1,
    )
    assert len({e.event_id for e in ann.step_events}) == len(ann.step_events)
    assert ann.resolve() == ["ask succeeded", "react waiting"]
    assert ann.buys(total=20)[0] == "react passed:purchase"


def test_what_is_kept_is_bounded_in_bytes() -> None:
    ann = asking()
    for _ in range(MAX_PENDING + 1):
        ann.buys(total=1, note="x" * (MAX_VALUE_BYTES - 100))
    assert len(ann.stored or "") < 1_000_000, "an instance of the field has as much room"


def test_the_end_of_a_walk_takes_what_was_kept_along() -> None:
    ann = asking()
    ann.event("web.visit")
    assert ann.passes("P91D") == ["ask exited (timeout)"]
    assert "visit" not in (ann.stored or "")


@pytest.mark.parametrize("until", ["2026-03-01T07:59:59Z", "2026-03-01T08:00:00Z"])
def test_a_wait_that_has_ended_before_goes_first_as_ever(until: str) -> None:
    wait = '{wait: {until: "#{profile.at}"}, to: second}'
    text = JOURNEY.replace("{wait: P1D, to: end}", wait, 1)
    ann = asking(text, at=until)
    ann.event("web.visit")
    trace = ann.resolve()
    if until.endswith("59Z"):
        assert trace[-3:] == ["second waiting", "second passed:visit", "thank completed"]
    else:
        assert trace[-2:] == ["react passed:visit", "react completed"], "at the very instant"


def test_a_walk_that_is_held_is_busy_too() -> None:
    ann = asking()
    ann.resolve()
    ann.person.instances[0].waiting = Waiting(held=True)
    assert ann.event("web.visit") == []
    assert len(ann.person.instances[0].pending) == 1
