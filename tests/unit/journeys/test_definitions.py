"""Which records are an event."""

from __future__ import annotations

import pytest

from journeys.definitions import EventDefinition
from journeys.messages import JsonObject, JsonValue


@pytest.mark.parametrize(
    ("fields", "payload", "expected"),
    [
        ({}, {}, True),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": None}, {}, True),
        ({"a.b": "x"}, {"a": {"b": "x"}}, True),
        ({"a.b": "x"}, {"a": "b"}, False),
        ({"a.b": "x"}, {"a": [{"b": "x"}]}, False),
        ({"a": [1, 2]}, {"a": [1, 2]}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
    ],
)
def test_fields_must_have_their_values(
    fields: dict[str, JsonValue], payload: JsonObject, *, expected: bool
) -> None:
    assert EventDefinition("e", "t", fields).matches("t", payload, 0) is expected


def test_a_type_must_be_the_same_and_none_is_any() -> None:
    assert not EventDefinition("e", "t").matches("u", {}, 0)
    assert EventDefinition("e").matches("u", {}, 0)


def test_a_condition_must_hold_and_null_is_no() -> None:
    definition = EventDefinition("e", "t", when="@event{e.total} > 5")
    assert definition.matches("t", {"total": 6}, 0)
    assert not definition.matches("t", {"total": 5}, 0)
    assert not definition.matches("t", {}, 0)
    assert definition.names("t", {}), "a condition is over events, it does not name them"


def test_a_payload_is_held_against_the_schema() -> None:
    schema: JsonObject = {"properties": {"a": {"items": {"type": "string"}}}, "required": ["b"]}
    definition = EventDefinition("e", payload_schema=schema)
    assert definition.fault({"b": 1, "a": ["x"]}) is None
    assert definition.fault({"b": 1, "a": ["x", 2]}) == "/a/1: must be string"
    assert definition.fault({}) == "/: must contain ['b'] properties"
    assert EventDefinition("e").fault({"anything": 1}) is None
