"""Lookups in tables: what they name, what they look under, and what expressions read then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from journeys.activities.dataset_lookup import ROWS
from journeys.activities.lookup import LookupSpec
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.diagnostics import Code, near
from journeys.document import Document
from journeys.expressions import types
from journeys.expressions.types import Kind, Type
from journeys.specification import Path, StepSpec

_KEYS = (Kind.STRING, Kind.INTEGER, Kind.DECIMAL, Kind.ANY, Kind.NULL)
_OF_SOURCES, _OF_TABLES = ("arguments", "with"), ("fields", "fields")
_Fault: TypeAlias = tuple[Path, Code, str, str]


def tables_read(vocabulary: Vocabulary, steps: Iterable[StepSpec]) -> dict[str, Type]:
    """Give the tables that steps read, with the types of what is found: fields of a row, rows."""
    found: dict[str, Type] = {}
    for step in steps:
        if isinstance(step, LookupSpec) and step.reads_table:
            row = _kept(vocabulary.row_type(step.lookup), step.fields)
            read = types.object_of({ROWS: types.list_of(row)}) if step.keys is not None else row
            found[step.lookup] = _either(found.get(step.lookup), read)
    return found


def everything(vocabulary: Vocabulary) -> Names:
    """Give all that a message may name in some journey."""
    sources, tables = vocabulary.ids["source"], all_tables(vocabulary)
    return Names(vocabulary.events.keys(), None, sources=sources, tables=tables)


def all_tables(vocabulary: Vocabulary) -> dict[str, Type]:
    """Give every table with the types of what may be found, however it is looked up."""
    tables = (name for name, found in vocabulary.datasets.items() if found.holds == "table")
    rows = ((name, vocabulary.row_type(name)) for name in tables)
    return {name: _either(row, types.object_of({ROWS: types.list_of(row)})) for name, row in rows}


def _kept(row: Type, fields: Iterable[str]) -> Type:
    named = {name: row.fields.get(name, row.rest or types.ANY) for name in fields}
    return types.object_of(named) if named else row


def _either(one: Type | None, other: Type) -> Type:
    """Give the type of what one lookup or another has found in a table."""
    if one is None:
        return other
    return types.object_of({**one.fields, **other.fields}, rest=one.rest or other.rest)


def check_lookup(
    vocabulary: Vocabulary, document: Document, name: str, step: LookupSpec, names: Names
) -> None:
    """Check a lookup by itself: what it is given, and the table."""
    at: Path = ("steps", name)
    for path, code, message, hint in _faults(vocabulary, step):
        vocabulary.project.report(document.place((*at, *path)), code, message, hint)
    if step.key is not None:
        found = vocabulary.check_expression(document, (*at, "key"), step.key, names)
        if found is not None and found.kind not in _KEYS:
            is_list = found.kind is Kind.LIST
            hint = "write `keys` for a list of them" if is_list else "use toString(…), or a field"
            message = f"a key is a text or a number, but this is {found}"
            vocabulary.mistyped(document, (*at, "key"), step.key, message, hint)
    if step.keys is not None:
        found = vocabulary.check_expression(document, (*at, "keys"), step.keys, names)
        if found is not None and not _are_keys(found):
            message = f"the keys are a list of texts or numbers, but this is {found}"
            hint = "write `key` for one of them"
            vocabulary.mistyped(document, (*at, "keys"), step.keys, message, hint)


def _are_keys(found: Type) -> bool:
    if found.kind is Kind.LIST:
        return found.item is None or found.item.kind in _KEYS
    return found.kind in (Kind.ANY, Kind.NULL)


def _faults(vocabulary: Vocabulary, step: LookupSpec) -> Iterator[_Fault]:
    if step.key is not None and step.keys is not None:
        yield ("keys",), Code.ONE_OF, "`key` and `keys` exclude each other", "keep one of them"
    name, written = _OF_SOURCES if step.reads_table else _OF_TABLES
    if getattr(step, name):
        is_for = "sources" if step.reads_table else "tables"
        message = f"`{written}` is for lookups in {is_for}"
        hint = "the key says which row" if step.reads_table else "give the `key` of a row too"
        yield (written,), Code.LOOKUP, message, f"{hint}; else remove it"
    if step.on.missing is not None and not step.reads_table:
        message = "this way is never taken: a source that does not answer is an `error`"
        yield ("on", "missing"), Code.LOOKUP, message, "write `error`"
    if step.on.timeout is not None and step.reads_table:
        message = "this way is never taken: a table answers at once"
        yield ("on", "timeout"), Code.LOOKUP, message, "remove it"
    if step.reads_table:
        yield from _table_faults(vocabulary, step)


def _table_faults(vocabulary: Vocabulary, step: LookupSpec) -> Iterator[_Fault]:
    dataset = vocabulary.datasets.get(step.lookup)
    if dataset is None:
        return
    if dataset.holds != "table":
        message = f"the dataset '{step.lookup}' holds {dataset.holds}, and no table"
        yield ("lookup",), Code.LOOKUP, message, "look up a dataset with `holds: table`"
        return
    row = vocabulary.row_type(step.lookup)
    for n, field in enumerate(step.fields):
        if field not in row.fields and row.rest is None:
            message = f"rows of '{step.lookup}' have no field '{field}'"
            yield ("fields", n), Code.LOOKUP, message, near(field, row.fields)
