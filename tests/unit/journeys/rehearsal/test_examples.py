"""What is drawn from a schema is allowed by it, and varies."""

from __future__ import annotations

import pytest

from journeys.messages import JsonObject
from journeys.rehearsal.draws import PLAINEST, Draws
from journeys.rehearsal.examples import Examples
from journeys.rehearsal.reads import Reads
from journeys.schema import validator
from tests.harness.person import START
from tests.harness.plans import RICH, plan_of

SCHEMAS: list[JsonObject] = [
    {"type": "object", "properties": {"a": {"const": 5}, "b": {"enum": ["x", "y", None]}}},
    {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 3}}},
    {"properties": {"n": {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3}}},
    {"properties": {"n": {"type": "number", "maximum": -5}, "m": {"type": "number"}}},
    {"properties": {"n": {"type": "integer", "multipleOf": 5, "minimum": 1, "maximum": 20}}},
    {"properties": {"t": {"type": "string", "minLength": 3, "maxLength": 4}}},
    {"properties": {"t": {"type": ["string", "null"]}, "u": {"type": "boolean"}}},
    {"properties": {"at": {"type": "string", "format": "date-time"}}},
    {"properties": {"on": {"type": "string", "format": "date"}}},
    {"properties": {"to": {"type": "string", "format": "email"}}},
    {"properties": {"l": {"type": "array", "minItems": 2, "items": {"type": "integer"}}}},
    {"properties": {"l": {"type": "array", "maxItems": 1, "items": {"enum": [1]}}}},
    {"properties": {"x": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}}},
    {"allOf": [{"$ref": "#/$defs/base"}], "$defs": {"base": {"properties": {"a": {"const": 1}}}}},
    {
        "properties": {"tree": {"$ref": "#/$defs/tree"}},
        "$defs": {"tree": {"properties": {"left": {"$ref": "#/$defs/tree"}, "n": {"enum": [1]}}}},
    },
    {"properties": {"anything": {}}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_values_fit_their_schema_and_vary(schema: JsonObject) -> None:
    judge = validator(schema)
    drawn = [Examples(Draws(n), START).object_of(schema) for n in range(60)]
    for value in [*drawn, Examples(PLAINEST, START).object_of(schema)]:
        judge(value)
    assert any(drawn)
    assert len({str(value) for value in drawn}) > 1


def test_optional_fields_are_sometimes_missing_and_required_ones_never() -> None:
    field: JsonObject = {"type": "integer"}
    schema: JsonObject = {"required": ["must"], "properties": {"must": field, "may": field}}
    drawn = [Examples(Draws(n), START).object_of(schema) for n in range(60)]
    assert all("must" in value for value in drawn)
    assert {"may" in value for value in drawn} == {True, False}


def test_fields_named_email_and_time_zone_hold_such_texts() -> None:
    schema: JsonObject = {"required": ["email", "timeZone"]}
    schema["properties"] = {"email": {"type": "string"}, "timeZone": {}}
    value = Examples(Draws(1), START).object_of(schema)
    assert "@" in str(value["email"])
    assert value["timeZone"] in {"Europe/Paris", "America/New_York", "Asia/Tokyo", "UTC"}


def test_what_a_journey_compares_with_is_drawn_often() -> None:
    reads = Reads(plan_of(RICH))
    assert {0, 1, 2, 99, 100, 101} <= set(reads.numbers)
    assert 3_600_000 in reads.durations
    field: JsonObject = {"total": {"type": "integer"}}
    schema: JsonObject = {"required": ["total"], "properties": field}
    drawn = [Examples(Draws(n), START, reads).object_of(schema)["total"] for n in range(200)]
    assert {100, 101, 1, 2} <= set(drawn)


def test_what_expressions_read_stands_in_for_a_schema() -> None:
    reads = Reads(plan_of(RICH))
    assert reads.schema_of("event", "signup") == {"properties": {"total": {}, "cart": {}}}
    assert reads.schema_of("event", "purchase") == {"properties": {"cart": {}}}
    assert reads.schema_of("profile")["properties"].keys() >= {"email"}  # type: ignore[union-attr]
    assert reads.schema_of("action", "ask") == {}


def test_a_schema_of_no_object_gives_an_empty_one() -> None:
    assert Examples(PLAINEST, START).object_of({"type": "string"}) == {}
