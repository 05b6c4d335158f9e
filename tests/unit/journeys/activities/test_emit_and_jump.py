"""Emit and jump: what a walk does for others."""

from __future__ import annotations

from collections import Counter

import pytest

from journeys.state import ECHOES
from tests.harness.person import Person
from tests.harness.plans import plan_of, plans_of

EMIT = """
kind: journey
id: emitting
version: 1
entry: {event: signup}
steps:
  tell: {emit: {type: loyalty.upgraded, payload: {tier: "#{profile.tier}", _id: mine}}}
  again: {emit: {type: loyalty.told, topic: crm, payload: {}}}
"""
JUMP = """
kind: journey
id: first
version: 1
entry: {event: signup}
steps:
  over: {jump: second, with: {orderId: "@event{signup.orderId}", total: 5}}
  pause: {wait: PT1H}
---
kind: journey
id: second
version: 1
entry: {event: purchase, when: "@event{purchase.total} > 3", key: "@event{purchase.orderId}"}
steps:
  rest: {wait: PT2H}
"""


def test_an_event_is_written_with_an_envelope_of_its_own() -> None:
    ann = Person(plan_of(EMIT), profile={"tier": "gold"})
    assert ann.signs_up("e1") == ["entry entered", "tell passed", "again passed", "again completed"]
    first, second = ann.emitted
    assert (first.topic, first.payload["tier"], first.payload["eventType"]) == (
        "events",
        "gold",
        "loyalty.upgraded",
    )
    assert first.payload["timestamp"] == "2026-03-01T08:00:00.000Z"
    assert second.topic == "crm"
    assert len({"mine", first.payload["_id"], second.payload["_id"]}) == 3


def test_the_same_event_has_the_same_id_on_replay() -> None:
    ids = []
    for _ in range(2):
        ann = Person(plan_of(EMIT))
        ann.signs_up("e1")
        ids.append([e.payload["_id"] for e in ann.emitted])
    assert ids[0] == ids[1]


def test_a_jump_begins_the_other_journey_and_goes_on_in_this_one() -> None:
    ann = Person(*plans_of(JUMP))
    assert ann.signs_up(orderId="o1") == [
        "entry entered",
        "over passed",
        "pause waiting",
        "entry entered",
        "rest waiting",
    ]
    assert ann.places == ["first v1 pause", "second v1 rest"]
    assert ann.person.instances[1].key == "o1"
    assert ann.person.instances[1].events == {"purchase": {"orderId": "o1", "total": 5}}
    assert [e.cause for e in ann.step_events if e.outcome == "entered"] == ["event", "jump"]


def test_the_other_journey_s_rules_decide() -> None:
    ann = Person(*plans_of(JUMP.replace("total: 5", "total: 1")))
    trace = ann.signs_up(orderId="o1")
    assert trace[-1] == "entry not_entered (condition)"
    assert ann.places == ["first v1 pause"]


def test_a_journey_that_is_not_published_is_not_entered() -> None:
    first, _ = plans_of(JUMP)
    ann = Person(first)
    assert ann.signs_up(orderId="o1") == [
        "entry entered",
        "over passed",
        "pause waiting",
        "entry not_entered (no_journey)",
    ]
    told = ann.step_events[-1]
    assert (told.journey_id, told.journey_version, told.cause) == ("second", 0, "jump")


def test_a_journey_that_begins_otherwise_is_not_entered() -> None:
    audience = '---\nkind: audience\nid: loyal\nwhen: "#{profile.n} > 1"\n---\n'
    first, _ = plans_of(JUMP)
    (read,) = plans_of(
        audience
        + JUMP.split("---\n")[1].replace(
            'event: purchase, when: "@event{purchase.total} > 3", key: "@event{purchase.orderId}"',
            "read: {audience: loyal}",
        )
    )
    ann = Person(first, read)
    assert ann.signs_up(orderId="o1")[-1] == "entry not_entered (no_journey)"


@pytest.mark.timeout(5)
def test_journeys_that_jump_to_each_other_come_to_an_end() -> None:
    circle = """
kind: journey
id: ping
version: 1
entry: {event: signup, reentry: {after: PT0S}}
steps:
  over: {jump: pong}
---
kind: journey
id: pong
version: 1
entry: {event: purchase, reentry: {after: PT0S}}
steps:
  over: {jump: ping}
"""
    ann = Person(*plans_of(circle))
    trace = ann.signs_up()
    assert trace[-1] == "entry not_entered (too_many_jumps)"
    assert ann.places == []
    assert len({e.event_id for e in ann.step_events}) == len(ann.step_events)


def test_circles_of_jumps_over_waits_that_are_over_come_to_an_end() -> None:
    over = "{until: \"toDateTime('2020-01-01T00:00:00Z')\"}"
    one, other = (
        f"""
kind: journey
id: {here}
version: 1
entry: {{event: {event}, reentry: {{after: PT0S}}}}
steps:
  pause: {{wait: {over}}}
  on: {{jump: {there}}}
"""
        for here, there, event in (("one", "other", "signup"), ("other", "one", "visit"))
    )
    ann = Person(*plans_of(f"{one}---\n{other}"))
    assert ann.signs_up()[-1] == "entry not_entered (too_many_jumps)"
    assert ann.places == []


def test_events_for_journeys_are_bounded_by_the_minute_and_others_are_not() -> None:
    text = EMIT.replace("{event: signup}", "{event: signup, reentry: {after: PT0S}}")
    ann = Person(plan_of(text))
    for _ in range(ECHOES):
        assert ann.signs_up()[1:3] == ["tell passed", "again passed"]
    assert ann.signs_up()[1:3] == ["tell passed (too_many_echoes)", "again passed"]
    assert Counter(emitted.topic for emitted in ann.emitted) == {"events": 100, "crm": 101}
    ann.passes("PT1M")
    assert ann.signs_up()[1:3] == ["tell passed", "again passed"]
