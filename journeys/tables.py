"""Reference data: tables whose rows decisions read by their key, and ask nobody.

Rows are kept as they came and decoded when they are read: most rows never are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

import orjson

from journeys.definitions import DatasetDefinition
from journeys.errors import JourneyError
from journeys.expressions.values import text_of
from journeys.json_shape import value_at
from journeys.messages import JsonObject

MAX_ROWS = 200_000
"""Rows of one table: every subtask keeps them all, and so does every checkpoint of each."""
MAX_TABLE_BYTES = 64 * 1024 * 1024
"""Bytes of the rows of one table with their keys."""


class RowError(JourneyError):
    """A row cannot be taken; says why."""


class TableFullError(RowError):
    """A row has no room in its table."""


def row_key(value: object) -> str:
    """Give the text under which a row is kept and looked up; of null, an empty one.

    A decimal without a fraction is the same key as the integer.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return text_of(value)  # type: ignore[arg-type]  # a value of JSON or of an expression


class Table:
    """The rows of one dataset, each under its key."""

    __slots__ = ("_rows", "bytes")

    def __init__(self, rows: Iterable[tuple[str, JsonObject]] = ()) -> None:
        self._rows: dict[str, bytes] = {}
        self.bytes = 0
        """Of all rows with their keys."""
        for key, row in rows:
            self.put(key, orjson.dumps(row))

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Give every key with its row as JSON."""
        return iter(self._rows.items())

    def put(self, key: str, text: bytes) -> None:
        """Take a row, written as JSON, in place of the one under this key.

        Raises:
            TableFullError: it has no room; the table is as before.
        """
        before = self._rows.get(key)
        grown = len(text) - len(before) if before is not None else len(key) + len(text)
        if before is None and len(self._rows) >= MAX_ROWS:
            message = f"the table has {len(self._rows)} rows; at most {MAX_ROWS} fit"
            raise TableFullError(message)
        if grown > 0 and self.bytes + grown > MAX_TABLE_BYTES:
            message = f"the table has {self.bytes} bytes; at most {MAX_TABLE_BYTES} fit"
            raise TableFullError(message)
        self._rows[key] = text
        self.bytes += grown

    def remove(self, key: str) -> None:
        """Let go of a row, if it is there."""
        text = self._rows.pop(key, None)
        if text is not None:
            self.bytes -= len(key) + len(text)

    def row(self, key: str) -> JsonObject | None:
        """Give the row under a key, if there is one."""
        text = self._rows.get(key)
        return None if text is None else cast("JsonObject", orjson.loads(text))


@dataclass(frozen=True, slots=True)
class RowChange:
    """What a record of the tables topic says: a row is so from now on, or is no more."""

    dataset: str
    key: str
    text: bytes | None
    """The row as JSON; None: it is no more."""


@dataclass(slots=True)
class Tables:
    """All tables, by the dataset whose rows they hold."""

    by_dataset: dict[str, Table] = field(default_factory=dict)
    awaited: int = 0
    """Rows that lie on the topic before this offset are still to come: whoever looks something up
    waits for them. 0: all have come."""

    def table(self, dataset: str) -> Table | None:
        """Give a table, if any row of it has come."""
        return self.by_dataset.get(dataset)

    def take(self, change: RowChange) -> None:
        """Take what was said of a row.

        Raises:
            TableFullError: it has no room; the table is as before.
        """
        table = self.by_dataset.setdefault(change.dataset, Table())
        if change.text is None:
            table.remove(change.key)
        else:
            table.put(change.key, change.text)

    def came(self, offset: int) -> None:
        """Note that the record at an offset has come: it may be the last of those waited for."""
        if offset + 1 >= self.awaited:
            self.awaited = 0


def row_of(dataset: DatasetDefinition, row: JsonObject) -> tuple[str, bytes]:
    """Give the key and the text of a row of a dataset.

    Raises:
        RowError: it contradicts the schema, or has no key.
    """
    fault = dataset.fault(row)
    if fault is not None:
        message = f"the row contradicts the schema of '{dataset.id}': {fault}"
        raise RowError(message)
    key = row_key(value_at(row, dataset.key.split(".")))
    if not key:
        message = f"the row has no `{dataset.key}`, which is its key"
        raise RowError(message)
    return key, orjson.dumps(row)


def record_key(dataset: str, key: str) -> str:
    """Give the key of the record that says what a row is."""
    return f"{dataset}/{key}"
