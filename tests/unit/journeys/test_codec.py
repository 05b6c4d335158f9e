"""Text of everything that is stored or sent, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from journeys import codec, count_codec, formats
from journeys.attributes import Attributes
from journeys.errors import CodecError, UnknownVersionError
from journeys.messages import ActionRequest, ActionResult, ActionStatus, JsonValue
from journeys.outcomes import Outcome
from journeys.state import Instance, PersonState, Waiting
from journeys.step_event import StepEvent
from tests.harness.plans import RICH, plan_of

REQUEST = ActionRequest(
    "r", "p", "i", "j", 1, "s", "a", "webhook", "https://x", {"n": [1, 2.5, None]}, 1000, 3, 7
)
RESULT = ActionResult("r", "p", "i", ActionStatus.ERROR, "http_500", response={"n": [1, 2.5, None]})
PERSON = PersonState(
    instances=[
        Instance(
            "i", "j", 1, 5, "s", "k", Waiting(9, ["e"], "r"), {"s": 2}, {"e": {"a": 1}}, {"s": {}}
        )
    ],
    recent=["e1"],
    left={"j": 3},
    alarm=9,
)
LOADERS: dict[str, Callable[[str], object]] = {
    "person": codec.load_person,
    "profile": codec.load_profile,
    "plan": codec.load_plan,
    "request": codec.load_request,
    "result": codec.load_result,
    "tally": count_codec.load_tally,
    "weights": count_codec.load_weights,
    "trial": codec.load_trial,
}


def test_everything_survives_writing_and_reading() -> None:
    assert codec.load_person(codec.dump_person(PERSON)) == PERSON
    attributes = Attributes({"a": [1, None]}, 7, {"b": 9})
    assert codec.load_profile(codec.dump_profile(attributes)) == attributes
    assert codec.load_request(codec.dump_request(REQUEST)) == REQUEST
    assert codec.load_result(codec.dump_result(RESULT)) == RESULT
    plan = plan_of(RICH)
    assert codec.load_plan(json.dumps(codec.dump_plan(plan))) == plan


def test_nothing_stored_is_a_person_nothing_happened_to() -> None:
    assert codec.load_person(None) == PersonState()
    assert codec.load_profile(None) == Attributes()


@pytest.mark.parametrize("kind", LOADERS)
def test_a_value_of_a_newer_release_is_refused_by_name(kind: str) -> None:
    with pytest.raises(UnknownVersionError, match="format version 99, but this release reads"):
        LOADERS[kind]('{"v": 99}')


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"v": 0}',
        '{"v": -1}',
        '{"v": true}',
        '{"v": "1"}',
        '{"v": 1}',
        '{"v": 2, "attributes": {}, "at": "noon"}',
        '{"v": 2, "attributes": {}, "times": [1]}',
        '{"v": 1, "person": [], "attributes": 1, "steps": [], "request": 1, "result": null}',
        '{"v": 1, "person": {"instances": [1]}, "request": {}, "result": {"response": 1}}',
    ],
)
def test_what_is_no_such_value_is_refused(kind: str, text: str) -> None:
    with pytest.raises(CodecError):
        LOADERS[kind](text)


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "unheard"), ("attempts", "many"), ("profile_id", None), ("code", {})],
)
def test_a_result_of_wrong_types_is_refused(name: str, value: JsonValue) -> None:
    stored = json.loads(codec.dump_result(RESULT))
    stored["result"][name] = value
    with pytest.raises(CodecError, match="has not the shape"):
        codec.load_result(json.dumps(stored))


def test_an_unknown_field_of_state_is_refused_and_not_lost() -> None:
    stored = json.loads(codec.dump_person(PERSON))
    stored["person"]["novelty"] = 1
    with pytest.raises(CodecError, match="novelty"):
        codec.load_person(json.dumps(stored))


def test_a_stored_value_is_upgraded_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "PROFILE_VERSION", 3)
    upgrades = [
        lambda value: {"v": 2, "fields": value["attributes"]},
        lambda value: {"v": 3, "attributes": {**value["fields"], "new": True}},
    ]
    monkeypatch.setitem(formats.UPGRADES, "profile", upgrades)
    assert codec.load_profile('{"v": 1, "attributes": {"a": 1}}').values == {"a": 1, "new": True}
    assert codec.load_profile('{"v": 2, "fields": {"a": 1}}').values == {"a": 1, "new": True}
    assert codec.load_profile('{"v": 3, "attributes": {"a": 1}}').values == {"a": 1}


def nested(levels: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(levels):
        value = [value]
    return value


def test_a_response_that_is_nested_too_deep_is_left_out() -> None:
    kept = codec.load_result(codec.dump_result(replace(RESULT, response=nested(64))))
    assert kept.response == nested(64)
    left_out = codec.load_result(codec.dump_result(replace(RESULT, response=nested(65))))
    assert (left_out.response, left_out.status) == (None, RESULT.status)
    assert left_out.detail == "the response is nested too deep to be kept"
    text = codec.dump_result(RESULT).replace('{"n":[1,2.5,null]}', json.dumps(nested(65)))
    with pytest.raises(CodecError, match="too deep"):
        codec.load_result(text)


def test_a_step_event_is_flat_and_complete() -> None:
    event = StepEvent("id", "j", 1, "p", Outcome.WAITING, 1_772_352_000_000, due_at=0)
    record = json.loads(codec.dump_step_event(event))
    assert record["occurred_at"] == "2026-03-01T08:00:00.000Z"
    assert record["due_at"] == "1970-01-01T00:00:00.000Z"
    assert (record["outcome"], record["schema_version"]) == ("waiting", 1)
    assert not any(isinstance(value, dict | list) for value in record.values())
    assert len(record) == len(fields(StepEvent)) + len(("engine_version", "schema_version"))
