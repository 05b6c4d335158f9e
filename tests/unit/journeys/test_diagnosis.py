"""Prepared people, and for each the reason why they did not enter, or why no message came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import pytest

from journeys.activation import IdentityLinked
from journeys.advice import ADVICE, advice
from journeys.control import (
    CloseJourney,
    PauseJourney,
    StopJourney,
    publish_message,
)
from journeys.diagnosis import Diagnosis, Evidence, diagnose
from journeys.messages import ActionStatus, JsonObject, JsonValue
from journeys.mode import Mode
from journeys.outcomes import DeadLetterReason, Outcome, Reason, Silence
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.simulator import Answer, Answers, succeed
from tests.harness.person import START
from tests.harness.plans import compiled
from tests.harness.topics import Topics

SCHEMA = """
{
  "type": "object",
  "properties": {
    "total": {"type": "number"},
    "channel": {"type": "string"},
    "cartId": {"type": "string"}
  }
}
"""
PROJECT = """
kind: event
id: cart_add
match: {eventType: commerce.productListAdds, channel: web}
schema: cart.json
---
kind: event
id: other
match: {eventType: web.visit}
---
kind: action
id: remind
channel: email
category: marketing
to: "#{profile.email}"
subject: "Your cart"
body: "See you"
unsubscribe: false
---
kind: audience
id: germans
when: "#{profile.country} == 'DE'"
---
kind: policy
id: calm
caps: [{at_most: 1, per: P7D}]
journeys: [cart]
---
kind: policy
id: nights
quiet_hours: {from: "21:00", to: "07:00", then: discard}
journeys: [night]
---
kind: policy
id: few
entries: {at_most: 1, per: P1D}
journeys: [capped]
---
kind: policy
id: one_at_once
inside: 1
journeys: [small, great]
---
kind: journey
id: cart
version: 3
namespace: ecid
timezone: UTC
entry:
  event: cart_add
  when: "@event{cart_add.total} >= 50 and #{profile.country} != 'FR'"
  reentry: {after: P1D}
  max_age: PT1H
steps:
  mail: {action: remind}
  pause: {wait: PT1H}
---
kind: journey
id: dated
version: 1
start: 2026-04-01T00:00:00Z
entry: {event: cart_add}
steps: {pause: {wait: PT1H}}
---
kind: journey
id: once
version: 1
entry: {event: cart_add, reentry: {allowed: false}}
steps: {pause: {wait: PT1H}}
---
kind: journey
id: bounced
version: 1
entry: {event: cart_add, debounce: PT5M, reentry: {after: PT0S}}
steps: {pass: {end: completed}}
---
kind: journey
id: keyed
version: 1
entry: {event: cart_add, key: "@event{cart_add.cartId}", reentry: {after: PT0S}}
steps: {pause: {wait: P1D}}
---
kind: journey
id: capped
version: 1
entry: {event: cart_add, reentry: {after: PT0S}}
steps: {pass: {end: completed}}
---
kind: journey
id: night
version: 1
entry: {event: cart_add}
steps:
  wait: {wait: PT14H}
  mail: {action: remind}
---
kind: journey
id: small
version: 1
priority: 10
entry: {event: cart_add}
steps: {pause: {wait: P1D}}
---
kind: journey
id: great
version: 1
priority: 90
entry: {event: other}
steps: {pause: {wait: P1D}}
---
kind: journey
id: of_audience
version: 1
entry: {audience: {id: germans, on: enter}}
steps: {pause: {wait: PT1H}}
"""
TYPE = "commerce.productListAdds"


@cache
def plans() -> Mapping[str, Plan]:
    compilation = compiled(PROJECT, {"cart.json": SCHEMA})
    compilation.raise_errors()
    return compilation.plans


def topics(answers: Answers = succeed) -> Topics:
    return Topics(*plans().values(), answers=answers)


def add(world: Topics, key: str | None = "ann", kind: str = TYPE, **payload: JsonValue) -> None:
    given: JsonObject = {"total": 80, "channel": "web", **payload}
    world.event(key, kind, **given)


def primary(namespace: str) -> JsonObject:
    return {namespace: [{"id": "ann", "primary": True}]}


# One function for each person: what happened to them.


def wrong_namespace(world: Topics) -> None:
    add(world, "ann@example.org", identityMap=primary("ecid"))


def key_of_another_namespace(world: Topics) -> None:
    add(world, "ann@example.org", identityMap=primary("email"))


def no_identity(world: Topics) -> None:
    add(world, None, identityMap=primary("ecid"))


def too_little(world: Topics) -> None:
    add(world, total=40)


def wrong_country(world: Topics) -> None:
    world.describe("ann", country="FR")
    add(world)


def back_too_early(world: Topics) -> None:
    add(world, _id="e1")
    world.passes("PT2H")
    add(world, _id="e2")


def still_inside(world: Topics) -> None:
    add(world, _id="e1")
    add(world, _id="e2")


def sent_twice(world: Topics) -> None:
    add(world, _id="e1")
    world.passes("PT2H")
    add(world, _id="e1")


def sent_late(world: Topics) -> None:
    add(world, timestamp="2026-03-01T06:00:00Z")


def paused(world: Topics) -> None:
    world.say(PauseJourney(journey="cart"))
    add(world)


def closed(world: Topics) -> None:
    world.say(CloseJourney(journey="cart"))
    add(world)


def stopped(world: Topics) -> None:
    world.say(StopJourney(journey="cart"))
    add(world)


def refuses(world: Topics) -> None:
    world.describe("ann", email="a@x.org", consents={"marketing": {"email": {"val": "n"}}})
    add(world)


def suppressed(world: Topics) -> None:
    world.describe("ann", email="a@x.org", suppressed={"email": True})
    add(world)


def without_address(world: Topics) -> None:
    add(world)


def mailed_too_often(world: Topics) -> None:
    world.describe("ann", email="a@x.org")
    add(world, _id="e1")
    world.passes("P2D")
    add(world, _id="e2")


def provider_down(world: Topics) -> None:
    world.describe("ann", email="a@x.org")
    add(world)


def only_other_events(world: Topics) -> None:
    world.event("ann", "web.visit")


def other_case(world: Topics) -> None:
    add(world, kind="commerce.ProductListAdds")


def other_channel(world: Topics) -> None:
    add(world, channel="shop")


def broken(world: Topics) -> None:
    world.send("ann", b'{"eventType": "commerce.productListAdds", "total": 80')


def against_schema(world: Topics) -> None:
    add(world, total="eighty")


def before_publishing(world: Topics) -> None:
    world.send("ann", b'{"eventType": "commerce.productListAdds", "channel": "web"}', taken=False)
    world.since["cart", 3] = START + 1


def not_taken(world: Topics) -> None:
    world.send("ann", b'{"eventType": "commerce.productListAdds", "channel": "web"}', taken=False)


def nothing(world: Topics) -> None:
    del world


def once_before(world: Topics) -> None:
    add(world, _id="e1")
    world.passes("P2D")
    add(world, _id="e2")


def twice_at_once(world: Topics) -> None:
    add(world, _id="e1")
    world.passes("PT1M")
    add(world, _id="e2")


def in_a_greater_journey(world: Topics) -> None:
    world.event("ann", "web.visit")
    add(world)


def at_night(world: Topics) -> None:
    world.describe("ann", email="a@x.org")
    add(world)
    world.passes("PT15H")


def not_of_the_audience(world: Topics) -> None:
    world.describe("ann", country="FR")


def simply_enters(world: Topics) -> None:
    world.describe("ann", email="a@x.org")
    add(world)


def in_a_test(world: Topics) -> None:
    world.simulator.plans = Plans()
    world.say(publish_message(plans()["cart"], Mode.TEST))
    add(world)


class Case(NamedTuple):
    prepare: Callable[[Topics], None]
    journey: str
    word: str
    said: str
    """Part of the sentence."""
    kept_back: str | None = None
    """Why no message came."""


CASES = [
    Case(wrong_namespace, "cart", "wrong_identity", "the record key is another"),
    Case(key_of_another_namespace, "cart", "other_key", "in the namespace 'email', and it lies"),
    Case(no_identity, "cart", "no_identity", "the record has no key"),
    Case(too_little, "cart", "condition", "@event{cart_add.total} was 40; needs >= 50"),
    Case(wrong_country, "cart", "condition", '#{profile.country} was "FR"; needs != "FR"'),
    Case(
        back_too_early,
        "cart",
        "reentry_too_early",
        "again from 2026-03-02T09:00:00.000Z on",
        "no_address",
    ),
    Case(still_inside, "cart", "already_inside", "at 'pause'", "no_address"),
    Case(
        sent_twice, "cart", "duplicate", "an event of `_id` 'e1' has counted before", "no_address"
    ),
    Case(sent_late, "cart", "late", "it happened at 2026-03-01T06:00:00Z"),
    Case(paused, "cart", "paused", "`journeys resume cart`"),
    Case(closed, "cart", "closed", "a new version opens it again"),
    Case(stopped, "cart", "stopped", "the journey is stopped"),
    Case(in_a_test, "cart", "not_test_profile", "`testProfile`"),
    Case(refuses, "cart", "entered", "", "no_consent"),
    Case(suppressed, "cart", "entered", "", "suppressed"),
    Case(without_address, "cart", "entered", "", "no_address"),
    Case(mailed_too_often, "cart", "entered", "", "frequency_cap"),
    Case(at_night, "night", "entered", "", "quiet_hours"),
    Case(only_other_events, "cart", "not_listened", "events came of web.visit"),
    Case(other_case, "cart", "other_letter_case", "it came as 'commerce.ProductListAdds'"),
    Case(other_channel, "cart", "not_matched", "`channel` is 'shop', and `match` asks for 'web'"),
    Case(broken, "cart", "not_json", "the value is not JSON"),
    Case(against_schema, "cart", "schema", "/total: must be number"),
    Case(before_publishing, "cart", "before_published", "version 3 is live since"),
    Case(not_taken, "cart", "not_taken", "no step event and no dead letter tells of it"),
    Case(nothing, "cart", "no_event", "the journey begins with 'commerce.productListAdds'"),
    Case(nothing, "carts", "not_published", "did you mean 'cart'"),
    Case(too_little, "dated", "outside_dates", "it begins at 2026-04-01T00:00:00.000Z"),
    Case(once_before, "once", "reentry_not_allowed", "`reentry.allowed` is false"),
    Case(twice_at_once, "bounced", "debounced", "again from 2026-03-01T08:05:00.000Z on"),
    Case(too_little, "keyed", "no_key", "gives no value"),
    Case(twice_at_once, "capped", "entry_cap", "policy 'few' allows 1 per P1D; counted: 2026"),
    Case(in_a_greater_journey, "small", "priority", "inside: great"),
    Case(not_of_the_audience, "of_audience", "not_in_audience", '"FR"; needs == "DE"'),
    Case(simply_enters, "cart", "entered", "by event"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.prepare.__name__}-{case.journey}")
def test_each_prepared_person_is_told_the_right_reason(case: Case) -> None:
    world = topics()
    case.prepare(world)
    found = world.why("ann", case.journey)
    assert found.word == case.word
    assert case.said in found.said
    told = [kept.word for kept in found.kept_back]
    assert told == ([case.kept_back] if case.kept_back else [])
    assert found.advice == advice(case.word, case.journey)
    assert (found.advice is None) is (case.word == "entered")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.prepare.__name__}-{case.journey}")
def test_the_reason_is_the_same_without_an_answer_of_the_job(case: Case) -> None:
    world = topics()
    case.prepare(world)
    assert world.why("ann", case.journey, live=False).word == case.word


def test_a_call_that_fails_is_told_with_its_code() -> None:
    world = topics(answers=lambda _: Answer(ActionStatus.ERROR, "smtp_550", detail="no such user"))
    provider_down(world)
    found = world.why("ann", "cart")
    assert [kept.outcome for kept in found.kept_back] == ["error", "failed"]
    assert {kept.word for kept in found.kept_back} == {"action_error"}
    assert found.kept_back[0].said == "smtp_550, no such user"


def refused_now() -> Iterator[tuple[Case, Diagnosis]]:
    for case in CASES:
        world = topics()
        case.prepare(world)
        yield case, world.why("ann", case.journey)


LASTING = {
    *(Reason.CONDITION, Reason.REENTRY_TOO_EARLY, Reason.ALREADY_INSIDE, Reason.PAUSED),
    *(Reason.CLOSED, Reason.STOPPED, Reason.NOT_TEST_PROFILE, Reason.OUTSIDE_DATES),
    *(Reason.REENTRY_NOT_ALLOWED, Reason.DEBOUNCED, Reason.NO_KEY, Reason.ENTRY_CAP),
    Reason.PRIORITY,
}


def test_the_first_rule_that_keeps_a_person_out_is_the_reason_that_the_engine_gave() -> None:
    compared = 0
    for case, found in refused_now():
        if case.word in LASTING:
            first = next(rule.reason for rule in found.rules if rule.reason)
            assert first == case.word, case
            compared += 1
    assert compared >= len(LASTING)


def test_what_has_changed_since_is_said() -> None:
    world = topics()
    wrong_country(world)
    world.describe("ann", country="DE")
    found = world.why("ann", "cart")
    assert (found.word, found.said) == ("condition", "it would not keep the person out now")


def test_what_the_job_says_it_read_then_is_told_beside_what_is_now() -> None:
    world = topics()
    wrong_country(world)
    event = next(e for e in world.step_events("ann") if e.journey_id == "cart")
    told = replace(event, inputs='{"#{profile.country}":"BE"}')
    evidence = Evidence(world.simulator.plans, START, [told], (), world.records)
    assert diagnose("ann", "cart", evidence).said == '(read then: #{profile.country} was "BE")'


def test_earlier_offers_are_told_the_latest_first() -> None:
    world = topics()
    for total in (10, 20, 30):
        add(world, total=total)
        world.passes("PT1M")
    found = world.why("ann", "cart")
    assert [offer.payload and offer.payload["total"] for offer in found.before] == [20, 10]


def test_what_a_shadow_decides_is_no_answer_for_the_live_version() -> None:
    world = topics()
    stricter = replace(plans()["cart"], version=4)
    when = "@event{cart_add.total} >= 500"
    stricter = replace(stricter, entry=replace(stricter.entry, when=when))
    world.say(publish_message(stricter, Mode.SHADOW))
    simply_enters(world)
    modes = {e.mode for e in world.step_events("ann") if e.journey_id == "cart"}
    assert modes == {Mode.LIVE, Mode.SHADOW}
    assert world.why("ann", "cart").word == "entered"


def test_what_comes_to_another_identity_of_a_person_leads_to_them() -> None:
    world = topics()
    world.describe("ann", email="a@x.org")
    world.simulator.activate("cookie", IdentityLinked("ann", None, "profiles/0/9"))
    add(world, "cookie")
    found = world.why("cookie", "cart")
    assert found.said == ("what comes to this identity is passed on to 'ann': ask why of that one")
    assert world.why("ann", "cart").word == "entered"


def test_events_out_of_files_begin_nothing_and_are_no_answer() -> None:
    world = topics()
    too_little(world)
    add(world, _batch=True)
    assert world.why("ann", "cart").word == "condition"


def test_an_offer_whose_record_is_gone_is_still_told() -> None:
    world = topics()
    too_little(world)
    world.records.clear()
    found = world.why("ann", "cart")
    assert found.word == "condition"
    assert "its record is not on the topic any more" in found.said


def test_every_word_that_keeps_somebody_out_has_advice() -> None:
    assert {*Silence, *DeadLetterReason} <= set(ADVICE)
    refusals = {case.word for case in CASES} - {Outcome.ENTERED}
    assert refusals <= set(ADVICE)
    assert {case.kept_back for case in CASES if case.kept_back} <= set(ADVICE)
