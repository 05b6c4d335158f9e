"""What datasets say of profiles: the type of each attribute, where they agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from journeys.compiler.forms import Defined
from journeys.compiler.vocabulary import Vocabulary
from journeys.diagnostics import Code
from journeys.expressions import types
from journeys.expressions.types import Kind, Type
from journeys.schema import type_of


def check_datasets(vocabulary: Vocabulary, found: Iterable[Defined[Any]]) -> Type:
    """Report datasets that contradict what is known of profiles.

    Returns:
        What all of it says together. Attributes that nobody names may be anything: steps write
        them too.
    """
    union = vocabulary.profile
    for defined in found:
        dataset = vocabulary.datasets.get(defined.spec.id)
        if dataset is None or dataset.holds != "profiles" or not dataset.profile:
            continue
        given = type_of(dataset.payload_schema)
        for path, left, right in _conflicts(union, given):
            message = f"here the attribute '{path}' is {right}, and elsewhere {left}"
            hint = "give it one type in all schemas of profiles, or another name"
            place = defined.document.place(("schema",))
            vocabulary.project.report(place, Code.ATTRIBUTE_TYPES, message, hint)
        union = _union(union, given)
    return union


def _conflicts(left: Type, right: Type, path: str = "") -> Iterator[tuple[str, Type, Type]]:
    if left.kind is Kind.OBJECT and right.kind is Kind.OBJECT:
        for name, given in right.fields.items():
            if name in left.fields:
                yield from _conflicts(left.fields[name], given, f"{path}.{name}")
    elif types.common_type(left, right) is None:
        yield path[1:], left, right


def _union(left: Type, right: Type) -> Type:
    if right.kind is not Kind.OBJECT:
        return types.common_type(left, right) or types.ANY
    if left.kind is not Kind.OBJECT:
        return types.ANY
    fields = dict(left.fields)
    for name, given in right.fields.items():
        before = types.OPEN_OBJECT if given.kind is Kind.OBJECT else types.NULL
        fields[name] = _union(fields.get(name, before), given)
    return types.object_of(fields, rest=types.ANY)
