"""Rows of a file, in order, from any row on; never more than some of them in memory at once.

The place of a row is its number, counted from 1: it says the same of every kind of file, and the
same whenever the file is read. What a row means is none of this module's business.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import pyarrow as pa

from connectors.files import csv_rows, json_lines, parquet
from journeys.errors import JourneyError
from journeys.messages import JsonObject
from journeys.rows import Content

PACKED = (".gz", ".bz2", ".lz4", ".zst")
"""How the names of compressed files end; Parquet compresses by itself."""


class FileError(JourneyError):
    """A file cannot be read as rows."""


@dataclass(frozen=True, slots=True)
class _Lines:
    """A kind of file that is read as one stream from its begin."""

    read: Callable[[io.BufferedReader, JsonObject], Iterator[Content]]
    """Given the stream and the schema of the rows."""
    count: Callable[[io.BufferedReader], int]


_LINES = {
    ".csv": _Lines(csv_rows.read, csv_rows.count),
    ".jsonl": _Lines(json_lines.read, json_lines.count),
    ".ndjson": _Lines(json_lines.read, json_lines.count),
}
KINDS = (parquet.SUFFIX, *_LINES)
"""How the names of files end that can be read."""


def read_rows(
    file: Path, schema: JsonObject, after: int = 0, until: int | None = None
) -> Iterator[Content]:
    """Give the rows of a file after so many, and up to row number `until`.

    Raises:
        FileError: it cannot be read, or is no file of a kind that is known.
    """
    kind = _kind(file)
    count = None if until is None else until - after
    try:
        if kind is None:
            yield from islice(parquet.read(file, after), count)
            return
        with _opened(file) as stream:
            yield from islice(kind.read(stream, schema), after, until)
    except (OSError, pa.ArrowException, ValueError) as error:
        message = f"{file} cannot be read: {error}"
        raise FileError(message) from error


def count_rows(file: Path) -> int:
    """Count the rows of a file; of all but Parquet by reading it once.

    Raises:
        FileError: it cannot be read, or is no file of a kind that is known.
    """
    kind = _kind(file)
    try:
        if kind is None:
            return parquet.count(file)
        with _opened(file) as stream:
            return kind.count(stream)
    except (OSError, pa.ArrowException, ValueError) as error:
        message = f"{file} cannot be read: {error}"
        raise FileError(message) from error


def _kind(file: Path) -> _Lines | None:
    """Give how a file is read; None is Parquet."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        del suffixes[-1]
    name = suffixes[-1] if suffixes else ""
    if name not in KINDS:
        message = (
            f"{file} ends with none of {_listed(KINDS)}, nor that and one of {_listed(PACKED)}"
        )
        raise FileError(message)
    return _LINES.get(name)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _opened(file: Path) -> io.BufferedReader:
    # Arrow's stream unpacks what is compressed, by the end of the file's name.
    return io.BufferedReader(cast("io.RawIOBase", pa.input_stream(str(file))))
