"""Lists of people in files: one profile id a line, a column of a CSV file, or one of Parquet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.json_shape import MAX_KEY_LENGTH

PARQUET = ".parquet"
_HEAD = re.compile(
    r"(profile|person|customer|user|member|contact)?[ _-]?ids?|e-?mail", re.IGNORECASE
)
"""What the column of a list is called, and nobody."""


class ListError(JourneyError):
    """A list of people cannot be read."""


def read_list(file: Path, column: str | None = None) -> Iterator[str]:
    """Give the profile ids of a list, in order; empty lines are passed over.

    Args:
        file: a text, CSV or Parquet file.
        column: which column holds the ids; by default the first. A CSV file without it has no
            other column and no head.

    Raises:
        ListError: it cannot be read, or holds what is no profile id.
    """
    try:
        read = _of_parquet if file.suffix == PARQUET else _of_text
        yield from _checked(file, read(file, column))
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror or error}"
        raise ListError(message) from error
    except UnicodeDecodeError as error:
        message = f"{file} is not UTF-8 text: byte {error.start} cannot be read; save it as UTF-8"
        raise ListError(message) from error


def _checked(file: Path, ids: Iterable[object]) -> Iterator[str]:
    for number, value in enumerate(ids, start=1):
        name = "" if value is None else str(value).strip()
        if len(name) > MAX_KEY_LENGTH:
            message = f"{file}, person {number}: a profile id has at most {MAX_KEY_LENGTH} letters"
            raise ListError(message)
        if name:
            yield name


def _of_text(file: Path, column: str | None) -> Iterator[str | None]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        if file.suffix != ".csv":
            yield from lines
            return
        if column is None:
            yield from _first_column(file, lines)
            return
        reader = csv.DictReader(lines)
        _check_column(file, column, reader.fieldnames or ())
        yield from (row[column] for row in reader)


def _first_column(file: Path, lines: Iterable[str]) -> Iterator[str]:
    """Read a CSV file whose lines are ids and nothing else; one with a head needs a column."""
    for number, row in enumerate(csv.reader(lines)):
        if len(row) > 1 or (number == 0 and row and _HEAD.fullmatch(row[0].strip())):
            message = f"{file} has columns: say by --column which of them holds profile ids"
            raise ListError(message)
        yield from row


def _of_parquet(file: Path, column: str | None) -> Iterator[object]:
    import pyarrow  # noqa: PLC0415  # slow to load, and only for such files
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415  # as above

    try:
        with ParquetFile(file) as table:
            names = table.schema_arrow.names
            _check_column(file, column or names[0], names)
            for batch in table.iter_batches(columns=[column or names[0]]):
                yield from batch.column(0).to_pylist()
    except pyarrow.ArrowException as error:
        message = f"{file} is no Parquet file: {error}"
        raise ListError(message) from error


def _check_column(file: Path, column: str, names: Iterable[str]) -> None:
    if column not in names:
        message = f"{file} has no column '{column}': {near(column, list(names))}"
        raise ListError(message)
