"""Files of a dataset into the topics of the platform, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from connectors.files.reading import FileError, read_rows
from connectors.kafka.client import Writer
from connectors.kafka.topics import Topics
from jobs.folder import Folder
from jobs.positions import Position, Positions
from journeys.definitions import DatasetDefinition
from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.ingestion import TABLES, outgoing
from journeys.records import DeadLetter
from journeys.rows import Row

BATCH = 5_000
"""Rows between two positions that are kept."""
DEAD_LETTERS = "dead-letters"
Complain = Callable[[str], None]
"""Told of each bad row; it may raise an `IngestError` to end everything there."""


class IngestError(JourneyError):
    """A dataset cannot be ingested."""


@dataclass(frozen=True, slots=True)
class RowsFile:
    """A file of rows."""

    name: str
    """As people know it: its path in the project, where it lies there."""
    path: Path


def dataset_of(folder: Folder, name: str) -> DatasetDefinition:
    """Find a dataset.

    Raises:
        DefinitionError: the project has errors.
        IngestError: there is no such dataset.
    """
    folder.compilation.raise_errors()
    shared = folder.compilation.shared
    found = {one.id: one for one in shared if isinstance(one, DatasetDefinition)}
    if name not in found:
        message = f"there is no dataset '{name}': {near(name, found)}"
        raise IngestError(message)
    return found[name]


def files_of(folder: Folder, dataset: DatasetDefinition, given: Sequence[Path]) -> list[RowsFile]:
    """Give the files to ingest: those given, or the dataset's own in the order of their names.

    Raises:
        IngestError: there are none.
    """
    paths = [path.resolve() for path in given] or _own_files(folder, dataset)
    missing = next((path for path in paths if not path.is_file()), None)
    if missing is not None:
        message = f"there is no file {missing}"
        raise IngestError(message)
    return [RowsFile(_name(folder, path), path) for path in paths]


def _own_files(folder: Folder, dataset: DatasetDefinition) -> list[Path]:
    if dataset.files is None:
        message = f"dataset '{dataset.id}' names no `files`: add them to it, or name some here"
        raise IngestError(message)
    try:
        found = sorted(path for path in folder.path.glob(dataset.files) if path.is_file())
    except (ValueError, NotImplementedError) as error:  # what pathlib makes of some patterns
        message = f"`files: {dataset.files}` of dataset '{dataset.id}' is no pattern: {error}"
        raise IngestError(message) from error
    if not found:
        message = f"no file fits `{dataset.files}`, the files of dataset '{dataset.id}'"
        raise IngestError(message)
    return found


def _name(folder: Folder, path: Path) -> str:
    inside = path.is_relative_to(folder.path)
    return path.relative_to(folder.path).as_posix() if inside else path.as_posix()


@dataclass(slots=True)
class Counts:
    """What was done since the start."""

    read: int = 0
    sent: int = 0
    bad: int = 0
    unread: int = 0
    """Files that could not be read to their end."""


class Recording:
    """Checks rows, and sends what comes of them."""

    def __init__(
        self, dataset: DatasetDefinition, topics: Topics, writer: Writer | None, complain: Complain
    ) -> None:
        """Begin; without a writer, rows are only checked."""
        self.counts = Counts()
        self.rows: set[str] = set()
        """Keys of the records of a table that were sent."""
        self._dataset = dataset
        self._topics = topics
        self._writer = writer
        self._complain = complain

    def take(self, row: Row, now: int) -> None:
        """Send a row, or the dead letter that tells what is wrong with it."""
        self.counts.read += 1
        found = outgoing(self._dataset, row, now)
        if isinstance(found, DeadLetter):
            self._complain(f"{row.file}, row {row.number}: {found.reason}: {found.detail}")
            self.counts.bad += 1
            self._write(DEAD_LETTERS, found.record.key, found.to_text().encode())
        else:
            self.counts.sent += 1
            if found.topic == TABLES:
                self.rows.add(found.key)
            self._write(found.topic, found.key, found.value)

    def miss(self, why: FileError) -> None:
        """Count a file that cannot be read: those after it are no worse for it."""
        self._complain(str(why))
        self.counts.unread += 1

    def flush(self) -> None:
        """Wait until the broker has taken everything."""
        if self._writer is not None:
            self._writer.flush()

    def _write(self, topic: str, key: str | None, value: bytes) -> None:
        if self._writer is not None:
            whole_key = None if key is None else key.encode()
            self._writer.write(self._topics.full(topic), whole_key, value)


@dataclass(slots=True)
class Ingestion:
    """Ingests the files of a dataset one after the other, and keeps how far it has come."""

    dataset: DatasetDefinition
    recording: Recording
    positions: Positions
    keep: Callable[[], None]
    """Called when the broker has taken everything up to the positions."""
    rate: int | None = None
    """Rows a second at most."""
    tell: Callable[[], None] = lambda: None
    """Told that more rows were done."""
    began: float = field(default_factory=time.monotonic)

    def run(self, files: Sequence[RowsFile]) -> None:
        """Ingest what is not ingested yet; a file that cannot be read is told, and left."""
        for file in files:
            position = self.positions.of(file.name, file.path)
            if not position.done:
                try:
                    self._ingest(file, position)
                except FileError as error:
                    self.recording.miss(error)

    def _ingest(self, file: RowsFile, position: Position) -> None:
        contents = read_rows(file.path, self.dataset.payload_schema, position.rows)
        size = min(BATCH, self.rate or BATCH)
        try:
            while batch := list(islice(contents, size)):
                now = round(time.time() * 1000)
                for content in batch:
                    self.recording.take(Row(file.name, position.rows + 1, content), now)
                    position.rows += 1
                self._acknowledged()
                self.tell()
                self._pace()
        except IngestError:  # a bad row that is to be the end: what came before it is good
            self._acknowledged()
            raise
        position.done = True
        self.keep()

    def _acknowledged(self) -> None:
        self.recording.flush()
        self.keep()

    def _pace(self) -> None:
        if self.rate is not None:
            due = self.began + self.recording.counts.read / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
