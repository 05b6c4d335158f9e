"""How values become text and back: people, plans, messages, reports.

What operators count over everybody is written by `journeys.count_codec`; the versions of all
formats are in `journeys.formats`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from typing import Annotated, Any, cast

from msgspec import DecodeError, Struct, convert
from msgspec.json import Decoder, encode
from pydantic import Field as FormField
from pydantic import TypeAdapter

from journeys.activities import STEPS
from journeys.activity import Step
from journeys.attributes import UNKNOWN, Attributes
from journeys.bandit import TrialReport
from journeys.clock import format_instant, parse_instant
from journeys.definitions import ActionDefinition, EventDefinition, Rules, SharedDefinition
from journeys.errors import CodecError
from journeys.formats import (
    DEFINITION_VERSION,
    HISTORY_VERSION,
    LIFECYCLE_VERSION,
    MESSAGE_VERSION,
    PLAN_VERSION,
    PROFILE_VERSION,
    STATE_VERSION,
    at_present,
    from_text,
    shaped,
    stored,
    to_text,
)
from journeys.history import History, PastEvent
from journeys.json_shape import too_deep
from journeys.lifecycle import Lifecycle
from journeys.messages import ActionRequest, ActionResult, JsonObject, JsonValue
from journeys.mode import InFlight, Mode
from journeys.outcomes import Outcome, Reason
from journeys.plan import Entry, ExitRule, Plan
from journeys.policy import Policy
from journeys.state import PersonState
from journeys.step_event import ENGINE_VERSION, INSTANTS, STEP_EVENT_VERSION, StepEvent

# State of one person.


class _KeptPerson(Struct):
    v: int
    person: PersonState


_PERSON = Decoder(_KeptPerson)


def dump_person(person: PersonState) -> str:
    """Write the state of one person."""
    return encode(_KeptPerson(STATE_VERSION, person)).decode()


def load_person(text: str | None) -> PersonState:
    """Read the state of one person; nothing stored is a person nothing happened to.

    Raises:
        CodecError: the text is no such state.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return PersonState()
    with suppress(DecodeError):  # why it is none is found out below
        kept = _PERSON.decode(text)
        if kept.v == STATE_VERSION:
            return kept.person
    value: dict[str, Any] = stored("state", text, STATE_VERSION)
    return shaped("state", lambda: convert(value["person"], PersonState))


def dump_profile(attributes: Attributes) -> str:
    """Write the attributes of one person."""
    kept: dict[str, object] = {"v": PROFILE_VERSION, "attributes": attributes.values}
    if attributes.at != UNKNOWN:
        kept["at"] = attributes.at
    if attributes.times:
        kept["times"] = attributes.times
    return to_text(kept)


def load_profile(text: str | None) -> Attributes:
    """Read the attributes of one person.

    Raises:
        CodecError: the text is no such value.
    """
    if text is None:
        return Attributes()
    kept: dict[str, Any] = stored("profile", text, PROFILE_VERSION)
    values, at, times = kept.get("attributes"), kept.get("at", UNKNOWN), kept.get("times", {})
    if not (isinstance(values, dict) and type(at) is int and isinstance(times, dict)):
        message = "a stored profile has not the shape of its version"
        raise CodecError(message)
    return Attributes(values, at, times)


_HISTORY = TypeAdapter(dict[str, list[PastEvent]])


def dump_history(history: History) -> str:
    """Write the past of one person."""
    return to_text({"v": HISTORY_VERSION, "events": history.events})


def load_history(text: str | None) -> History:
    """Read the past of one person.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return History()
    value: dict[str, Any] = stored("history", text, HISTORY_VERSION)
    return shaped("history", lambda: History(_HISTORY.validate_python(value["events"])))


# Plans.

_STEPS: dict[str, TypeAdapter[Step]] = {kind: TypeAdapter(step) for kind, step in STEPS.items()}
_PARTS: dict[str, TypeAdapter[Any]] = {
    "entry": TypeAdapter(Entry),
    "events": TypeAdapter(dict[str, EventDefinition]),
    "actions": TypeAdapter(dict[str, ActionDefinition]),
    "sources": TypeAdapter(dict[str, ActionDefinition]),
    "exits": TypeAdapter(list[ExitRule]),
    "rules": TypeAdapter(Rules),
    "exceptions": TypeAdapter(dict[str, InFlight]),
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
    return to_text(dump_plan(plan))


def load_plan(text: str | bytes) -> Plan:
    """Read a plan.

    Raises:
        CodecError: the text is no plan.
        UnknownVersionError: a newer release compiled it.
    """
    return load_plan_data(from_text("plan", text))


def load_plan_data(data: JsonObject) -> Plan:
    """Read a plan from JSON data.

    Raises:
        CodecError: the data are no plan.
        UnknownVersionError: a newer release compiled it.
    """
    value: dict[str, Any] = at_present("plan", data, PLAN_VERSION)
    return shaped("plan", lambda: _plan(value))


def _plan(value: dict[str, Any]) -> Plan:
    plain = {name: value[name] for name in _PLAIN}
    parts = {name: adapter.validate_python(value[name]) for name, adapter in _PARTS.items()}
    steps = {n: _STEPS[s["kind"]].validate_python(s) for n, s in value["steps"].items()}
    return Plan(**plain, **parts, steps=steps)


_LIFE = TypeAdapter(Lifecycle)


def dump_lifecycle(life: Lifecycle) -> str:
    """Write what holds of a journey."""
    return to_text({"v": LIFECYCLE_VERSION, "life": life})


def load_lifecycle(text: str) -> Lifecycle:
    """Read what holds of a journey.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    value: dict[str, Any] = stored("lifecycle", text, LIFECYCLE_VERSION)
    return shaped("lifecycle", lambda: _LIFE.validate_python(value["life"]))


_DEFINITION: TypeAdapter[SharedDefinition] = TypeAdapter(
    Annotated[SharedDefinition, FormField(discriminator="kind")]
)


def dump_definition(definition: SharedDefinition, revision: int) -> str:
    """Write a definition that belongs to no journey, and when it was said."""
    value = {"v": DEFINITION_VERSION, "revision": revision, "definition": definition}
    return to_text(value)


def load_definition(text: str) -> tuple[SharedDefinition, int]:
    """Read a definition that belongs to no journey, and the revision at which it was said.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    value: dict[str, Any] = stored("definition", text, DEFINITION_VERSION)
    return shaped(
        "definition",
        lambda: (_DEFINITION.validate_python(value["definition"]), int(value["revision"])),
    )


# Messages between the operators.

_REQUEST = TypeAdapter(ActionRequest)
_RESULT = TypeAdapter(ActionResult)


def dump_request(request: ActionRequest) -> str:
    """Write an action request."""
    return to_text({"v": MESSAGE_VERSION, "request": request})


def load_request(text: str | bytes) -> ActionRequest:
    """Read an action request.

    Raises:
        CodecError: the text is no request.
    """
    return request_of(stored("message", text, MESSAGE_VERSION))


def request_of(value: JsonObject) -> ActionRequest:
    """Read an action request out of a message.

    Raises:
        CodecError: there is none in it.
    """
    return shaped("request", lambda: _REQUEST.validate_python(value["request"]))


def dump_result(result: ActionResult) -> str:
    """Write an action result. A response that no state could hold is left out, and said so."""
    if too_deep(result.response):
        detail = "the response is nested too deep to be kept"
        result = replace(result, response=None, detail=detail)
    try:
        return to_text({"v": MESSAGE_VERSION, "result": result})
    except TypeError as error:
        detail = f"the response cannot be kept: {error}"
        kept = replace(result, response=None, detail=detail, provider_message_id=None)
        return to_text({"v": MESSAGE_VERSION, "result": kept})


def load_result(text: str | bytes) -> ActionResult:
    """Read an action result.

    Raises:
        CodecError: the text is no result.
    """
    return result_of(stored("message", text, MESSAGE_VERSION))


def result_of(value: JsonObject) -> ActionResult:
    """Read an action result out of a message.

    Raises:
        CodecError: there is none in it.
    """
    message: dict[str, Any] = value
    return shaped("result", lambda: _result(message["result"]))


def _result(value: dict[str, Any]) -> ActionResult:
    if too_deep(value["response"]):
        message = "its response is nested too deep"
        raise ValueError(message)
    return _RESULT.validate_python(value)


_TRIAL = TypeAdapter(TrialReport)


def dump_trial(report: TrialReport) -> str:
    """Write what the counter of an experiment is told."""
    return to_text({"v": MESSAGE_VERSION, "trial": report})


def load_trial(text: str | bytes) -> TrialReport:
    """Read what the counter of an experiment is told.

    Raises:
        CodecError: the text is no such message.
    """
    value: dict[str, Any] = stored("message", text, MESSAGE_VERSION)
    return shaped("trial", lambda: _TRIAL.validate_python(value["trial"]))


def dump_event(payload: JsonObject) -> str:
    """Write an event as its producer would: the payload is the record."""
    return to_text(payload)


# What analysts read.


_STEP_EVENT_FIELDS = [f.name for f in fields(StepEvent)]


def dump_step_event(step_event: StepEvent) -> str:
    """Write a step event: flat, every field present, instants in ISO 8601."""
    record = {
        **vars(step_event),
        "engine_version": ENGINE_VERSION,
        "schema_version": STEP_EVENT_VERSION,
    }
    for name in INSTANTS:
        if record[name] is not None:
            record[name] = format_instant(record[name])
    return to_text(record)


def load_step_event(text: str | bytes) -> StepEvent:
    """Read a step event; fields that a newer release has added are passed over.

    Raises:
        CodecError: the text is none.
    """
    record: dict[str, Any] = from_text("step event", text)
    return shaped("step event", lambda: _step_event(record))


def _step_event(record: dict[str, Any]) -> StepEvent:
    known = {name: record[name] for name in _STEP_EVENT_FIELDS if name in record}
    for name in INSTANTS:
        if known[name] is not None:
            known[name] = parse_instant(known[name])
    reason = None if known["reason"] is None else Reason(known["reason"])
    words = {"outcome": Outcome(known["outcome"]), "reason": reason}
    return StepEvent(**{**known, **words, "mode": Mode(known.get("mode", Mode.LIVE))})
