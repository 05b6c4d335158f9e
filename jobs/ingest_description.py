"""The description of a job that reads the files of a dataset, as one JSON file.

A file is read in pieces of some thousand rows: each subtask takes the next of its pieces when the
one before has been sent, so that checkpoints fall between pieces, and a crash repeats a piece or
two. Knows no Flink.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from connectors.files.reading import read_rows
from jobs.job import JobDescription
from journeys.definitions import DatasetDefinition
from journeys.messages import JsonObject
from journeys.rows import Content, Row

PIECE = 2_000
"""Rows of a piece."""


class DescribedFile(BaseModel):
    """A file that every worker reaches under the same path."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """As dead letters name it."""
    path: Path
    rows: Annotated[int, Field(ge=0)]
    """How many rows it has."""

    @property
    def pieces(self) -> int:
        """How many pieces it is read in."""
        return -(-self.rows // PIECE)


class IngestDescription(BaseModel):
    """Which files are read, as what, and where their rows go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: JobDescription
    """Name, topics, parallelism and checkpoints; its journeys and channels are not looked at."""
    dataset: DatasetDefinition
    """What the rows are."""
    run: str
    """Names this run in the counts on the topic `metrics`."""
    files: list[DescribedFile]
    """In the order in which they are read."""

    @property
    def pieces(self) -> int:
        """How many pieces there are to read."""
        return sum(file.pieces for file in self.files)

    @classmethod
    def read(cls, file: Path) -> IngestDescription:
        """Read a description.

        Raises:
            pydantic.ValidationError: the file is no description; names every fault.
        """
        return cls.model_validate_json(file.read_bytes())


class PieceReader:
    """Reads pieces by their number, counted over all files.

    Pieces that come one after the other are read in one go: of most kinds of file the begin of a
    piece is found only by reading all that lies before it.
    """

    def __init__(self, files: Iterable[DescribedFile], schema: JsonObject) -> None:
        self._schema = schema
        self._pieces = [(file, number * PIECE) for file in files for number in range(file.pieces)]
        self._rows: Iterator[Content] = iter(())
        self._next = -1
        """The piece that `_rows` begins with."""

    def __call__(self, number: int) -> Iterator[Row]:
        """Give the rows of a piece."""
        file, before = self._pieces[number]
        if number != self._next or before == 0:
            self._rows = read_rows(file.path, self._schema, before)
        for row, content in enumerate(islice(self._rows, PIECE), before + 1):
            yield Row(file.name, row, content)
        self._next = number + 1
