"""JSON Schemas as authors use them, turned into the types that expressions are checked against."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import fastjsonschema

from journeys.errors import JourneyError
from journeys.expressions import types
from journeys.expressions.types import Type
from journeys.messages import JsonObject, JsonValue

Validator: TypeAlias = Callable[[JsonObject], object]
MAX_DEPTH = 16
"""Below this a schema that refers to itself is taken for anything."""
_SCALARS = {"integer": types.INTEGER, "number": types.DECIMAL, "boolean": types.BOOLEAN}
_TEXTS = {
    "date-time": types.DATE_TIME,
    "date": types.DATE_ONLY,
    "duration": types.DURATION,
}
ENVELOPE = {
    "_id": types.STRING,
    "eventType": types.STRING,
    "timestamp": types.DATE_TIME,
    "identityMap": types.OPEN_OBJECT,
}
"""What every experience event has, whether or not its schema says so."""


class SchemaError(JourneyError):
    """A value that is no JSON Schema."""


def validator(schema: JsonObject) -> Validator:
    """Make a function that holds a payload against a schema, and changes nothing in it.

    References lead only to places in the same schema: nothing is read from anywhere else.

    Raises:
        SchemaError: this is no JSON Schema.
    """
    try:
        compiled: Validator = fastjsonschema.compile(
            schema,
            handlers=dict.fromkeys(("http", "https", "ftp", "file"), _refuse),
            use_default=False,
        )
    except fastjsonschema.JsonSchemaDefinitionException as error:
        raise SchemaError(str(error)) from error
    except SchemaError:
        raise
    except Exception as error:  # whatever a wrong shape makes the generator stumble over
        message = f"some keyword in it holds what it cannot ({error})"
        raise SchemaError(message) from error
    return compiled


def _refuse(uri: str) -> JsonObject:
    message = f"it refers to {uri}, outside of itself"
    raise SchemaError(message)


def type_of(root: JsonObject) -> Type:
    """Give the type of the values that a schema describes.

    An object that names its properties is closed: reading another name is a fault that a checker
    can report. A schema that says nothing of a value allows anything.
    """
    return _Reader(root).type_of(root, 0)


def event_type_of(schema: JsonObject) -> Type:
    """Give the type of an event's payload: its schema's, and the envelope around it."""
    if not schema:
        return types.OPEN_OBJECT
    payload = type_of(schema)
    return types.object_of({**ENVELOPE, **payload.fields}, rest=payload.rest)


class _Reader:
    def __init__(self, root: JsonObject) -> None:
        self.root = root

    def type_of(self, schema: JsonValue, depth: int) -> Type:
        schema = resolve(self.root, schema)
        if not schema or depth > MAX_DEPTH:
            return types.ANY
        name = _type_name(schema)
        if name in _SCALARS:
            return _SCALARS[name]
        if name == "string":
            return _TEXTS.get(str(schema.get("format")), types.STRING)
        if name == "array":
            return types.list_of(self.type_of(schema.get("items"), depth + 1))
        if name == "object":
            return self.object_of(schema, depth)
        return types.ANY

    def object_of(self, schema: JsonObject, depth: int) -> Type:
        fields: dict[str, Type] = {}
        for part in self.parts(schema):
            named = part.get("properties")
            if isinstance(named, dict):
                fields |= {name: self.type_of(value, depth + 1) for name, value in named.items()}
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            return types.object_of(fields, rest=self.type_of(more, depth + 1))
        return types.object_of(fields, rest=None if fields else types.ANY)

    def parts(self, schema: JsonObject) -> list[JsonObject]:
        """Give the schema and everything it takes together by `allOf`, as XDM composes."""
        composed = schema.get("allOf")
        more = composed if isinstance(composed, list) else []
        return [schema, *(resolve(self.root, part) for part in more)]


def resolve(root: JsonObject, schema: JsonValue) -> JsonObject:
    """Follow `$ref` inside the same file; what leads nowhere says nothing."""
    for _ in range(MAX_DEPTH):
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        target: JsonValue = root
        for name in reference[2:].split("/"):
            target = target.get(name) if isinstance(target, dict) else None
        schema = target
    return {}


def _type_name(schema: JsonObject) -> str | None:
    named = schema.get("type")
    names = [n for n in (named if isinstance(named, list) else [named]) if n != "null"]
    if len(names) == 1 and isinstance(names[0], str):
        return names[0]
    return "object" if "properties" in schema or "allOf" in schema else None
