"""Rows as files hold them.

Cells of a table of texts become JSON here: named by a header, typed by a schema.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from journeys.clock import utc_instant
from journeys.expressions import types
from journeys.expressions.types import Kind, Type
from journeys.messages import JsonObject, JsonValue
from journeys.schema import type_of


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that has not the form of its file."""

    detail: str
    text: str = ""
    """What it holds, as far as that is known."""


Content: TypeAlias = JsonObject | bytes | Misfit
"""What a row holds: an object, the text of one that nobody has parsed yet, or neither."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file."""

    file: str
    """As people know it: its path in the project."""
    number: int
    """Counted from 1; the line below the header is the first of a CSV file."""
    content: Content


_TRUE_OR_FALSE = {"true": True, "false": False}


class Header:
    """The columns of a table: dotted names are fields within fields."""

    def __init__(self, names: Sequence[str], schema: JsonObject) -> None:
        """Read a header.

        Raises:
            ValueError: it names no column, one twice, or one within another.
        """
        if not any(names):
            message = "the first row must name the columns"
            raise ValueError(message)
        for name in names:
            if names.count(name) > 1 or any(other.startswith(f"{name}.") for other in names):
                message = f"two columns are for the field '{name}'"
                raise ValueError(message)
        root = type_of(schema)
        self._columns = [(name.split("."), _reading(_at(root, name))) for name in names]

    def row(self, cells: Sequence[str]) -> JsonObject | Misfit:
        """Give a row as an object; an empty cell is a field that is missing.

        What cannot be read as its type stays a text, so that the schema tells where it is wrong.
        """
        if len(cells) != len(self._columns):
            detail = f"the row has {len(cells)} cells; the header names {len(self._columns)}"
            return Misfit(detail, ",".join(cells))
        row: JsonObject = {}
        for (path, read), cell in zip(self._columns, cells, strict=True):
            if cell:
                _put(row, path, read(cell))
        return row


def _put(row: JsonObject, path: Sequence[str], value: JsonValue) -> None:
    *outer, last = path
    for name in outer:
        inner = row.setdefault(name, {})
        assert isinstance(inner, dict)  # noqa: S101  # the header has no column within another
        row = inner
    row[last] = value


def _at(root: Type, path: str) -> Type:
    found = root
    for name in path.split("."):
        found = found.fields.get(name, found.rest or types.ANY)
    return found


def _reading(kind: Type) -> Callable[[str], JsonValue]:
    if kind in (types.INTEGER, types.DECIMAL):
        return _number
    if kind == types.BOOLEAN:
        return lambda cell: _TRUE_OR_FALSE.get(cell.lower(), cell)
    if kind == types.DATE_TIME:
        return _instant
    return _parsed if kind.kind in (Kind.LIST, Kind.OBJECT) else str


def _number(cell: str) -> JsonValue:
    value = _parsed(cell)
    return value if isinstance(value, int | float) else cell


def _instant(cell: str) -> JsonValue:
    try:
        return utc_instant(cell)
    except (ValueError, OverflowError):
        return cell


def _parsed(cell: str) -> JsonValue:
    """Read a list or an object, which a cell holds as JSON."""
    try:
        value: JsonValue = orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell
    return value
