"""Update profile: attributes are written, read at once, and held against exit criteria."""

from __future__ import annotations

from tests.harness.person import Person
from tests.harness.plans import plan_of, plans_of

UPDATE = """
kind: journey
id: updating
version: 1
entry: {event: signup}
steps:
  note: {update_profile: {loyalty.tier: gold, loyalty.visits: "= @event{signup.n} + 1", old: null}}
  read:
    condition:
      - {label: gold, when: "#{profile.loyalty.tier} == 'gold' and #{profile.loyalty.visits} == 3"}
"""


def test_values_are_merged_into_the_attributes_and_read_at_once() -> None:
    ann = Person(plan_of(UPDATE), profile={"loyalty": {"since": 2020}, "old": 1, "name": "Ann"})
    assert ann.signs_up(n=2) == [
        "entry entered",
        "note passed",
        "read passed:gold",
        "read completed",
    ]
    assert ann.attributes == {
        "loyalty": {"since": 2020, "tier": "gold", "visits": 3},
        "name": "Ann",
    }


def test_a_name_that_leads_through_a_value_replaces_it() -> None:
    text = UPDATE.replace("loyalty.tier: gold,", "loyalty: 1, loyalty.tier: gold,")
    ann = Person(plan_of(text))
    ann.signs_up(n=2)
    assert ann.attributes == {"loyalty": {"tier": "gold", "visits": 3}}


def test_values_that_cannot_be_computed_end_the_walk() -> None:
    text = UPDATE.replace("loyalty.tier: gold", 'a: "{% for i in (1..99999) %}x{% endfor %}"')
    assert Person(plan_of(text)).signs_up(n=2)[-1] == "note failed (template_error)"


def test_what_one_walk_writes_can_end_another() -> None:
    other = """
---
kind: journey
id: other
version: 1
entry: {event: visit}
exit:
  - {label: is gold, when: "#{profile.loyalty.tier} == 'gold'"}
steps:
  pause: {wait: P1D}
"""
    ann = Person(*plans_of(UPDATE + other))
    assert ann.event("web.visit") == ["entry entered", "pause waiting"]
    assert ann.signs_up(n=2)[-1] == "pause exited:is gold (exit_criteria)"


def test_a_profile_never_grows_deeper_than_can_be_stored() -> None:
    deeper = """
kind: journey
id: deeper
version: 1
entry: {event: signup}
steps:
  pause: {wait: PT1S}
  wrap: {update_profile: {a.b: "#{profile.a}"}, next: pause, max_visits: 1000}
"""
    ann = Person(plan_of(deeper), profile={"a": {"b": "c"}})
    ann.signs_up()
    assert ann.passes("PT300S")[-1] == "wrap failed (template_error)"
    assert ann.step_events[-1].detail == "the values are nested deeper than 64 levels"


def test_a_profile_is_never_given_more_than_a_record_may_hold() -> None:
    doubling = """
kind: journey
id: doubling
version: 1
entry: {event: signup}
steps:
  pause: {wait: PT1S}
  twice: {update_profile: {a: ["#{profile.a}", "#{profile.a}"]}, next: pause, max_visits: 1000}
"""
    ann = Person(plan_of(doubling), profile={"a": "x" * 1000})
    ann.signs_up()
    assert ann.passes("PT300S")[-1] == "twice failed (template_error)"
    assert ann.step_events[-1].detail == "the values are longer than 65536 bytes"
