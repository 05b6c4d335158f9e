"""First of: a race of events and a wait."""

from __future__ import annotations

from journeys.clock import parse_duration
from tests.harness.person import START, Person
from tests.harness.plans import plan_of

RACE = """
kind: journey
id: race
version: 1
entry: {event: signup}
steps:
  react:
    first_of:
      - label: same
        event: purchase
        when: "@event{purchase.cart} == @event{signup.cart}"
        to: thank
      - {event: visit, to: end}
      - {label: silent, wait: P1D, to: end}
  thank:
    condition:
      - {label: big, when: "@event{purchase.total} > 10", to: end}
      - {else: true, to: end}
"""


def in_race() -> Person:
    ann = Person(plan_of(RACE))
    assert ann.signs_up(cart="c1") == ["entry entered", "react waiting"]
    assert ann.step_events[-1].due_at == ann.now + 86_400_000
    return ann


def test_an_event_whose_condition_holds_wins() -> None:
    assert in_race().buys(cart="c1", total=11) == [
        "react passed:same",
        "thank passed:big",
        "thank completed",
    ]


def test_an_event_whose_condition_does_not_hold_changes_nothing() -> None:
    ann = in_race()
    assert ann.buys(cart="other", total=99) == []
    assert ann.person.instances[0].events.keys() == {"signup"}
    assert ann.buys(cart="c1", total=1)[1] == "thank passed:else"


def test_the_payload_that_won_before_is_kept_when_a_later_one_does_not_win() -> None:
    text = RACE.replace("to: thank", "to: react").split("  thank:")[0]
    text = text.replace("  react:\n", "  react:\n    max_visits: 9\n")
    ann = Person(plan_of(text))
    ann.signs_up(cart="c1")
    ann.buys(cart="c1", total=1)
    assert ann.buys(cart="c2", total=2) == []
    assert ann.person.instances[0].events["purchase"]["total"] == 1


def test_the_first_of_two_branches_for_one_event_that_holds_wins() -> None:
    text = RACE.replace("{event: visit, to: end}", "{label: any, event: purchase, to: end}")
    ann = Person(plan_of(text))
    ann.signs_up(cart="c1")
    assert ann.buys(cart="c2")[0] == "react passed:any"


def test_another_event_wins_too() -> None:
    ann = in_race()
    assert ann.event("web.visit") == ["react passed:visit", "react completed"]


def test_time_wins_when_nothing_came() -> None:
    assert in_race().passes("P1D") == ["react passed:silent", "react completed"]


def test_without_a_wait_a_race_lasts_until_the_journey_s_timeout() -> None:
    ann = Person(plan_of(RACE.replace("      - {label: silent, wait: P1D, to: end}\n", "")))
    ann.signs_up(cart="c1")
    assert ann.person.due == START + parse_duration("P91D")
    assert ann.passes("P90D", asleep=True) == []
    assert ann.event("web.visit")[0] == "react passed:visit"


def test_every_walk_of_a_person_that_waits_for_an_event_is_woken() -> None:
    text = RACE.replace("{event: signup}", '{event: signup, key: "@event{signup.cart}"}')
    ann = Person(plan_of(text))
    ann.signs_up(cart="c1")
    ann.signs_up(cart="c2")
    assert ann.event("web.visit") == ["react passed:visit", "react completed"] * 2
