"""The shape of JSON: what kind of value it is in an author's words, and how deep it is nested."""

from __future__ import annotations

import orjson

from journeys.messages import JsonValue

MAX_DEPTH = 64
"""Levels of lists and objects in a payload, a profile or a response: what can be read deeper than
it can be written would be lost later."""
MAX_VALUE_BYTES = 64 * 1024
"""The field's limit for an event (`journey-semantics` A.2), and for whatever a step writes."""

MAX_KEY_LENGTH = 512
"""Characters of a profile id (`faults` I3)."""


def too_deep(value: JsonValue, levels: int = MAX_DEPTH) -> bool:
    """Say whether a value is nested deeper than so many levels."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(too_deep(item, levels - 1) for item in inner)


def too_large(value: JsonValue) -> bool:
    """Say whether a value, as text, is longer than a record may be."""
    return len(orjson.dumps(value)) > MAX_VALUE_BYTES


def json_kind(value: object) -> str:
    """Name the kind of a JSON value, with its article."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def same_json(one: JsonValue, other: JsonValue) -> bool:
    """Compare as JSON does: true is not 1."""
    return one == other and isinstance(one, bool) is isinstance(other, bool)
