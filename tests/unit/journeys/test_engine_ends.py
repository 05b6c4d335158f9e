"""The engine: exit criteria, ends of journeys, entries by audience and by reading."""

from __future__ import annotations

from journeys.clock import parse_instant
from tests.harness.person import START, Person
from tests.harness.plans import plan_of, plans_of

EXITS = """
kind: audience
id: loyal
when: "#{profile.orders} > 3"
---
kind: journey
id: leaving
version: 1
entry: {event: signup}
exit:
  - {event: purchase, when: "@event{purchase.cart} == @event{signup.cart}"}
  - {label: loyal now, audience: {id: loyal}}
  - {label: moved, when: "#{profile.country} == 'US'"}
steps:
  pause: {wait: P1D}
  race:
    first_of:
      - {event: purchase}
      - {wait: P1D}
"""
DATED = """
kind: journey
id: dated
version: 1
start: 2026-03-01T09:00:00+01:00
end: 2026-03-01T12:00:00Z
entry: {event: signup, reentry: {after: PT0S}}
steps:
  pause: {wait: P2D}
"""


def inside(text: str = EXITS) -> Person:
    ann = Person(plan_of(text))
    assert ann.signs_up(cart="c1") == ["entry entered", "pause waiting"]
    return ann


def test_an_event_that_meets_a_criterion_ends_the_walk_wherever_it_stands() -> None:
    ann = inside()
    assert ann.buys(cart="other") == []
    assert ann.buys(cart="c1") == ["pause exited:purchase (exit_criteria)"]
    assert ann.places == []


def test_a_criterion_goes_before_a_step_that_waits_for_the_same_event() -> None:
    ann = inside()
    ann.passes("P1D")
    assert ann.buys(cart="c1") == ["race exited:purchase (exit_criteria)"]
    ann = inside()
    ann.passes("P1D")
    assert ann.buys(cart="other") == ["race passed:purchase", "race completed"]


def test_the_payload_of_an_event_that_met_no_criterion_is_not_kept() -> None:
    ann = inside()
    ann.buys(cart="other")
    assert ann.person.instances[0].events.keys() == {"signup"}


def test_an_audience_can_end_a_walk() -> None:
    ann = inside()
    assert ann.crosses("loyal", inside=False) == []
    assert ann.crosses("loyal") == ["pause exited:loyal now (exit_criteria)"]
    assert ann.person.audiences == {"loyal": START}


def test_new_attributes_can_end_a_walk_at_once() -> None:
    ann = inside()
    assert ann.changes({"country": "FR"}) == []
    assert ann.changes({"country": "US"}) == ["pause exited:moved (exit_criteria)"]


def test_attributes_that_were_there_before_end_it_at_the_first_step() -> None:
    ann = Person(plan_of(EXITS), profile={"country": "US"})
    assert ann.signs_up() == ["entry entered", "pause exited:moved (exit_criteria)"]


def test_a_walk_that_takes_too_long_exits() -> None:
    ann = inside(EXITS.replace("version: 1", "version: 1\ntimeout: PT36H"))
    assert ann.passes("P3D") == ["pause passed", "race waiting", "race exited (timeout)"]
    assert ann.step_events[-1].occurred_at == START + 36 * 3_600_000


def test_a_wait_that_ends_with_its_journey_goes_before_that_end() -> None:
    text = EXITS.replace("version: 1", "version: 1\ntimeout: P2D")
    assert inside(text).passes("P2D") == [
        "pause passed",
        "race waiting",
        "race passed:wait",
        "race completed",
    ]


def test_nobody_enters_before_the_start_or_from_the_end_on() -> None:
    ann = Person(plan_of(DATED))
    ann.now = parse_instant("2026-03-01T07:59:59Z")
    assert ann.signs_up() == ["entry not_entered (outside_dates)"]
    ann.now = parse_instant("2026-03-01T08:00:00Z")
    assert ann.signs_up() == ["entry entered", "pause waiting"]
    assert ann.passes("P1D") == ["pause exited (end_date)"]
    assert ann.step_events[-1].occurred_at == parse_instant("2026-03-01T12:00:00Z")
    ann.now = parse_instant("2026-03-01T12:00:00Z")
    assert ann.signs_up() == ["entry not_entered (outside_dates)"]


def test_a_step_is_visited_as_often_as_it_allows() -> None:
    loop = """
kind: journey
id: looping
version: 1
entry: {event: signup}
steps:
  pause: {wait: PT1H, max_visits: 2, on: {max_visits: rest}, next: pause}
  rest: {wait: PT1S}
"""
    ann = Person(plan_of(loop))
    ann.signs_up()
    assert ann.passes("PT2H") == [
        "pause passed",
        "pause waiting",
        "pause passed",
        "pause passed:max_visits (max_visits)",
        "rest waiting",
    ]
    assert len({e.event_id for e in ann.step_events}) == len(ann.step_events)
    ann = Person(plan_of(loop.replace(", on: {max_visits: rest}, next: pause", ", next: pause")))
    ann.signs_up()
    assert ann.passes("PT2H")[-1] == "pause exited (max_visits)"


AUDIENCE = """
kind: audience
id: loyal
when: "#{profile.orders} > 3"
---
kind: journey
id: entering
version: 1
entry: {audience: {id: loyal}, when: "#{profile.country} != 'US'"}
steps:
  race:
    first_of:
      - {audience: {id: loyal, on: exit}, to: end}
      - {wait: P1D, label: stayed}
"""


def test_going_into_an_audience_begins_a_walk_and_leaving_it_is_raced_for() -> None:
    ann = Person(plan_of(AUDIENCE))
    assert ann.crosses("loyal") == ["entry entered", "race waiting"]
    assert ann.crosses("loyal") == []
    assert ann.crosses("loyal", inside=False) == ["race passed:exit_loyal", "race completed"]
    assert ann.crosses("loyal", inside=False) == []


def test_the_rule_of_an_entry_by_audience_is_asked_too() -> None:
    ann = Person(plan_of(AUDIENCE), profile={"country": "US"})
    assert ann.crosses("loyal") == ["entry not_entered (condition)"]


def test_an_offer_of_a_reading_is_taken_once() -> None:
    text = AUDIENCE.replace("audience: {id: loyal}, when", "read: {audience: loyal}, when")
    ann = Person(plan_of(text), profile={"orders": 4})
    assert ann.is_offered("entering", "monday") == ["entry entered", "race waiting"]
    assert ann.is_offered("entering", "monday") == ["entry not_entered (duplicate)"]
    assert ann.is_offered("entering", "tuesday") == ["entry not_entered (already_inside)"]
    assert ann.is_offered("nowhere", "monday") == []
    assert ann.step_events[0].cause == "read"


def test_a_business_event_comes_with_the_offer() -> None:
    text = AUDIENCE.replace(
        "audience: {id: loyal}, when: \"#{profile.country} != 'US'\"",
        "business: {event: visit, audience: loyal}, when: \"@event{visit.shop} == 'Lyon'\"",
    )
    ann = Person(plan_of(text), profile={"orders": 4})
    assert ann.is_offered("entering", "o1", shop="Paris") == ["entry not_entered (condition)"]
    assert ann.is_offered("entering", "o2", shop="Lyon") == ["entry entered", "race waiting"]


def test_expressions_know_who_is_in_an_audience() -> None:
    text = AUDIENCE.replace("#{profile.country} != 'US'", "inAudience('loyal')").replace(
        "audience: {id: loyal}, when", "event: signup, when"
    )
    ann = Person(plan_of(text))
    assert ann.signs_up() == ["entry not_entered (condition)"]
    ann.crosses("loyal")
    assert ann.signs_up() == ["entry entered", "race waiting"]


REACTIONS = """
kind: journey
id: reacting
version: 1
entry: {event: signup}
steps:
  tell: {action: mail}
  race:
    max_visits: 5
    first_of:
      - {reaction: {step: tell, is: clicked}, to: end}
      - {reaction: {step: tell, is: opened}, to: race}
      - {wait: P1D, label: silent}
"""


def told() -> Person:
    ann = Person(plan_of(REACTIONS), profile={"email": "a@example.org", "firstName": "Ann"})
    ann.signs_up(plan="basic")
    ann.resolve()
    return ann


def test_a_reaction_wins_a_race() -> None:
    assert told().reacts("clicked") == ["race passed:clicked", "race completed"]


def test_a_reaction_wins_one_race_only() -> None:
    ann = told()
    assert ann.reacts("opened") == ["race passed:opened", "race waiting"]
    assert ann.reacts("clicked") == ["race passed:clicked", "race completed"]


def test_another_reaction_and_a_repeat_change_nothing() -> None:
    ann = told()
    assert ann.reacts("bounced") == []
    assert ann.reacts("clicked", ann.requests[0])[-1] == "race completed"
    assert ann.reacts("clicked", ann.requests[0]) == []


def test_a_reaction_counts_after_the_last_visit_that_was_allowed() -> None:
    text = """
kind: journey
id: reminding
version: 1
entry: {event: signup}
steps:
  mail: {action: mail, max_visits: 2, on: {max_visits: last}}
  pause: {wait: P1D, next: mail}
  last:
    first_of:
      - {reaction: {step: mail, is: clicked}, to: end}
      - {wait: P1D, to: end}
"""
    ann = Person(plan_of(text), profile={"email": "a@example.org"})
    ann.signs_up()
    ann.resolve()
    ann.passes("P1D")
    ann.resolve()
    ann.passes("P1D")
    first, second = ann.requests
    assert ann.reacts("clicked", first) == []
    assert ann.reacts("clicked", second) == ["last passed:clicked", "last completed"]


def test_a_reaction_that_came_before_the_race_counts() -> None:
    ann = Person(plan_of(REACTIONS), profile={"email": "a@example.org", "firstName": "Ann"})
    ann.signs_up(plan="basic")
    assert ann.reacts("clicked") == []
    assert ann.resolve() == ["tell succeeded", "race passed:clicked", "race completed"]


def test_several_journeys_are_entered_by_one_audience() -> None:
    plans = plans_of(
        AUDIENCE
        + AUDIENCE.split("---\n")[1].join(["---\n", ""]).replace("id: entering", "id: second")
    )
    ann = Person(*plans)
    assert ann.crosses("loyal") == ["entry entered", "race waiting"] * 2
