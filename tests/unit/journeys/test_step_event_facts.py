"""What a step event tells beside what happened: how long each hop took, and what was read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from journeys.activation import EventReceived
from journeys.messages import ActionStatus, JsonObject
from journeys.outcomes import Outcome
from journeys.step_event import StepEvent
from tests.harness.person import Person
from tests.harness.plans import RICH, plan_of


@pytest.fixture
def ann() -> Person:
    return Person(plan_of(RICH), profile={"email": "ann@example.org"})


def signs_up(person: Person, came_ms_ago: int, total: int = 200) -> None:
    payload: JsonObject = {"eventType": "account.signup", "total": total, "cart": "c1"}
    said = ("e1", "events/0/1", "account.signup", payload, person.now)
    person.activate(EventReceived(*said, came_at=person.now - came_ms_ago))


def told(person: Person, step: str, outcome: Outcome) -> StepEvent:
    (event,) = [e for e in person.step_events if (e.step_id, e.outcome) == (step, outcome)]
    return event


def test_an_event_says_how_long_it_was_on_its_way(ann: Person) -> None:
    signs_up(ann, came_ms_ago=17)
    assert told(ann, "entry", Outcome.ENTERED).ingest_ms == 17
    assert told(ann, "choose", Outcome.PASSED).ingest_ms == 17
    assert told(ann, "ask", Outcome.REQUESTED).ingest_ms is None, "the walk flowed there"


def test_a_producer_whose_clock_is_ahead_makes_no_time_negative(ann: Person) -> None:
    signs_up(ann, came_ms_ago=-5_000)
    assert told(ann, "entry", Outcome.ENTERED).ingest_ms == 0


def test_a_refusal_says_it_too(ann: Person) -> None:
    signs_up(ann, came_ms_ago=9, total=1)
    assert told(ann, "entry", Outcome.NOT_ENTERED).ingest_ms == 9


def test_the_key_of_the_walk_and_what_was_called_are_told(ann: Person) -> None:
    signs_up(ann, came_ms_ago=0)
    asked = told(ann, "ask", Outcome.REQUESTED)
    assert (asked.instance_key, asked.endpoint) == ("c1", ann.requests[-1].endpoint)
    assert told(ann, "entry", Outcome.ENTERED).endpoint is None


@pytest.mark.parametrize("status", [ActionStatus.SUCCEEDED, ActionStatus.ERROR])
def test_a_call_says_how_long_it_queued_took_and_was_on_its_way_back(
    ann: Person, status: ActionStatus
) -> None:
    signs_up(ann, came_ms_ago=0)
    ann.now += 100
    times: dict[str, Any] = {"queued_ms": 30, "latency_ms": 50, "ended_at": ann.now - 20}
    ann.resolve(status=status, code="http_500", endpoint="https://crm.example", **times)
    ended = told(ann, "ask", Outcome(status))
    assert (ended.queued_ms, ended.latency_ms, ended.returned_ms) == (30, 50, 20)
    assert ended.endpoint == "https://crm.example"


def test_a_timer_says_how_late_it_was(ann: Person) -> None:
    signs_up(ann, came_ms_ago=0)
    ann.resolve(status=ActionStatus.TIMEOUT, code="timedout")
    ann.passes("PT1H0.25S", asleep=True)
    assert told(ann, "pause", Outcome.PASSED).late_ms == 250
    assert told(ann, "race", Outcome.WAITING).late_ms is None, "the walk flowed there"


def test_what_conditions_read_is_personal_and_told_only_where_it_may_be(ann: Person) -> None:
    signs_up(ann, came_ms_ago=0)
    assert {event.inputs for event in ann.step_events} == {None}


def test_what_conditions_read_is_told_with_its_values(ann: Person) -> None:
    ann.plans.tells_inputs = True
    signs_up(ann, came_ms_ago=0)
    entered, chosen = told(ann, "entry", Outcome.ENTERED), told(ann, "choose", Outcome.PASSED)
    assert json.loads(entered.inputs or "") == {"@event{signup.total}": 200}
    assert json.loads(chosen.inputs or "") == {"@event{signup.total}": 200}
    assert told(ann, "ask", Outcome.REQUESTED).inputs is None


def test_a_refusal_tells_what_its_condition_read(ann: Person) -> None:
    ann.plans.tells_inputs = True
    signs_up(ann, came_ms_ago=0, total=1)
    refused = told(ann, "entry", Outcome.NOT_ENTERED)
    assert json.loads(refused.inputs or "") == {"@event{signup.total}": 1}
