"""Ways that part, meet again and run in circles."""

from __future__ import annotations

import pytest

from journeys.state import Instance
from tests.harness.person import Person
from tests.harness.plans import plan_of

JOIN = """
kind: journey
id: join
version: 1
entry: {event: signup, key: "@event{signup.cart}"}
steps:
  choose:
    condition:
      - {label: slow, when: "@event{signup.total} > 1", to: slow}
      - {else: true, to: fast}
  slow: {wait: PT2H, next: met}
  fast: {wait: PT1H, next: met}
  met:
    first_of:
      - {event: purchase, to: thank}
      - {wait: PT1H, to: thank}
  thank: {end: completed}
"""
LOOP = """
kind: journey
id: loop
version: 1
entry: {event: signup}
steps:
  ask:
    first_of:
      - {event: visit, to: pause}
      - {event: purchase, to: end}
      - {wait: PT1H, to: pause}
    max_visits: 3
    on: {max_visits: given_up}
  pause: {wait: PT1M, next: ask}
  given_up: {end: failed}
"""


def only(ann: Person) -> Instance:
    (instance,) = ann.person.instances
    return instance


def test_ways_meet_at_one_step_each_in_its_own_time() -> None:
    ann = Person(plan_of(JOIN))
    ann.signs_up(cart="a", total=2)
    ann.signs_up(cart="b", total=1)
    assert ann.passes("PT1H") == ["fast passed", "met waiting"]
    assert ann.buys() == ["met passed:purchase", "thank completed"], "the other is not there yet"
    assert ann.passes("PT1H") == ["slow passed", "met waiting"]
    assert only(ann).visits == {"choose": 1, "slow": 1, "met": 1}
    assert ann.passes("PT1H") == ["met passed:wait", "thank completed"]


def test_a_walk_comes_to_a_step_where_ways_meet_as_often_as_it_goes_there() -> None:
    ann = Person(plan_of(LOOP))
    ann.signs_up()
    ann.passes("PT1H1M")
    ann.event("web.visit")
    ann.passes("PT1M")
    assert only(ann).visits == {"ask": 3, "pause": 2}
    assert [e.visit for e in ann.step_events if e.step_id == "ask" and e.outcome == "waiting"] == [
        1,
        2,
        3,
    ]


@pytest.mark.parametrize("way", ["PT1H", "visit"])
def test_a_circle_has_as_many_rounds_as_it_may(way: str) -> None:
    ann = Person(plan_of(LOOP))
    ann.signs_up()
    for _ in range(3):
        if way == "visit":
            ann.event("web.visit")
        else:
            ann.passes(way)
        trace = ann.passes("PT1M")
    assert trace == [
        "pause passed",
        "ask passed:max_visits (max_visits)",
        "given_up failed (ended_as_failed)",
    ]
    assert len({e.event_id for e in ann.step_events}) == len(ann.step_events)


def test_each_round_races_anew() -> None:
    ann = Person(plan_of(LOOP))
    ann.signs_up()
    ann.passes("PT30M")
    ann.event("web.visit")
    assert ann.buys() == [], "between two rounds nobody listens"
    ann.passes("PT1M")
    assert ann.person.due == ann.now + 3_600_000
    assert ann.buys() == ["ask passed:purchase", "ask completed"]
