"""Rows of tables that a project holds itself, in CSV files and JSON lines, or in a scenario."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import cast

import orjson

from journeys.compiler.vocabulary import Vocabulary
from journeys.definitions import DatasetDefinition
from journeys.diagnostics import Code, Place, near
from journeys.document import Document
from journeys.expressions import types
from journeys.expressions.errors import Severity
from journeys.expressions.types import Type
from journeys.json_shape import json_kind
from journeys.messages import JsonObject, JsonValue
from journeys.schema import type_of
from journeys.tables import RowError, Table, row_of

_READ = (".csv", ".jsonl")
_REFUSED = "the job would refuse it as a dead letter"


def tables_in_files(vocabulary: Vocabulary) -> dict[str, Table]:
    """Read the tables whose files lie in the project; report rows that cannot be taken.

    What is no text, or too large, is not among the files of a project: such a table has no rows
    here, and gets them when it is ingested.
    """
    tables = {}
    for dataset in vocabulary.datasets.values():
        if dataset.holds == "table":
            tables[dataset.id] = table = Table()
            for name in sorted(vocabulary.project.files):
                if name.endswith(_READ) and _is_one(name, dataset.files or ""):
                    _take_file(vocabulary, dataset, table, name)
    return tables


def _is_one(name: str, pattern: str) -> bool:
    """Say whether a pattern names a file; `*` stands for no slash."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _take_file(vocabulary: Vocabulary, dataset: DatasetDefinition, table: Table, name: str) -> None:
    text = vocabulary.project.files[name]
    read = _csv_rows if name.endswith(".csv") else _json_rows
    for line, found in read(text, dataset.payload_schema):
        fault = found if isinstance(found, str) else _take(dataset, table, found)
        if fault is not None:
            place, report = Place(name, line), vocabulary.project.report
            report(place, Code.ROW, fault, _REFUSED, Severity.WARNING)


def _json_rows(text: str, schema: JsonObject) -> Iterator[tuple[int, JsonObject | str]]:
    del schema
    for line, written in enumerate(text.split("\n"), start=1):
        if written.strip():
            yield line, _json_row(written)


def _json_row(written: str) -> JsonObject | str:
    try:
        found = orjson.loads(written)
    except orjson.JSONDecodeError as error:
        return f"the line is not JSON: {error}"
    if not isinstance(found, dict):
        return f"the line holds {json_kind(found)}; expected a JSON object"
    return cast("JsonObject", found)


def _csv_rows(text: str, schema: JsonObject) -> Iterator[tuple[int, JsonObject | str]]:
    columns = type_of(schema)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        names = next(reader, [])
        for cells in reader:
            if len(cells) == len(names):
                pairs = zip(names, cells, strict=True)
                row = {n: _cell(columns.fields.get(n), cell) for n, cell in pairs if cell != ""}
                yield reader.line_num, row
            elif cells:
                yield reader.line_num, f"the row has {len(cells)} cells; expected {len(names)}"
    except csv.Error as error:
        yield reader.line_num, f"the row is no CSV: {error}"


_WORDS = {"true": True, "false": False}


def _cell(column: Type | None, cell: str) -> JsonValue:
    """Read a cell as its schema says; what is no such value stays a text, and the schema tells."""
    if column == types.BOOLEAN:
        return _WORDS.get(cell.lower(), cell)
    if column not in (types.INTEGER, types.DECIMAL):
        return cell
    try:
        return cast("JsonValue", orjson.loads(cell))
    except orjson.JSONDecodeError:
        return cell


def _take(dataset: DatasetDefinition, table: Table, row: JsonObject) -> str | None:
    """Take a row into its table; say why that is not possible, if so."""
    try:
        table.put(*row_of(dataset, row))
    except RowError as error:
        return str(error)
    return None


def tables_in_scenario(
    vocabulary: Vocabulary, document: Document, written: Mapping[str, Iterable[JsonObject]]
) -> dict[str, Table]:
    """Read the tables of a scenario; report rows that cannot be taken."""
    tables = {}
    for name, rows in written.items():
        dataset = vocabulary.datasets.get(name)
        if dataset is None or dataset.holds != "table":
            if name not in vocabulary.broken.get("dataset", ()):
                known = [one.id for one in vocabulary.datasets.values() if one.holds == "table"]
                message = f"'{name}' is no dataset that holds a table"
                place = document.place(("tables", name), key=True)
                hint = near(name, known)
                vocabulary.project.report(place, Code.UNKNOWN_DATASET, message, hint)
            continue
        tables[name] = table = Table()
        for n, row in enumerate(rows):
            fault = _take(dataset, table, row)
            if fault is not None:
                place = document.place(("tables", name, n))
                vocabulary.project.report(place, Code.ROW, fault, _REFUSED)
    return tables
