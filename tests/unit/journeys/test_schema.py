"""JSON Schemas as types, and as judges of payloads."""

from __future__ import annotations

import pytest

from journeys.messages import JsonObject
from journeys.schema import SchemaError, event_type_of, type_of, validator


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date-time"}, "dateTime"),
        ({"type": "string", "format": "date"}, "dateOnly"),
        ({"type": "string", "format": "duration"}, "duration"),
        ({"type": "string", "format": "email"}, "string"),
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "decimal"),
        ({"type": "boolean"}, "boolean"),
        ({"type": ["string", "null"]}, "string"),
        ({"type": ["string", "integer"]}, "any"),
        ({"type": "null"}, "any"),
        ({}, "any"),
        ({"enum": ["a"]}, "any"),
        ({"type": "array", "items": {"type": "integer"}}, "listInteger"),
        ({"type": "array"}, "listAny"),
        ({"properties": {}}, "object"),
    ],
)
def test_a_schema_gives_a_type(schema: JsonObject, expected: str) -> None:
    assert str(type_of(schema)) == expected


def test_an_object_that_names_its_fields_is_closed() -> None:
    found = type_of({"type": "object", "properties": {"a": {"type": "integer"}}})
    assert (str(found.fields["a"]), found.rest) == ("integer", None)


def test_an_object_that_names_none_is_open_and_a_map_has_one_type() -> None:
    assert str(type_of({"type": "object"}).rest) == "any"
    assert str(type_of({"type": "object", "additionalProperties": {"type": "integer"}}).rest) == (
        "integer"
    )


def test_parts_are_taken_together_and_references_followed() -> None:
    root: JsonObject = {
        "allOf": [{"$ref": "#/definitions/base"}, {"properties": {"b": {"type": "string"}}}],
        "definitions": {"base": {"properties": {"a": {"type": "integer"}}}},
    }
    assert set(type_of(root).fields) == {"a", "b"}


@pytest.mark.parametrize("reference", ["#/nowhere", "#", "other.json", 7])
def test_a_reference_that_leads_nowhere_is_anything(reference: object) -> None:
    assert type_of({"$ref": reference}) is not None  # type: ignore[dict-item]


def test_a_schema_that_refers_to_itself_ends() -> None:
    own: JsonObject = {"next": {"$ref": "#"}, "me": {"$ref": "#/x"}}
    root: JsonObject = {"type": "object", "properties": own}
    root["x"] = {"$ref": "#/x"}
    assert type_of(root) is not None


def test_an_event_has_an_envelope_besides_its_schema() -> None:
    found = event_type_of({"properties": {"total": {"type": "number"}}})
    assert set(found.fields) == {"_id", "eventType", "timestamp", "identityMap", "total"}
    assert event_type_of({}).rest is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"type": 5},
        {"properties": []},
        {"allOf": 5},
        {"pattern": "("},
        {"$ref": "#/nowhere"},
        {"$ref": 5},
        {"$ref": "https://example.org/schema.json"},
        {"$ref": "file:///etc/passwd"},
    ],
)
def test_what_is_no_schema_is_refused_and_nothing_is_fetched(schema: JsonObject) -> None:
    with pytest.raises(SchemaError):
        validator(schema)
