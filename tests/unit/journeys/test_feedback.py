"""What becomes of a message, from the record on its topic to the person."""

from __future__ import annotations

import json

import pytest

from journeys.activation import FeedbackReceived
from journeys.messages import REACTIONS, JsonObject
from journeys.records import Record, read_feedback
from tests.harness.person import Person
from tests.harness.plans import plan_of

ANN: JsonObject = {"email": "ann@example.org"}
JOURNEY = """
kind: action
id: news
channel: email
category: marketing
to: "#{profile.email}"
subject: News
body: News
---
kind: journey
id: told
version: 1
entry: {event: signup}
steps:
  mail: {action: news}
  react:
    first_of:
      - {reaction: {step: mail, is: delivered}, to: end}
      - {reaction: {step: mail, is: bounced}, to: end}
      - {reaction: {step: mail, is: opened}, to: end}
      - {reaction: {step: mail, is: clicked}, to: end}
      - {reaction: {step: mail, is: unsubscribed}, to: end}
      - {reaction: {step: mail, is: complained}, to: end}
      - {wait: PT1H, to: end}
"""
SUPPRESSED: JsonObject = {"suppressed": {"email": True}}
REFUSED: JsonObject = {"consents": {"marketing": {"email": {"val": "n"}}}}
LEARNT: dict[str, JsonObject] = {
    "bounced": SUPPRESSED,
    "complained": SUPPRESSED,
    "unsubscribed": REFUSED,
}


def feedback(reaction: str, request: str | None, **fields: object) -> FeedbackReceived:
    """Read a record as the job does."""
    value = {"_id": f"f-{reaction}", "reaction": reaction, "channel": "email", **fields}
    data = json.dumps(value if request is None else {**value, "request_id": request}).encode()
    read = read_feedback(Record("feedback", 0, 0, 0, "ann", data, len(data)))
    assert isinstance(read, FeedbackReceived)
    return read


def written_to() -> Person:
    """Give somebody whose mail has left."""
    ann = Person(plan_of(JOURNEY), profile=ANN)
    ann.signs_up()
    ann.resolve()
    return ann


def request_of(ann: Person) -> str:
    return ann.requests[0].request_id


@pytest.mark.parametrize("reaction", REACTIONS)
def test_each_reaction_moves_the_person_and_three_are_minded_for_later(reaction: str) -> None:
    ann = written_to()
    done = ann.activate(feedback(reaction, request_of(ann)))
    assert done == [f"react passed:{reaction}", "react completed"]
    assert ann.step_events[-1].cause == "feedback"
    assert ann.attributes == {**ANN, **LEARNT.get(reaction, {})}


@pytest.mark.parametrize("reaction", REACTIONS)
def test_what_is_told_before_the_provider_has_answered_counts_once_it_has(reaction: str) -> None:
    ann = Person(plan_of(JOURNEY), profile=ANN)
    ann.signs_up()
    assert ann.activate(feedback(reaction, request_of(ann))) == []
    assert ann.resolve()[-2:] == [f"react passed:{reaction}", "react completed"]


@pytest.mark.parametrize("reaction", REACTIONS)
@pytest.mark.parametrize("names_message", [True, False])
def test_what_is_told_when_the_walk_is_over_is_minded_too(
    reaction: str, *, names_message: bool
) -> None:
    ann = written_to()
    ann.passes("PT1H")
    request = request_of(ann) if names_message else None
    assert ann.activate(feedback(reaction, request)) == []
    assert ann.attributes == {**ANN, **LEARNT.get(reaction, {})}


def test_a_bounce_that_may_not_last_moves_the_person_and_suppresses_nothing() -> None:
    ann = written_to()
    done = ann.activate(feedback("bounced", request_of(ann), permanent=False))
    assert done[0] == "react passed:bounced"
    assert ann.attributes == ANN


def test_what_names_no_message_moves_nobody() -> None:
    ann = written_to()
    assert ann.activate(feedback("unsubscribed", None)) == []
    assert ann.attributes == {**ANN, **REFUSED}
    assert ann.passes("PT1H")[0] == "react passed:wait"


@pytest.mark.parametrize("first", ["link", "stop"])
def test_who_is_known_by_a_number_unsubscribes_as_the_person_that_it_is_linked_to(
    first: str,
) -> None:
    ann, number = written_to(), "+33612345678"
    stop = FeedbackReceived("twilio/SM1/stop", None, "unsubscribed", "sms")
    if first == "link":
        ann.simulator.link(number, "ann")
        ann.simulator.activate(number, stop)
    else:
        ann.simulator.activate(number, stop)
        ann.simulator.link(number, "ann")
    assert ann.attributes == {**ANN, "consents": {"marketing": {"sms": {"val": "n"}}}}
