"""The shape of JSON: of what kind a value is in an author's words, how deep, and what is where."""

from __future__ import annotations

from collections.abc import Iterable

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


def value_at(value: JsonValue, names: Iterable[str]) -> JsonValue:
    """Give what lies at a path through objects; None where nothing does."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def pointer_to(names: Iterable[str]) -> str:
    """Write a path through objects as messages name a field: `/address/city`."""
    return "/" + "/".join(names)


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
