"""The JSON Schema and the Avro schema of a step event, for whoever reads the topic.

Reads source files, which takes time: only what writes such a schema imports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from types import UnionType
from typing import Any, Final, NamedTuple, get_args, get_origin, get_type_hints

import orjson

from jobs.docstrings import docstrings, module_docstrings
from journeys import step_event
from journeys.step_event import INSTANTS, STEP_EVENT_VERSION, StepEvent

JSON_SCHEMA: Final = "step-event.schema.json"
AVRO: Final = "step-event.avsc"

_JSON: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}
_AVRO: Final = {str: "string", int: "long", float: "double", bool: "boolean"}


class DescribedField(NamedTuple):
    """A field of the record, as both schemas tell it."""

    name: str
    kind: type
    """`str`, `int`, `float`, `bool` or a closed vocabulary."""
    can_be_null: bool
    meaning: str
    default: object = MISSING
    """What a record of an older release, which has no such field, is read to hold."""


def schema_texts() -> Mapping[str, str]:
    """Give both schemas by the name of their file."""
    told = list(described_fields())
    schemas = {JSON_SCHEMA: _json_schema(told), AVRO: _avro(told)}
    return {
        name: orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode() + "\n"
        for name, schema in schemas.items()
    }


def described_fields() -> Iterator[DescribedField]:
    """Give every field of the record, in the order in which it is written."""
    types, meanings = get_type_hints(StepEvent), docstrings(StepEvent)
    for field in fields(StepEvent):
        declared = types[field.name]
        kind, can_be_null = declared, False
        if get_origin(declared) is UnionType:
            kind, can_be_null = next(t for t in get_args(declared) if t is not type(None)), True
        meaning = meanings[field.name]
        yield DescribedField(field.name, kind, can_be_null, meaning, field.default)
    constants = module_docstrings(step_event)
    for name, constant, default in (
        ("engine_version", "ENGINE_VERSION", None),
        ("schema_version", "STEP_EVENT_VERSION", STEP_EVENT_VERSION),
    ):
        kind = type(getattr(step_event, constant))
        yield DescribedField(name, kind, default is None, constants[constant], default)


def _words(kind: type) -> list[str] | None:
    return [str(word) for word in kind] if issubclass(kind, StrEnum) else None


def _json_schema(told: list[DescribedField]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Step event",
        "type": "object",
        "properties": {field.name: _json_field(field) for field in told},
        "required": [field.name for field in told],
    }


def _json_field(field: DescribedField) -> dict[str, Any]:
    described: dict[str, Any] = {"description": field.meaning}
    words: list[str | None] | None = [*(_words(field.kind) or ())] or None
    kind = "string" if words or field.name in INSTANTS else _JSON[field.kind]
    described["type"] = [kind, "null"] if field.can_be_null else kind
    if words is not None:
        described["enum"] = [*words, None] if field.can_be_null else words
    if field.name in INSTANTS:
        described["format"] = "date-time"
    return described


def _avro(told: list[DescribedField]) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "StepEvent",
        "namespace": "journeys",
        "doc": "One transition of one person. Closed vocabularies are texts, so that a reader does "
        "not stop at a word of a later release.",
        "fields": [_avro_field(field) for field in told],
    }


def _avro_field(field: DescribedField) -> dict[str, Any]:
    plain: Any = "string" if _words(field.kind) else _AVRO[field.kind]
    if field.name in INSTANTS:
        plain = {"type": "long", "logicalType": "timestamp-millis"}
    described: dict[str, Any] = {"name": field.name, "type": plain, "doc": field.meaning}
    if field.can_be_null:
        described["type"] = ["null", plain]
        described["default"] = None
    elif field.default is not MISSING:
        described["default"] = field.default
    return described
