"""Two identities become one person: their walks, what comes to either, and erasing them."""

from __future__ import annotations

import json
from typing import TypeVar

import pytest

from journeys import codec
from journeys.activation import (
    ActionResolved,
    EventReceived,
    FeedbackReceived,
    Hop,
    IdentityLinked,
    IdentityReleased,
    PassedOn,
    PersonGiven,
)
from journeys.attributes import Attributes
from journeys.clock import parse_duration
from journeys.command import PassOn, PersonKnown, Presence, Report, RequestAction, WithdrawCalls
from journeys.history import History
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonObject
from journeys.report import report
from journeys.simulator import Simulator
from journeys.state import Alias, PersonState
from journeys.step_event import StepEvent
from tests.harness.person import START, trace_line
from tests.harness.plans import plans_of

JOURNEYS = """
kind: action
id: note
channel: email
category: marketing
unsubscribe: false
to: note@example.org
subject: "Hello {{ profile.firstName }} at {{ profile.email }}"
body: Hello
---
kind: action
id: tell
channel: webhook
url: https://crm.example/tell
---
kind: journey
id: waits
version: 1
entry: {event: signup, reentry: {after: PT0S}}
exit: [{when: "#{profile.left} == true"}]
steps:
  pause: {wait: PT1H}
  hello: {action: note, next: end}
---
kind: journey
id: asks
version: 1
entry: {event: purchase, key: "@event{purchase.cart}"}
steps:
  ask: {action: tell}
  race: {first_of: [{event: visit, to: end}, {reaction: {step: hello, is: clicked}, to: end}]}
  hello: {action: note}
---
kind: journey
id: writes
version: 1
entry: {event: visit, reentry: {after: PT0S}}
steps:
  write: {action: note}
  react: {first_of: [{reaction: {step: write, is: clicked}, to: end}, {wait: P1D, to: end}]}
---
kind: audience
id: gold
when: "#{profile.tier} == 'gold'"
---
kind: journey
id: golden
version: 1
entry: {audience: {id: gold}, reentry: {after: PT0S}}
steps: {stay: {first_of: [{audience: {id: gold, on: exit}, to: end}, {wait: P9D, to: end}]}}
---
kind: policy
id: calm
caps: [{at_most: 2, per: P1D}]
"""
PLANS = plans_of(JOURNEYS)
What = TypeVar("What")


class World:
    """Any number of identities; nothing is answered by itself."""

    def __init__(self) -> None:
        self.simulator = Simulator(PLANS, START, answers=None, stored=True)

    def event(self, who: str, event_type: str, event_id: str | None = None, **more: object) -> None:
        payload: JsonObject = {"eventType": event_type, **more}  # type: ignore[dict-item]
        self.simulator.event(who, event_type, payload, event_id=event_id)

    def signs_up(self, who: str, event_id: str | None = None) -> None:
        self.event(who, "account.signup", event_id, plan="basic")

    def resolve(self, request: ActionRequest) -> None:
        names = (request.request_id, request.profile_id, request.instance_id)
        result = ActionResult(*names, ActionStatus.SUCCEEDED, "http_200")
        self.simulator.activate(request.profile_id, ActionResolved(result))

    def passes(self, duration: str) -> None:
        self.simulator.advance(parse_duration(duration))

    def commands(self, who: str, kind: type[What]) -> list[What]:
        return [h.what for h in self.simulator.trace(who) if isinstance(h.what, kind)]

    def requests(self, who: str) -> list[ActionRequest]:
        return [command.request for command in self.commands(who, RequestAction)]

    def step_events(self, *people: str) -> list[StepEvent]:
        return [c.step_event for who in people for c in self.commands(who, Report)]

    def told(self, who: str) -> list[str]:
        return [str(trace_line(Report(event))) for event in self.step_events(who)]

    def state(self, who: str) -> PersonState:
        return self.simulator.state(who)


@pytest.fixture
def world() -> World:
    return World()


def test_a_walk_goes_on_under_the_primary_identity_and_reads_the_joined_person(
    world: World,
) -> None:
    world.simulator.change("a", {"email": "old@example.org", "firstName": "Ann"})
    world.passes("PT1S")
    world.simulator.change("b", {"email": "new@example.org"})
    world.signs_up("a")
    world.simulator.link("a", "b", {"tier": "silver"})
    assert world.told("a") == ["entry entered", "pause waiting"]
    assert world.told("b") == ["pause joined"]
    assert world.simulator.attributes("a") == {}
    joined = {"email": "new@example.org", "firstName": "Ann", "tier": "silver"}
    assert world.simulator.attributes("b") == joined
    world.passes("PT1H")
    (request,) = world.requests("b")
    assert request.message["subject"] == "Hello Ann at new@example.org"
    world.resolve(request)
    assert world.told("b")[1:] == [
        "pause passed",
        "hello requested",
        "hello succeeded",
        "hello completed",
    ]
    assert world.told("a") == ["entry entered", "pause waiting"]
    assert len({event.instance_id for event in world.step_events("a", "b")}) == 1
    (said,) = [e for e in world.step_events("b") if e.outcome == "joined"]
    assert (said.cause, said.detail, said.profile_id) == ("link", "walked as 'a' before", "b")


def test_what_is_left_of_an_identity_is_whose_it_is(world: World) -> None:
    world.simulator.change("a", {"email": "a@example.org"})
    world.signs_up("a")
    world.simulator.link("a", "b")
    state = world.state("a")
    assert state.merged_into == Alias("b", "profiles/0/3", 1)
    state.merged_into = None
    assert state.is_empty()
    assert world.simulator.people["a"].history == History()


def test_whatever_comes_to_an_alias_comes_to_its_person(world: World) -> None:
    world.event("a", "commerce.purchases", "e1", cart="c1")
    (asked,) = world.requests("a")
    world.simulator.link("a", "b")
    world.resolve(asked)
    assert world.told("b") == ["ask joined", "ask succeeded", "race waiting"]
    world.event("a", "commerce.purchases", "e1", cart="c2")
    assert world.told("b")[-1] == "entry not_entered (duplicate)"
    world.event("a", "web.visit", "e2")
    world.simulator.change("a", {"tier": "gold"})
    assert world.simulator.attributes("b") == {"tier": "gold"}
    assert {e.profile_id for e in world.step_events("b")} == {"b"}
    assert world.told("a") == ["entry entered", "ask requested"]


def test_feedback_on_a_message_from_before_moves_the_walk_that_sent_it(world: World) -> None:
    world.event("a", "web.visit")
    (sent,) = world.requests("a")
    world.resolve(sent)
    world.simulator.link("a", "b")
    world.simulator.activate("a", FeedbackReceived("f1", sent.request_id, "clicked"))
    assert world.told("b") == ["react joined", "react passed:clicked", "react completed"]


@pytest.mark.parametrize("first", ["a", "b"])
def test_of_two_walks_of_one_journey_the_one_that_began_first_goes_on(
    world: World, first: str
) -> None:
    world.signs_up(first)
    world.passes("PT10M")
    world.signs_up("a" if first == "b" else "b")
    world.simulator.link("a", "b")
    (left,) = world.state("b").instances
    began = [e for e in world.step_events(first) if e.outcome == "entered"]
    assert left.id == began[0].instance_id
    (over,) = [e for e in world.step_events("b") if e.outcome == "exited"]
    assert (over.reason, over.instance_id == left.id) == ("merged", False)
    world.passes("PT2H")
    assert len(world.requests("b")) == 1


def test_of_one_journey_walks_of_different_keys_all_go_on(world: World) -> None:
    for who, cart in (("a", "c1"), ("a", "c2"), ("b", "c2"), ("b", "c3")):
        world.event(who, "commerce.purchases", cart=cart)
        world.passes("PT1S")
    world.simulator.link("a", "b")
    assert sorted(str(i.key) for i in world.state("b").instances) == ["c1", "c2", "c3"]


def test_the_ledger_is_balanced_over_both(world: World) -> None:
    for who in ("a", "b"):
        world.signs_up(who)
        world.event(who, "commerce.purchases", cart=who)
    world.simulator.link("a", "b")
    world.passes("PT1H")

    found = report(json.loads(codec.dump_step_event(e)) for e in world.step_events("a", "b"))
    assert [version.drift for version in found.values()] == [0, 0]
    inside = {str(walked): dict(version.inside) for walked, version in found.items()}
    assert inside == {"asks v1": {"ask": 2}, "waits v1": {"hello": 1}}


def test_policies_count_the_messages_of_both(world: World) -> None:
    world.event("a", "web.visit")
    world.event("b", "web.visit")
    world.simulator.link("a", "b")
    world.signs_up("b")
    world.passes("PT1H")
    assert "hello not_sent:not_sent (frequency_cap)" in world.told("b")


def test_nobody_goes_into_an_audience_twice_and_out_of_it_once(world: World) -> None:
    world.simulator.change("a", {"tier": "gold"})
    world.passes("PT1M")
    world.simulator.link("a", "b")
    assert world.told("b") == ["stay joined"]
    assert world.state("b").members == {"gold": START}
    world.simulator.change("c", {"tier": "iron"})
    world.simulator.link("b", "c")
    assert world.told("c") == ["stay joined", "stay passed:exit_gold", "stay completed"]


def test_what_the_joined_person_is_like_can_end_a_walk(world: World) -> None:
    world.signs_up("a")
    world.simulator.change("b", {"left": True})
    world.simulator.link("a", "b")
    assert world.told("b") == ["pause joined", "pause exited:when (exit_criteria)"]


def test_a_wait_that_ended_on_the_way_ends_when_the_walk_is_there(world: World) -> None:
    world.signs_up("a")
    (given,) = passed(world, "a")
    world.simulator.now += parse_duration("P1D")
    world.simulator.activate("b", given)
    assert world.told("b")[:2] == ["pause joined", "pause passed"]


def passed(world: World, who: str) -> list[PassedOn]:
    """Link, and take from the way what is passed on: it has not come yet."""

    link = IdentityLinked("b", None, world.simulator.place("profiles"))
    world.simulator._advance(who, link)  # but for what is under way
    world.simulator._agenda.clear()
    found = [c.what for c in world.commands(who, PassOn) if isinstance(c, PassOn)]
    return [each for each in found if isinstance(each, PassedOn)]


def test_while_a_walk_is_between_two_identities_it_is_counted_under_the_first(
    world: World,
) -> None:
    world.simulator.change("a", {"tier": "silver"})
    world.signs_up("a")
    (instance,) = world.state("a").instances
    (given,) = passed(world, "a")
    place = (instance.id, "waits", 1)
    assert world.commands("a", Presence) == [Presence(*place, instance.revision)]
    assert world.commands("a", PersonKnown) == [PersonKnown("a", is_known=True)]
    world.simulator.activate("b", given)
    assert world.commands("b", Presence) == [
        Presence(*place, None, profile_id="a"),
        Presence(*place, instance.revision),
    ]
    known = [PersonKnown("a", is_known=False), PersonKnown("b", is_known=True)]
    assert world.commands("b", PersonKnown) == known


def test_a_message_that_comes_twice_is_taken_once(world: World) -> None:
    world.signs_up("a")
    (given,) = passed(world, "a")
    for _ in range(2):
        world.simulator.activate("b", given)
    assert world.told("b") == ["pause joined"]
    assert len(world.state("b").instances) == 1


# Chains and circles.


def test_identities_are_linked_in_chains(world: World) -> None:
    for who in ("c", "a"):
        world.event(who, "commerce.purchases", cart=who)
    world.simulator.link("c", "a")
    world.simulator.link("a", "b")
    world.signs_up("c")
    assert {i.journey for i in world.state("b").instances} == {"asks", "waits"}
    assert len(world.state("b").instances) == 3
    assert set(world.state("b").aliases) == {"a", "c"}
    late = Simulator(PLANS, START, answers=None)
    late.link("a", "b")
    late.link("c", "a")
    late.event("c", "account.signup", {"eventType": "account.signup"})
    assert [i.journey for i in late.state("b").instances] == ["waits"]


def test_what_is_said_of_an_alias_is_said_of_its_person(world: World) -> None:
    world.signs_up("a")
    world.simulator.link("a", "b")
    world.simulator.link("a", "d")
    assert [i.journey for i in world.state("d").instances] == ["waits"]
    assert world.state("b").merged_into == Alias("d", "profiles/0/3", 1)


@pytest.mark.parametrize(
    ("who", "primary"), [("b", "b"), ("a", "b"), ("b", "a"), ("a", "a"), ("c", "a"), ("a", "c")]
)
def test_those_who_are_one_person_are_not_joined_again_and_the_rest_is_a_patch(
    world: World, who: str, primary: str
) -> None:
    world.signs_up("a")
    world.simulator.link("a", "b")
    world.simulator.link("c", "b")
    world.simulator.link(who, primary, {"tier": "silver"})
    assert world.state("b").merged_into is None
    assert world.simulator.attributes("b") == {"tier": "silver"}
    assert world.told("b") == ["pause joined"]


def test_two_links_said_at_one_time_are_no_circle(world: World) -> None:
    world.signs_up("a")
    world.event("b", "commerce.purchases", cart="c")
    soon = START + 1
    world.simulator.link("a", "b", at=soon)
    world.simulator.link("b", "a", at=soon)
    world.passes("PT1S")
    assert world.state("a").merged_into is None
    assert {i.journey for i in world.state("a").instances} == {"waits", "asks"}
    assert world.state("b").merged_into == Alias("a", "profiles/0/4", 3)
    world.signs_up("b", "e9")
    assert world.told("a")[-1] == "entry not_entered (already_inside)"


# Erasing.


@pytest.mark.parametrize("who", ["a", "b", "c"])
def test_erasing_any_identity_erases_the_person_with_all_of_them(world: World, who: str) -> None:
    world.simulator.change("a", {"email": "a@example.org"})
    world.signs_up("a")
    world.event("b", "commerce.purchases", cart="c")
    world.simulator.link("c", "a")
    world.simulator.link("a", "b")
    world.simulator.change(who, None)
    assert [line for line in world.told("b") if "erased" in line] == [
        "ask exited (erased)",
        "pause exited (erased)",
    ]
    assert all(world.state(each).is_empty() for each in "abc")
    assert world.simulator.attributes("b") == {}
    withdrawn = {c.profile_id for c in world.commands("b", WithdrawCalls)}
    assert withdrawn == {"a", "b", "c"}
    world.signs_up("a", "e-new")
    assert world.told("a")[-2:] == ["entry entered", "pause waiting"]
    assert [i.journey for i in world.state("a").instances] == ["waits"]
    assert world.state("b").is_empty()


def test_an_identity_that_was_let_go_of_can_be_linked_anew(world: World) -> None:
    world.simulator.link("a", "b")
    world.simulator.change("b", None)
    world.signs_up("a")
    world.simulator.link("a", "b")
    assert [i.journey for i in world.state("b").instances] == ["waits"]


def test_only_the_link_that_is_meant_is_let_go_of(world: World) -> None:
    world.simulator.link("a", "b")
    world.simulator.activate("a", IdentityReleased("profiles/0/99"))
    assert world.state("a").merged_into is not None
    world.signs_up("b")
    world.simulator.activate("b", IdentityReleased("profiles/0/1"))
    assert len(world.state("b").instances) == 1


def test_what_an_erased_person_is_passed_begins_anew_and_says_nothing_of_the_identity(
    world: World,
) -> None:
    person = PersonGiven("l", PersonState(), Attributes(), History(), None)
    world.simulator.activate("b", PassedOn((Hop("a", "l", 1),), person))
    world.simulator.change("b", None)

    event = EventReceived("e", "r", "account.signup", {"eventType": "account.signup"}, START)
    world.simulator.activate("b", PassedOn((Hop("a", "l", 2),), event))
    assert world.told("b")[-2:] == ["entry entered", "pause waiting"]
    assert world.state("b").aliases == {}
