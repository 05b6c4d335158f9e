"""JSON Schemas as authors use them, turned into the types that expressions are checked against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import fastjsonschema
import orjson

from journeys.errors import JourneyError
from journeys.expressions import types
from journeys.expressions.regex import Match
from journeys.expressions.regex import compiled as pattern_of
from journeys.expressions.types import Type
from journeys.json_shape import json_kind, same_json
from journeys.messages import JsonObject, JsonValue

Validator: TypeAlias = Callable[[JsonValue], object]
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
    except (RecursionError, SyntaxError) as error:  # generated code has its bounds too
        message = "it is nested too deeply"
        raise SchemaError(message) from error
    except Exception as error:  # whatever a wrong shape makes the generator stumble over
        message = f"some keyword in it holds what it cannot ({error})"
        raise SchemaError(message) from error
    generated: Any = compiled
    _match_in_linear_time(generated.__globals__["REGEX_PATTERNS"], schema)
    _check_ends(compiled)
    return compiled


def _match_in_linear_time(compiled: dict[str, Any], schema: JsonObject) -> None:
    """Put patterns of RE2 where the generator put Python's, which may take a text for ever."""
    for pattern in compiled.keys() & set(_patterns(schema)):
        linear = pattern_of(pattern)
        if isinstance(linear, str):
            message = f"{linear} (in {pattern!r})"
            raise SchemaError(message)
        compiled[pattern] = _Linear(linear.first)


def _patterns(value: JsonValue) -> Iterator[str]:
    """Give every text of a schema that may be a pattern, wherever it stands."""
    if isinstance(value, dict):
        pattern, named = value.get("pattern"), value.get("patternProperties")
        if isinstance(pattern, str):
            yield pattern
        if isinstance(named, dict):
            yield from named
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _patterns(item)


@dataclass(frozen=True, slots=True)
class _Linear:
    """As much of Python's pattern as generated code calls."""

    search: Callable[[str], Match | None]


def _check_ends(validate: Validator) -> None:
    """Refuse a schema that is its own definition, such as `{"$ref": "#"}`."""
    try:
        validate({})
    except fastjsonschema.JsonSchemaValueException:
        return
    except RecursionError as error:
        message = "it refers to itself without end"
        raise SchemaError(message) from error


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

    def field(self, schema: JsonObject, name: str) -> JsonObject | None:
        """Give what a schema says of a field; None where it names others and not this one."""
        properties: JsonObject = {}
        for part in self.parts(schema):
            named = part.get("properties")
            properties |= named if isinstance(named, dict) else {}
        more = schema.get("additionalProperties")
        if name in properties or isinstance(more, dict):
            return resolve(self.root, properties.get(name, more))
        return None if properties and more is not True else {}

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


_OF_WHOLES = ("required", "minProperties", "dependencies", "not", "if", "then", "else")
"""Keywords that ask what is missing: a part of a record cannot answer."""
_SCHEMAS_BY_NAME = ("properties", "patternProperties", "definitions", "$defs")


def patch_schema(schema: JsonValue) -> JsonObject:
    """Give what a schema asks of a merge patch: of what is said, and not of what is left out.

    Lists stay as they are: a patch replaces them as a whole.
    """
    if not isinstance(schema, dict):
        return schema  # type: ignore[return-value]  # true or false, which are schemas too
    kept: JsonObject = {}
    for name, value in schema.items():
        if name in _SCHEMAS_BY_NAME and isinstance(value, dict):
            kept[name] = {each: patch_schema(below) for each, below in value.items()}
        elif name in ("allOf", "anyOf", "oneOf") and isinstance(value, list):
            kept[name] = [patch_schema(below) for below in value]
        elif name == "additionalProperties":
            kept[name] = patch_schema(value)
        elif name not in _OF_WHOLES:
            kept[name] = value
    if "oneOf" in kept:  # of a part, several may be true that exclude each other for the whole
        composed = kept.get("allOf")
        several: JsonObject = {"anyOf": kept.pop("oneOf")}
        kept["allOf"] = [*(composed if isinstance(composed, list) else []), several]
    return kept


def without_removals(root: JsonObject, patch: JsonObject) -> JsonObject:
    """Leave out of a merge patch what it removes, but for what the schema requires."""
    return _without_removals(_Reader(root), root, patch)


def _without_removals(reader: _Reader, schema: JsonObject, patch: JsonObject) -> JsonObject:
    required: set[JsonValue] = set()
    for part in reader.parts(schema):
        named = part.get("required")
        required |= {*named} if isinstance(named, list) else set()
    return {
        name: _without_removals(reader, reader.field(schema, name) or {}, value)
        if isinstance(value, dict)
        else value
        for name, value in patch.items()
        if value is not None or name in required
    }


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


def contradiction(root: JsonObject, path: Iterable[str], value: JsonValue) -> str | None:
    """Say why no payload of a schema has a value at a path, as far as that is plain."""
    reader, schema = _Reader(root), root
    for name in path:
        found = reader.field(schema, name)
        if found is None:
            return None if name in ENVELOPE else f"the schema names no field '{name}'"
        schema = found
    for part in reader.parts(schema):
        choices = part.get("enum", [part["const"]] if "const" in part else None)
        if isinstance(choices, list) and not any(same_json(value, each) for each in choices):
            listed = ", ".join(orjson.dumps(each).decode() for each in choices[:12])
            return f"the schema allows only {listed}"
        named = part.get("type")
        names = named if isinstance(named, list) else [named]
        if named is not None and not _TYPES[json_kind(value)] & {str(name) for name in names}:
            return f"the schema says {' or '.join(str(name) for name in names)}"
    return None


_TYPES: Mapping[str, frozenset[str]] = {
    json_kind(example): frozenset(names)
    for example, names in (
        (None, ("null",)),
        (True, ("boolean",)),
        (1, ("integer", "number")),
        ("", ("string",)),
        ([], ("array",)),
        ({}, ("object",)),
    )
}
"""What JSON Schema calls each kind of value."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A field that says who a record is about, by the mark `x-identity`."""

    namespace: str
    """Such as `ecid` or `email`."""
    primary: bool = False
    """Whether this is the one that the record is keyed by."""


IDENTITY = "x-identity"
"""The mark of a field of a schema: `{"namespace": "ecid", "primary": true}`."""


def identities(root: JsonObject) -> tuple[list[Identity], list[tuple[int, str, str]]]:
    """Give the identities that a schema marks, and what is wrong with the marks.

    A fault is which mark of the file it is, counted from 0, what is wrong, and what to do.
    """
    found: list[Identity] = []
    faults: list[tuple[int, str, str]] = []
    for n, schema in enumerate(_marked(root)):
        fault = _mark_fault(schema) or _second_primary(schema, found)
        if fault is not None:
            faults.append((n, *fault))
            continue
        mark = cast("dict[str, Any]", schema[IDENTITY])
        found.append(Identity(mark["namespace"], mark.get("primary", False)))
    return found, faults


def primary_identity(root: JsonObject) -> str | None:
    """Give the dotted path of the field that a schema marks as the primary identity."""
    properties = root.get("properties")
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        if not isinstance(schema, dict):
            continue
        mark = schema.get(IDENTITY)
        if isinstance(mark, dict) and mark.get("primary") is True:
            return name
        below = primary_identity(schema)
        if below is not None:
            return f"{name}.{below}"
    return None


def _marked(value: JsonValue) -> Iterator[JsonObject]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == IDENTITY:
                yield value
            else:
                yield from _marked(item)
    elif isinstance(value, list):
        for item in value:
            yield from _marked(item)


def _mark_fault(schema: JsonObject) -> tuple[str, str] | None:
    mark = schema[IDENTITY]
    form = 'write `"x-identity": {"namespace": "ecid", "primary": true}`'
    if not isinstance(mark, dict):
        return f"the mark is {json_kind(mark)}; expected an object", form
    unknown = sorted(mark.keys() - {"namespace", "primary"})
    if unknown:
        return f"unknown field '{unknown[0]}' in the mark", form
    namespace = mark.get("namespace")
    if not isinstance(namespace, str) or not namespace:
        return "the mark names no namespace", form
    if not isinstance(mark.get("primary", False), bool):
        return f"'primary' is {json_kind(mark['primary'])}; expected true or false", form
    if _type_name(schema) not in ("string", None):
        message = f"an identity is a text, but this field is of type {_type_name(schema)}"
        return message, "mark the field that holds the id itself"
    return None


def _second_primary(schema: JsonObject, found: Iterable[Identity]) -> tuple[str, str] | None:
    mark = cast("JsonObject", schema[IDENTITY])
    first = next((identity for identity in found if identity.primary), None)
    if not mark.get("primary") or first is None:
        return None
    message = f"the schema has a primary identity already, of the namespace '{first.namespace}'"
    return message, "a record is keyed by one: remove `primary` from the others"


def _type_name(schema: JsonObject) -> str | None:
    named = schema.get("type")
    names = [n for n in (named if isinstance(named, list) else [named]) if n != "null"]
    if len(names) == 1 and isinstance(names[0], str):
        return names[0]
    return "object" if "properties" in schema or "allOf" in schema else None
