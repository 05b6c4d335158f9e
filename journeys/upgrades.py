"""Steps from one format version of a stored value to the next: plain JSON in, plain JSON out.

A step is never changed once it is released: values of its version lie in savepoints and topics.
"""

from __future__ import annotations

from typing import Any, cast

from journeys.messages import JsonObject


def state_from_1(value: JsonObject) -> JsonObject:
    """Add what version 2 knows of a person: audiences, answers of sources, reactions, an end."""
    person = cast("dict[str, Any]", value["person"])
    added: JsonObject = {"ends_at": None, "sources": {}, "reactions": {}}
    instances = [{**instance, **added} for instance in person["instances"]]
    known: JsonObject = {"audiences": {}, "members": {}, "review_at": None}
    return {**value, "v": 2, "person": {**person, "instances": instances, **known}}


def state_from_2(value: JsonObject) -> JsonObject:
    """Go on to version 3, which only adds: what is missing has its default."""
    return {**value, "v": 3}


def state_from_3(value: JsonObject) -> JsonObject:
    """Go on to version 4, which only adds: what is missing has its default."""
    return {**value, "v": 4}


def lifecycle_from_1(value: JsonObject) -> JsonObject:
    """Go on to version 2, which only adds: what is missing has its default."""
    return {**value, "v": 2}


def profile_from_1(value: JsonObject) -> JsonObject:
    """Go on to version 2, which adds times: attributes without one are older than any that has."""
    return {**value, "v": 2}


def plan_from_1(value: JsonObject) -> JsonObject:
    """Name what version 1 meant without saying it: no end, no exits, waits of fixed length."""
    plan = dict(cast("dict[str, Any]", value))
    entry = {**plan["entry"], "crossing": None, "reading": None}
    added: JsonObject = {
        "sources": {},
        "exits": [],
        "start": None,
        "end": None,
        "timeout_ms": None,
        "priority": 50,
        "in_flight": "finish",
        "moves": {},
    }
    rules = {"conversions": plan.pop("conversions"), "models": {}, "audiences": {}, "histories": []}
    steps = {name: _step_from_1(step) for name, step in plan["steps"].items()}
    return {**plan, **added, "v": 2, "entry": entry, "rules": rules, "steps": steps}


def plan_from_2(value: JsonObject) -> JsonObject:
    """Name what version 2 meant without saying it."""
    plan = cast("dict[str, Any]", value)
    entry = {**plan["entry"], "debounce_ms": 0, "max_age_ms": None}
    added: JsonObject = {"exceptions": {}, "policies": []}
    return {**plan, **added, "entry": entry, "v": 3}


def plan_from_3(value: JsonObject) -> JsonObject:
    """Name what version 3 meant without saying it."""
    return {**value, "v": 4}


def message_from_1(value: JsonObject) -> JsonObject:
    """Go on to version 2, which only adds: calls of former releases are transactional."""
    return {**value, "v": 2}


def reading_from_1(value: JsonObject) -> JsonObject:
    """Go on to version 2, which only adds: of former releases nobody was surveyed."""
    return {**value, "v": 2}


def _step_from_1(step: dict[str, Any]) -> dict[str, Any]:
    match step["kind"]:
        case "wait":
            return _with_deadline(step)
        case "first_of" if step["wait"] is not None:
            return {**step, "wait": _with_deadline(step["wait"])}
        case _:
            return step


def _with_deadline(waiting: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in waiting.items() if name != "duration_ms"}
    return {**rest, "deadline": {"duration_ms": waiting["duration_ms"]}}
