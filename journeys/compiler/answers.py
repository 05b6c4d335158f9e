"""What calls answer: of which type it is, and when it is a success."""

from __future__ import annotations

from typing import Any

from journeys.compiler.forms import Defined
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.definitions import Expected
from journeys.expressions import types
from journeys.expressions.types import Type
from journeys.messages import JsonObject
from journeys.schema import type_of


def add_answer(
    vocabulary: Vocabulary, defined: Defined[Any], schema: JsonObject, error_schema: JsonObject
) -> Expected | None:
    """Note what a call answers, and check the rule by which that is a success.

    Args:
        vocabulary: the names of the project.
        defined: the action or source.
        schema: of its response; empty where none is given.
        error_schema: of the response of a call that failed; likewise.
    """
    spec = defined.spec
    called = (spec.kind, spec.id)
    response = _type(schema)
    vocabulary.responses[called] = response
    vocabulary.response_schemas[called] = schema
    vocabulary.answers[called] = (
        _either(response, _type(error_schema)) if error_schema else response
    )
    success = getattr(spec, "success", None)
    if success is None:
        return Expected(schema) if schema else None
    sources = {spec.id} if spec.kind == "source" else frozenset()
    names = Names(set(), {spec.id: response}, sources=sources, person=False)
    vocabulary.check_condition(defined.document, ("success",), success, names)
    return Expected(schema, success, names.conversions.get(success, ()))


def _type(schema: JsonObject) -> Type:
    status = {"jo_status_code": types.STRING}
    if not schema:
        return types.object_of(status, rest=types.ANY)
    response = type_of(schema)
    return types.object_of({**response.fields, **status}, rest=response.rest)


def _either(one: Type, other: Type) -> Type:
    """Give the type of what is the one or the other: a field that they tell apart is anything."""
    fields = {**one.fields, **other.fields}
    for name in one.fields.keys() & other.fields.keys():
        fields[name] = types.common_type(one.fields[name], other.fields[name]) or types.ANY
    return types.object_of(fields, rest=one.rest or other.rest)
