"""Somebody asks the job about a person: it answers, and nothing else happens."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest

from journeys.control import QueryPerson, dump_command, publish_message
from journeys.inquiry_codec import load_live_state
from operators.descriptors import Route
from operators.journey_function import JourneyFunction
from tests.harness.keyed import JourneyHarness, KeyedHarness, routed
from tests.harness.plans import SIMPLE, plan_of


def nudged(harness: JourneyHarness, command: QueryPerson) -> bytes:
    """Say the command, and give what goes to the person for it."""
    (row,) = harness.say(command)
    assert tuple(row)[:2] == (Route.NUDGE, command.profile_id)
    return str(row[2]).encode()


@pytest.mark.parametrize("restart", [True, False])
def test_an_answer_comes_and_neither_state_nor_timers_change(*, restart: bool) -> None:
    harness = JourneyHarness(plan_of(SIMPLE), restart=restart)
    harness.profile("ann", {"email": "ann@example.org"})
    harness.event("ann", "account.signup")
    # Also where a timer is due: the answer tells what is, and wakes nobody.
    harness.store.now += 7_200_000
    nudge = nudged(harness, QueryPerson(profile_id="ann", id="q-1", values=True))
    before = deepcopy((harness.store.values, harness.store.timers))
    (row,) = harness.send("nudges", "ann", nudge)
    assert (harness.store.values, harness.store.timers) == before
    assert tuple(row)[:2] == (Route.ANSWER, "ann")
    told = load_live_state(row[2])
    assert (told.id, told.profile_id, told.at) == ("q-1", "ann", harness.store.now)
    assert [(walk.journey, walk.step) for walk in told.walks] == [("simple", "pause")]
    assert told.values == {"email": "ann@example.org"}


def test_of_somebody_unknown_nothing_is_known_and_nothing_is_stored() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    nudge = nudged(harness, QueryPerson(profile_id="bob", id="q-2"))
    told = load_live_state(harness.send("nudges", "bob", nudge)[0][2])
    assert (told.walks, told.attributes, told.next_timer) == ([], [], None)
    harness.assert_clean()


def test_a_job_may_keep_values_to_itself() -> None:
    said = [(0, dump_command(publish_message(plan_of(SIMPLE))).decode())]
    rows = JourneyHarness(plan_of(SIMPLE))
    job = KeyedHarness(lambda: JourneyFunction(said, tell_values=False))
    job.element("ann", rows.row("profiles", "ann", b'{"email": "ann@example.org"}'))
    nudge = nudged(rows, QueryPerson(profile_id="ann", id="q-3", values=True))
    (row,) = job.element("ann", rows.row("nudges", "ann", nudge))
    told = load_live_state(row[2])
    assert (told.attributes, told.values) == (["email"], None)


def test_what_was_asked_before_the_job_began_is_over() -> None:
    rows = JourneyHarness(plan_of(SIMPLE))
    job = KeyedHarness(lambda: JourneyFunction([], enters_from=1_000))
    command = QueryPerson(profile_id="ann", id="q-4")
    assert job.broadcast(rows.row("control", ".query", dump_command(command))) == []


def test_a_query_that_is_none_is_a_dead_letter() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    (letter,) = routed(harness.say(QueryPerson(profile_id="", id="q-5")), Route.DEAD_LETTER)
    assert letter["reason"] == "contradiction"
    broken = json.dumps({"v": 1, "nudge": "answer"}).encode()
    (letter,) = routed(harness.send("nudges", "ann", broken), Route.DEAD_LETTER)
    assert letter["reason"] == "wrong_type"
