"""The folder of files for analysts: written so that a crash at any point leaves it right.

A file is written under a hidden name and renamed when it is complete and on disk, so that a name
that can be seen stands for all that it says. What was merged is removed after the file that it
became can be seen; until then that one counts in its stead.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.analysis.columns import schema_of, table_of
from journeys.archive import (
    ArchiveError,
    Piece,
    TopicRecord,
    counting,
    merged,
    merges,
    piece_of,
)
from journeys.step_event import STEP_EVENT_VERSION

FORMAT: Final = 1
"""Version of how files are named and what is told in them."""
_HIDDEN: Final = "."
_ROWS: Final = 100_000
"""Of a row group: what readers take or skip as a whole."""
_LOCK: Final = ".exporting"


class ArchiveFolder:
    """Files of topics below one folder."""

    def __init__(self, folder: Path, engine_version: str) -> None:
        """Name a folder; it is made when something is written.

        Args:
            folder: where.
            engine_version: told in each file.
        """
        self._folder, self._engine_version = folder, engine_version

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other exports out, and remove what one that crashed left behind.

        Raises:
            ArchiveError: another one writes here, or nothing can be written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / _LOCK).open("w")
        except OSError as error:
            message = f"{self._folder} cannot be written: {error.strerror}"
            raise ArchiveError(message) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                message = f"another export writes into {self._folder}: wait for it, or end it"
                raise ArchiveError(message) from error
            for file in self._folder.glob(f"*/day=*/{_HIDDEN}*"):
                file.unlink()
            yield

    def pieces(self, topic: str) -> list[Piece]:
        """Name the files of a topic that count, in order.

        Raises:
            ArchiveError: two hold some records both.
        """
        return counting(self._all(topic))

    def paths(self, topic: str) -> list[Path]:
        """Give the paths of the files of a topic that count."""
        return [self._path(piece) for piece in self.pieces(topic)]

    def write(self, piece: Piece, records: Iterable[TopicRecord]) -> None:
        """Write a file that can be seen once it is complete."""
        table = table_of(piece.topic, records)
        self._publish(piece, table.schema, [table])

    def compact(self, topic: str, today: str) -> None:
        """Merge small files into larger ones, and remove those that larger ones cover."""
        self._remove_covered(topic)
        while runs := merges(self._sizes(topic), today):
            for run in runs:
                self._merge(run)
            self._remove_covered(topic)

    def _all(self, topic: str) -> Iterator[Piece]:
        for file in self._folder.glob(f"{topic}/day=*/*.parquet"):
            piece = piece_of(file.relative_to(self._folder).as_posix())
            if piece is not None:
                yield piece

    def _sizes(self, topic: str) -> dict[Piece, int]:
        return {piece: self._path(piece).stat().st_size for piece in self.pieces(topic)}

    def _remove_covered(self, topic: str) -> None:
        for piece in {*self._all(topic)} - {*self.pieces(topic)}:
            self._path(piece).unlink()

    def _merge(self, run: Sequence[Piece]) -> None:
        schemas = [schema_of(run[0].topic), *(pq.read_schema(self._path(piece)) for piece in run)]
        plain = [schema.remove_metadata() for schema in schemas]
        schema = pa.unify_schemas(plain)  # a newer release may have written more columns
        self._publish(merged(run), schema, self._tables(run, schema))

    def _tables(self, run: Sequence[Piece], schema: Any) -> Iterator[Any]:  # noqa: ANN401  # Arrow is not typed
        """Read files in order, piece by piece, and give their rows in groups of a good size."""
        gathered: list[Any] = []
        rows = 0
        for table in self._groups(run):
            gathered.append(_conformed(table, schema))
            rows += table.num_rows
            if rows >= _ROWS:
                yield pa.concat_tables(gathered).unify_dictionaries()
                gathered, rows = [], 0
        if gathered:
            yield pa.concat_tables(gathered).unify_dictionaries()

    def _groups(self, run: Sequence[Piece]) -> Iterator[Any]:
        for piece in run:
            with pq.ParquetFile(self._path(piece)) as file:
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group)

    def _publish(self, piece: Piece, schema: Any, tables: Iterable[Any]) -> None:  # noqa: ANN401
        path = self._path(piece)
        path.parent.mkdir(parents=True, exist_ok=True)
        hidden = path.with_name(_HIDDEN + path.name)
        told = schema.with_metadata(self._metadata(piece))
        try:
            with pq.ParquetWriter(hidden, told, compression="zstd") as writer:
                for table in tables:
                    writer.write_table(table, row_group_size=_ROWS)
            _to_disk(hidden)
            hidden.replace(path)
            _to_disk(path.parent)
        except OSError as error:
            message = f"{path} cannot be written: {error}"
            raise ArchiveError(message) from error

    def _metadata(self, piece: Piece) -> dict[str, str]:
        told = {
            "format": FORMAT,
            "topic": piece.topic,
            "partition": piece.partition,
            "begin": piece.begin,
            "end": piece.end,
            "engine_version": self._engine_version,
        }
        if piece.topic == "step-events":
            told["schema_version"] = STEP_EVENT_VERSION
        return {f"journeys.{name}": str(value) for name, value in told.items()}

    def _path(self, piece: Piece) -> Path:
        return self._folder / piece.name


def _conformed(table: Any, schema: Any) -> Any:  # noqa: ANN401  # Arrow is not typed
    """Give a table every column, null where an older release knew none."""
    columns = [
        table[f.name].cast(f.type) if f.name in table.column_names else pa.nulls(len(table), f.type)
        for f in schema
    ]
    return pa.table(columns, schema=schema)


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, would outlast a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
