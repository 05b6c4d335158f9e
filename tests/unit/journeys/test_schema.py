"""JSON Schemas as types, and as judges of payloads."""

from __future__ import annotations

from typing import cast

import pytest

from journeys.definitions import EventDefinition
from journeys.messages import JsonObject, JsonValue
from journeys.schema import (
    Identity,
    SchemaError,
    contradiction,
    event_type_of,
    identities,
    type_of,
    validator,
)
from tests.harness.quickly import assert_quick


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


SIGNUP: JsonObject = {
    "type": "object",
    "properties": {
        "eventType": {"const": "account.signup"},
        "plan": {"$ref": "#/definitions/plan"},
        "vip": {"type": ["boolean", "null"]},
        "size": {"type": "integer"},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
        "free": {},
        "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
    },
    "definitions": {"plan": {"type": "string", "enum": ["basic", "gold"]}},
}


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("eventType", "account.signup", None),
        ("eventType", "account.sign_up", 'the schema allows only "account.signup"'),
        ("plan", "gold", None),
        ("plan", "silver", 'the schema allows only "basic", "gold"'),
        ("vip", None, None),
        ("vip", "yes", "the schema says boolean or null"),
        ("size", True, "the schema says integer"),
        ("size", 1, None),
        ("address.city", "Paris", None),
        ("address.town", "Paris", "the schema names no field 'town'"),
        ("pln", "gold", "the schema names no field 'pln'"),
        ("timestamp", "2026-03-01T08:00:00Z", None),
        ("free", 1, None),
        ("free.deeper", 1, None),
        ("either", True, None),
    ],
)
def test_a_value_that_no_payload_can_have_is_known(
    path: str, value: JsonValue, why: str | None
) -> None:
    assert contradiction(SIGNUP, path.split("."), value) == why


def test_fields_that_a_schema_leaves_open_can_come() -> None:
    fields: JsonObject = {"a": {"type": "string"}}
    of_numbers: JsonObject = {"properties": fields, "additionalProperties": {"type": "number"}}
    assert contradiction({"properties": fields, "additionalProperties": True}, ["b"], 1) is None
    assert contradiction(of_numbers, ["b"], 1) is None
    assert contradiction(of_numbers, ["b"], "x") == "the schema says number"


def test_without_a_schema_any_value_can_come() -> None:
    assert contradiction({}, ["plan"], "gold") is None


def marked(**marks: object) -> JsonObject:
    fields = {name: {"type": "string", "x-identity": mark} for name, mark in marks.items()}
    return cast("JsonObject", {"type": "object", "properties": fields})


def test_identities_are_read_wherever_they_are_marked() -> None:
    nested: JsonObject = {"items": marked(phone={"namespace": "phone"}), "type": "array"}
    schema: JsonObject = {
        **marked(id={"namespace": "ecid", "primary": True}),
        "definitions": {"p": nested},
    }
    found, faults = identities(schema)
    assert found == [Identity("ecid", primary=True), Identity("phone")]
    assert faults == []


@pytest.mark.parametrize(
    "mark",
    ["ecid", {}, {"namespace": ""}, {"namespace": 3}, {"namespace": "a", "primry": True},
     {"namespace": "a", "primary": "yes"}],
)  # fmt: skip
def test_a_mark_of_another_form_is_a_fault(mark: object) -> None:
    found, faults = identities(marked(a={"namespace": "ecid"}, b=mark))
    assert found == [Identity("ecid")]
    assert [n for n, _, _ in faults] == [1]


def test_a_schema_has_one_primary_identity() -> None:
    one = {"namespace": "ecid", "primary": True}
    _, faults = identities(marked(a=one, b={"namespace": "email", "primary": True}))
    assert len(faults) == 1


def test_an_identity_is_a_text() -> None:
    schema: JsonObject = {"type": "object", "x-identity": {"namespace": "ecid"}}
    ((n, message, _),) = identities(schema)[1]
    assert (n, message) == (0, "an identity is a text, but this field is of type object")


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("^[A-Z]{2}\\d+$", "AB12", True),
        ("^[A-Z]{2}\\d+$", "AB12\n", False),
        ("b", "abc", True),
        ("^(a+)+$", "a" * 50_000 + "!", False),
        ("(x+x+)+y", "x" * 50_000, False),
    ],
)
def test_a_pattern_is_matched_in_linear_time(pattern: str, text: str, matches: bool) -> None:  # noqa: FBT001 - a parameter
    event = EventDefinition("a", payload_schema={"properties": {"a": {"pattern": pattern}}})
    assert (event.fault({"a": text}) is None) is matches
    assert_quick(lambda: event.fault({"a": text}))


def test_names_are_matched_in_linear_time_too() -> None:
    schema: JsonObject = {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}
    event = EventDefinition("a", payload_schema=schema)
    assert event.fault({"aaa": 1}) is None
    assert_quick(lambda: event.fault({"a" * 50_000 + "!": 1}))


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"properties": {"a": {"pattern": "^(?!x)"}}}, "linear time"),
        ({"patternProperties": {"(?<=x)": {}}}, "linear time"),
        ({"$ref": "#"}, "refers to itself without end"),
        ({"allOf": [{"$ref": "#"}]}, "refers to itself without end"),
    ],
)
def test_a_schema_that_could_hold_the_job_for_long_is_refused(schema: JsonObject, why: str) -> None:
    with pytest.raises(SchemaError, match=why):
        validator(schema)


def test_a_schema_nested_too_deeply_is_told_so() -> None:
    schema: JsonObject = {}
    for _ in range(60):
        schema = {"type": "object", "properties": {"a": schema}}
    with pytest.raises(SchemaError, match="nested too deeply"):
        validator(schema)


def test_what_only_looks_like_a_pattern_is_none() -> None:
    validator({"properties": {"pattern": {"enum": ["(?!x)"]}}, "examples": [{"pattern": "(?!x)"}]})


def test_a_payload_that_leads_a_schema_round_and_round_is_a_fault() -> None:
    schema: JsonObject = {
        "properties": {"x": {"$ref": "#/definitions/a"}},
        "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
    }
    assert "nested deeper" in str(EventDefinition("a", payload_schema=schema).fault({"x": 1}))
