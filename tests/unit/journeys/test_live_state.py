"""What is known of one person, made from what is kept, without touching it."""

from __future__ import annotations

import pytest

from journeys import codec, inquiry_codec
from journeys.control import QueryPerson, publish_message
from journeys.inquiry import Inquiry, LiveState
from journeys.live_state import live_state
from journeys.messages import JsonObject
from journeys.mode import Mode
from journeys.profile import Profile
from journeys.simulator import Simulator
from tests.harness.person import START, Person
from tests.harness.plans import plan_of, plans_of

WALK = """
kind: policy
id: calm
caps: [{at_most: 1, per: P7D}]
---
kind: journey
id: walk
version: 1
timezone: UTC
timeout: P30D
entry:
  event: signup
  when: "@event{signup.total} >= 50 and #{profile.country} == 'DE'"
steps:
  hello: {action: mail}
  rank:
    condition:
      - {label: high, when: "@event{signup.total} > 70", to: react}
      - {label: low, else: true, to: react}
  react:
    first_of:
      - {label: bought, event: purchase, to: end}
      - {label: silent, wait: P1D, to: end}
"""
PROFILE: JsonObject = {
    "email": "a@example.org",
    "country": "DE",
    "consents": {"marketing": {"push": {"val": "n"}}},
    "suppressed": {"sms": True},
}


def asked(ann: Person, *, tell_values: bool = True, **inquiry: object) -> LiveState:
    """Ask about a person as the job does: from what is stored."""
    person = ann.simulator.people[ann.name]
    told = live_state(
        ann.plans,
        codec.load_person(ann.stored),
        Profile(ann.name, lambda: person.attributes, lambda: person.history),
        Inquiry("q-1", **inquiry),  # type: ignore[arg-type]  # named fields
        ann.now,
        tell_values=tell_values,
    )
    assert inquiry_codec.load_live_state(inquiry_codec.dump_live_state(told)) == told
    return told


def walking() -> Person:
    ann = Person(plan_of(WALK), profile=dict(PROFILE))
    ann.signs_up("e1", total=80, plan="basic")
    return ann


def test_a_call_under_way_is_told_with_its_id_and_since_when() -> None:
    ann = walking()
    ann.passes("PT5S")
    (walk,) = asked(ann).walks
    assert (walk.journey, walk.version, walk.step, walk.step_kind) == ("walk", 1, "hello", "action")
    assert walk.call is not None
    assert walk.call.request_id == ann.requests[0].request_id
    assert walk.call.since == walk.since == walk.entered_at == START


def test_what_a_walk_waits_for_is_told_and_until_when() -> None:
    ann = walking()
    ann.passes("PT5S")
    ann.resolve()
    ann.passes("PT1H")
    told = asked(ann)
    (walk,) = told.walks
    assert (walk.step, walk.since, walk.events) == ("react", START + 5_000, ["purchase"])
    assert walk.ways == ["bought", "silent"]
    assert walk.until == told.next_timer == START + 5_000 + 86_400_000
    assert (walk.call, walk.held, walk.pending) == (None, False, 0)


def test_what_policies_count_and_what_was_left_is_told() -> None:
    ann = walking()
    ann.resolve()
    ann.buys("e2")
    told = asked(ann)
    assert told.walks == []
    assert [(end.journey, end.at) for end in told.ended] == [("walk", START)]
    assert told.messages_counted == {"email/marketing/walk": [START]}
    assert told.recent_events == ["e1", "e2"]
    assert (told.refused_channels, told.suppressed_channels) == (["push"], ["sms"])


@pytest.mark.parametrize(
    ("inquired", "allowed", "told"),
    [(False, True, None), (True, True, PROFILE), (True, False, None)],
)
def test_values_of_attributes_are_told_only_where_asked_for_and_allowed(
    *, inquired: bool, allowed: bool, told: object
) -> None:
    found = asked(walking(), values=inquired, tell_values=allowed)
    assert found.values == told
    assert found.attributes == [
        "consents.marketing.push.val",
        "country",
        "email",
        "suppressed.sms",
    ]


def test_the_rules_of_entry_judge_the_person_as_of_now() -> None:
    ann = walking()
    rules = asked(ann, journey="walk", payload={"total": 40}).entry or []
    assert [(rule.name, rule.reason) for rule in rules] == [
        ("open", None),
        ("when", "condition"),
        ("re-entrance", "already_inside"),
        ("policies", None),
    ]
    assert rules[1].said == "@event{signup.total} was 40; needs >= 50"
    assert rules[2].said == "the person is inside: since 2026-03-01T08:00:00.000Z, at 'hello'"


def test_nothing_that_the_rules_read_is_told_where_values_may_not_be() -> None:
    ann = walking()
    told = asked(ann, journey="walk", payload={"total": 40}, tell_values=False)
    assert "40" not in str([rule.said for rule in told.entry or []])
    assert '"DE"' not in str([rule.explained and rule.explained.read for rule in told.entry or []])


def test_conditions_that_a_walk_came_by_and_messages_are_judged() -> None:
    ann = walking()
    ann.resolve()
    told = asked(ann, journey="walk")
    (walk,) = told.walks
    (high,) = walk.conditions
    assert (high.name, high.reason) == ("rank high", None)
    assert high.explained is not None
    assert high.explained.turned_by == "@event{signup.total} was 80; needs <= 70"
    (mail,) = told.messages
    assert (mail.name, mail.reason) == ("hello", "frequency_cap")
    assert mail.said == (
        "policy 'calm' allows 1 per P7D; counted: email/marketing/walk at 2026-03-01T08:00:00.000Z"
    )


def test_another_identity_names_the_person_it_belongs_to() -> None:
    simulator = Simulator([plan_of(WALK)], START)
    simulator.describe("ann", {"email": "a@example.org"})
    from journeys.activation import IdentityLinked

    simulator.activate("cookie", IdentityLinked("ann", None, "profiles/0/9"))
    for name, merged, identities in (("cookie", "ann", []), ("ann", None, ["cookie"])):
        state = simulator.state(name)
        found = live_state(simulator.plans, state, Profile(name), Inquiry("q"), START)
        assert (found.merged_into, found.identities) == (merged, identities)


def test_asking_changes_nothing() -> None:
    ann = walking()
    before, commands = ann.stored, len(ann.commands)
    asked(ann, journey="walk", values=True)
    ann.hears(QueryPerson(profile_id="ann", id="q"))
    assert (ann.stored, len(ann.commands)) == (before, commands)


def test_a_rehearsal_judges_where_there_is_no_live_version() -> None:
    ann = Person(profile=dict(PROFILE))
    ann.hears(publish_message(plan_of(WALK), Mode.TEST))
    rules = asked(ann, journey="walk", payload={"total": 80}).entry or []
    assert rules[0].reason == "not_test_profile"
    assert asked(ann, journey="unknown").entry is None


GREETED = """
kind: audience
id: german
when: "#{profile.country} == 'DE'"
---
kind: journey
id: greeted
version: 1
entry: {audience: {id: german, on: WAY}}
steps: {hold: {wait: PT1H}}
"""


@pytest.mark.parametrize(
    ("way", "country", "reason"),
    [
        ("enter", "DE", None),
        ("enter", "FR", "not_in_audience"),
        ("exit", "DE", "not_in_audience"),
        ("exit", "FR", None),
        ("both", "DE", None),
        ("both", "FR", None),
    ],
)
def test_the_audience_is_one_of_the_rules(way: str, country: str, reason: str | None) -> None:
    ann = Person(*plans_of(GREETED.replace("WAY", way)), profile={"country": country})
    rule = next(r for r in asked(ann, journey="greeted").entry or [] if r.name == "audience")
    assert rule.reason == reason
    if country == "FR":
        assert rule.said == (
            'the person is not in \'german\': #{profile.country} was "FR"; needs == "DE"'
        )
