"""CSV: a header, and rows of texts.

The standard library reads it, and not Arrow, which gives up a whole block for one bad row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from journeys.json_shape import MAX_VALUE_BYTES
from journeys.messages import JsonObject
from journeys.rows import Content, Header, Misfit


def read(stream: io.BufferedReader, schema: JsonObject) -> Iterator[Content]:
    """Give every row below the header, its cells read as the schema says.

    Raises:
        ValueError: the header names no columns, or some twice.
    """
    cells = _cells(stream)
    names = next(cells, [])
    header = Header([] if isinstance(names, Misfit) else names, schema)
    for row in cells:
        yield row if isinstance(row, Misfit) else header.row(row)


def count(stream: io.BufferedReader) -> int:
    """Count the rows below the header."""
    return max(0, sum(1 for _ in _cells(stream)) - 1)


def _cells(stream: io.BufferedReader) -> Iterator[list[str] | Misfit]:
    """Give the cells of each row; bytes that are no text stay, and are found later."""
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    csv.field_size_limit(MAX_VALUE_BYTES)
    rows = csv.reader(text)
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield Misfit(f"the row is no CSV: {error}")
            continue
        if row is None:
            return
        if row:  # an empty line is none
            yield row
