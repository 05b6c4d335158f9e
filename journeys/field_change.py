"""Which fields of two records differ, down to the values that an author wrote."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

import orjson

from journeys.messages import JsonObject, JsonValue
from journeys.template import is_template, written


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that is another now; None where there is none."""

    path: str
    before: JsonValue
    after: JsonValue


def without(record: JsonObject, names: Container[str]) -> JsonObject:
    """Leave fields out of a record."""
    return {name: value for name, value in record.items() if name not in names}


def changed_fields(old: JsonObject, new: JsonObject) -> tuple[FieldChange, ...]:
    """Name every value that differs, by its path; templates are compared as written."""
    return tuple(
        change
        for name in {**old, **new}
        for change in _compared(name, _as_written(old.get(name)), _as_written(new.get(name)))
    )


def _as_written(value: JsonValue) -> JsonValue:
    return written(value) if is_template(value) else value


def _compared(path: str, old: JsonValue, new: JsonValue) -> Iterator[FieldChange]:
    """Go as deep as both sides have the same shape."""
    if _text(old) == _text(new):
        return
    old_parts, new_parts = _parts(old), _parts(new)
    if old_parts is None or new_parts is None:
        yield FieldChange(path, old, new)
        return
    for name in {**old_parts, **new_parts}:
        yield from _compared(f"{path}.{name}", old_parts.get(name), new_parts.get(name))
    reordered = common_names(old_parts, new_parts) != common_names(new_parts, old_parts)
    if isinstance(old, list) and reordered:
        yield FieldChange(f"{path}.order", list(old_parts), list(new_parts))


def common_names(names: Iterable[str], others: Container[str]) -> list[str]:
    """Give the names that others have too, in the order in which they stand here."""
    return [name for name in names if name in others]


def _parts(value: JsonValue) -> JsonObject | None:
    """Give the fields of an object, or the labelled members of a list."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return None
    labelled = {
        str(part["label"]): part for part in value if isinstance(part, dict) and "label" in part
    }
    return dict(labelled) if value and len(labelled) == len(value) else None


def _text(value: JsonValue) -> bytes:
    """Tell apart what JSON does: true is not 1."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
