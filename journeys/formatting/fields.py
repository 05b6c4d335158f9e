"""What the form of a definition says of its fields: their order, and which are expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from journeys.actions import ACTIONS
from journeys.activities import STEP_SPECS
from journeys.formatting.written import Collection, Entry, Scalar
from journeys.kinds import KINDS
from journeys.messages import JsonValue
from journeys.specification import ActionSpec, Expression, Path

_Models = tuple[type[BaseModel], ...]
_DEFINITION = (
    "kind",
    "id",
    "label",
    "description",
    "version",
    "journey",
    "channel",
    "category",
    "namespace",
    "timezone",
    "schema",
    "match",
)
"""How a definition begins; what stands in neither list stays as its author ordered it."""
_DEFINITION_END = ("entry", "exit", "in_flight", "map", "steps")


def put_in_order(root: Collection) -> None:
    """Order the fields of a definition, of its steps and of their branches."""
    _sort(root, _DEFINITION, _DEFINITION_END)
    steps = (e.value for e in root.entries if e.key and e.key.text == "steps")
    for step in (step for found in steps for step in _collections(found)):
        _sort(step, ("label",), ("on", "max_visits", "next"))
        lists = (value for value in _collections(step) if not value.is_mapping)
        for branch in (branch for branches in lists for branch in _collections(branches)):
            _sort(branch, ("label",), ("to",))


def _collections(value: Scalar | Collection) -> list[Collection]:
    """Give those mappings and lists that stand directly in a value."""
    entries = value.entries if isinstance(value, Collection) else []
    return [entry.value for entry in entries if isinstance(entry.value, Collection)]


def _sort(collection: Collection, first: tuple[str, ...], last: tuple[str, ...]) -> None:
    def rank(entry: Entry) -> int:
        name = entry.key.text if entry.key else ""
        if name in last:
            return len(first) + 1 + last.index(name)
        return first.index(name) if name in first else len(first)

    collection.entries.sort(key=rank)


def scalar_at(root: Collection, path: Path) -> Scalar | None:
    """Give the scalar at a path."""
    here: Scalar | Collection = root
    for name in path:
        if isinstance(here, Scalar):
            return None
        if isinstance(name, int):
            here = here.entries[name].value
        else:
            here = next(e.value for e in here.entries if e.key and e.key.text == name)
    return here if isinstance(here, Scalar) else None


def expression_paths(definition: JsonValue) -> Iterator[Path]:
    """Name every place of a definition where its form asks for an expression."""
    if not isinstance(definition, dict):
        return
    kind = definition.get("kind")
    model: Any = KINDS.get(kind) if isinstance(kind, str) else None
    if model is ActionSpec:
        model = ACTIONS.get(str(definition.get("channel")))
    yield from _expressions(definition, (model,) if model else (), ())
    steps = definition.get("steps") if kind == "journey" else None
    for name, step in steps.items() if isinstance(steps, dict) else ():
        if isinstance(step, dict):
            models = tuple(STEP_SPECS[key] for key in step if key in STEP_SPECS)
            yield from _expressions(step, models, ("steps", name))


def _expressions(value: JsonValue, models: _Models, path: Path) -> Iterator[Path]:
    """Walk a value and the models that may describe it at the same time."""
    if isinstance(value, list):
        for n, item in enumerate(value):
            yield from _expressions(item, models, (*path, n))
    if not isinstance(value, dict):
        return
    for name, child in value.items():
        known = [fields[name] for model in models if name in (fields := _fields(model))]
        if isinstance(child, str) and any(field.is_expression for field in known):
            yield (*path, name)
        elif known:
            yield from _expressions(child, tuple(m for f in known for m in f.models), (*path, name))


@dataclass(frozen=True, slots=True)
class _Field:
    is_expression: bool
    models: _Models
    """What may stand in it, if that has fields itself."""


@cache
def _fields(model: type[BaseModel]) -> dict[str, _Field]:
    hints = get_type_hints(model, include_extras=True)
    return {field.alias or name: _field(hints[name]) for name, field in model.model_fields.items()}


def _field(hint: object) -> _Field:
    parts = list(_parts(hint))
    models = (part for part in parts if isinstance(part, type) and issubclass(part, BaseModel))
    return _Field(Expression in parts, tuple(models))


def _parts(hint: object) -> Iterator[object]:
    """Give an annotation and all that it is made of."""
    yield hint
    if hint != Expression:
        for part in get_args(hint):
            yield from _parts(part)
