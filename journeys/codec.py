"""The only place where values become text and back: state, plans, messages, reports.

Every stored value carries a format version `v`. A change of shape gets a new version, an upgrade
from the one before, and a golden file of the old text that must load for ever
(`tests/golden/state`). A value written by a newer release is refused by name, never guessed at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar, cast

import orjson
from pydantic import TypeAdapter

from journeys.activities import STEPS
from journeys.activity import Step
from journeys.clock import format_instant
from journeys.definitions import ActionDefinition, EventDefinition, Rules
from journeys.errors import CodecError, UnknownVersionError
from journeys.history import History, PastEvent
from journeys.json_shape import too_deep
from journeys.messages import ActionRequest, ActionResult, JsonObject, JsonValue
from journeys.mode import Mode
from journeys.plan import Entry, ExitRule, Plan
from journeys.policy import Policy
from journeys.state import Asked, Instance, PendingEvent, PersonState, Trial, Waiting
from journeys.step_event import STEP_EVENT_VERSION, StepEvent
from journeys.upgrades import plan_from_1, plan_from_2, state_from_1, state_from_2

T = TypeVar("T")
Upgrade = Callable[[JsonObject], JsonObject]
"""Takes a value of one version to the next."""

STATE_VERSION = 3
PROFILE_VERSION = 1
HISTORY_VERSION = 1
PLAN_VERSION = 3
MESSAGE_VERSION = 1
COUNT_VERSION = 1
UPGRADES: dict[str, list[Upgrade]] = {
    "state": [state_from_1, state_from_2],
    "profile": [],
    "history": [],
    "plan": [plan_from_1, plan_from_2],
    "message": [],
    "count": [],
}
"""For each kind of value the steps from version 1 to the present one, in order."""


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


def _load(kind: str, text: str | bytes, version: int) -> JsonObject:
    """Read a stored value and bring it to the present version."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"a stored {kind} is not JSON: {error}"
        raise CodecError(message) from error
    found = value.get("v") if isinstance(value, dict) else None
    if type(found) is not int or found < 1:
        message = f"a stored {kind} has no format version `v`"
        raise CodecError(message)
    if found > version:
        what = f"a stored {kind}"
        raise UnknownVersionError(what, found, version)
    return value if found == version else _shaped(kind, lambda: _upgraded(kind, value, found))


def _upgraded(kind: str, value: JsonObject, found: int) -> JsonObject:
    for upgrade in UPGRADES[kind][found - 1 :]:
        value = upgrade(value)
    return value


def _shaped(kind: str, build: Callable[[], T]) -> T:
    try:
        return build()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"a stored {kind} has not the shape of its version: {error}"
        raise CodecError(message) from error


# State of one person.


def dump_person(person: PersonState) -> str:
    """Write the state of one person."""
    return _text({"v": STATE_VERSION, "person": person})


def load_person(text: str | None) -> PersonState:
    """Read the state of one person; nothing stored is a person nothing happened to.

    Raises:
        CodecError: the text is no such state.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return PersonState()
    value: dict[str, Any] = _load("state", text, STATE_VERSION)
    return _shaped("state", lambda: _person(value["person"]))


def _person(value: dict[str, Any]) -> PersonState:
    value["instances"] = [_instance(instance) for instance in value["instances"]]
    if value.get("trials"):
        value["trials"] = [Trial(**trial) for trial in value["trials"]]
    if value.get("asked"):
        value["asked"] = {name: Asked(**asked) for name, asked in value["asked"].items()}
    return PersonState(**value)


def _instance(value: dict[str, Any]) -> Instance:
    if value["waiting"] is not None:
        value["waiting"] = Waiting(**value["waiting"])
    if value.get("pending"):
        value["pending"] = [PendingEvent(**pending) for pending in value["pending"]]
    if "mode" in value:
        value["mode"] = Mode(value["mode"])
    return Instance(**value)


def dump_profile(attributes: JsonObject) -> str:
    """Write the attributes of one person."""
    return _text({"v": PROFILE_VERSION, "attributes": attributes})


def load_profile(text: str | None) -> JsonObject:
    """Read the attributes of one person.

    Raises:
        CodecError: the text is no such value.
    """
    if text is None:
        return {}
    attributes = _load("profile", text, PROFILE_VERSION).get("attributes")
    if not isinstance(attributes, dict):
        message = "a stored profile has not the shape of its version: no `attributes`"
        raise CodecError(message)
    return attributes


_HISTORY = TypeAdapter(dict[str, list[PastEvent]])


def dump_history(history: History) -> str:
    """Write the past of one person."""
    return _text({"v": HISTORY_VERSION, "events": history.events})


def load_history(text: str | None) -> History:
    """Read the past of one person.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return History()
    value: dict[str, Any] = _load("history", text, HISTORY_VERSION)
    return _shaped("history", lambda: History(_HISTORY.validate_python(value["events"])))


# Plans.

_STEPS: dict[str, TypeAdapter[Step]] = {kind: TypeAdapter(step) for kind, step in STEPS.items()}
_PARTS: dict[str, TypeAdapter[Any]] = {
    "entry": TypeAdapter(Entry),
    "events": TypeAdapter(dict[str, EventDefinition]),
    "actions": TypeAdapter(dict[str, ActionDefinition]),
    "sources": TypeAdapter(dict[str, ActionDefinition]),
    "exits": TypeAdapter(list[ExitRule]),
    "rules": TypeAdapter(Rules),
    "moves": TypeAdapter(dict[str, str]),
    "policies": TypeAdapter(list[Policy]),
}
_PLAIN = [f.name for f in fields(Plan) if f.name not in (*_PARTS, "steps")]


def dump_plan(plan: Plan) -> JsonObject:
    """Write a plan as JSON data."""
    plain = {name: getattr(plan, name) for name in _PLAIN}
    parts = {name: _part(name, getattr(plan, name)) for name in _PARTS}
    steps = {n: _STEPS[s.kind].dump_python(s, mode="json") for n, s in plan.steps.items()}
    return {"v": PLAN_VERSION, **plain, **parts, "steps": steps}


def _part(name: str, value: object) -> JsonValue:
    if isinstance(value, Mapping | Sequence):
        value = dict(value) if isinstance(value, Mapping) else list(value)
    return cast("JsonValue", _PARTS[name].dump_python(value, mode="json"))


def plan_text(plan: Plan) -> str:
    """Write a plan as one line of JSON."""
    return _text(dump_plan(plan))


def load_plan(text: str | bytes) -> Plan:
    """Read a plan.

    Raises:
        CodecError: the text is no plan.
        UnknownVersionError: a newer release compiled it.
    """
    value: dict[str, Any] = _load("plan", text, PLAN_VERSION)
    return _shaped("plan", lambda: _plan(value))


def _plan(value: dict[str, Any]) -> Plan:
    plain = {name: value[name] for name in _PLAIN}
    parts = {name: adapter.validate_python(value[name]) for name, adapter in _PARTS.items()}
    steps = {n: _STEPS[s["kind"]].validate_python(s) for n, s in value["steps"].items()}
    return Plan(**plain, **parts, steps=steps)


# Messages between the operators.

_REQUEST = TypeAdapter(ActionRequest)
_RESULT = TypeAdapter(ActionResult)


def dump_request(request: ActionRequest) -> str:
    """Write an action request."""
    return _text({"v": MESSAGE_VERSION, "request": request})


def load_request(text: str | bytes) -> ActionRequest:
    """Read an action request.

    Raises:
        CodecError: the text is no request.
    """
    value: dict[str, Any] = _load("message", text, MESSAGE_VERSION)
    return _shaped("request", lambda: _REQUEST.validate_python(value["request"]))


def dump_result(result: ActionResult) -> str:
    """Write an action result. A response that no state could hold is left out, and said so."""
    if too_deep(result.response):
        detail = "the response is nested too deep to be kept"
        result = replace(result, response=None, detail=detail)
    try:
        return _text({"v": MESSAGE_VERSION, "result": result})
    except TypeError as error:
        detail = f"the response cannot be kept: {error}"
        kept = replace(result, response=None, detail=detail, provider_message_id=None)
        return _text({"v": MESSAGE_VERSION, "result": kept})


def load_result(text: str | bytes) -> ActionResult:
    """Read an action result.

    Raises:
        CodecError: the text is no result.
    """
    value: dict[str, Any] = _load("message", text, MESSAGE_VERSION)
    return _shaped("result", lambda: _result(value["result"]))


def _result(value: dict[str, Any]) -> ActionResult:
    if too_deep(value["response"]):
        message = "its response is nested too deep"
        raise ValueError(message)
    return _RESULT.validate_python(value)


def dump_event(payload: JsonObject) -> str:
    """Write an event as its producer would: the payload is the record."""
    return _text(payload)


# Counts over everybody.


def dump_count(count: int) -> str:
    """Write a count."""
    return _text({"v": COUNT_VERSION, "count": count})


def load_count(text: str | None) -> int:
    """Read a count; nothing stored is none.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return 0
    value: dict[str, Any] = _load("count", text, COUNT_VERSION)
    return _shaped("count", lambda: int(value["count"]))


# What analysts read.

_STEP_EVENT_FIELDS = [f.name for f in fields(StepEvent)]
_INSTANTS = ("occurred_at", "due_at")


def dump_step_event(step_event: StepEvent) -> str:
    """Write a step event: flat, every field present, instants in ISO 8601."""
    record: dict[str, object] = {name: getattr(step_event, name) for name in _STEP_EVENT_FIELDS}
    for name in _INSTANTS:
        if record[name] is not None:
            record[name] = format_instant(cast("int", record[name]))
    record["schema_version"] = STEP_EVENT_VERSION
    return _text(record)
