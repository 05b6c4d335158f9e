"""How far the files of a dataset were ingested, so that a second start goes on from there."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from journeys.errors import JourneyError


class PositionError(JourneyError):
    """What was stored of an earlier start cannot be read."""


class Position(BaseModel):
    """How far one file was ingested."""

    size: int
    """Bytes of the file. Where they or its time are others now, it is ingested anew."""
    modified_ns: int
    """When it was written last, in nanoseconds."""
    rows: int = 0
    """Rows that were read, and whose records the broker has taken."""
    done: bool = False
    """Whether these are all."""


class Positions(BaseModel):
    """How far a dataset was ingested, as it is stored."""

    v: Literal[1] = 1
    """Version of this shape."""
    bootstrap: str
    """Of which Kafka: in another one nothing is there yet."""
    files: dict[str, Position] = Field(default_factory=dict)
    """Name of a file to how far it was ingested."""

    @classmethod
    def load(cls, file: Path, bootstrap: str) -> Positions:
        """Read what was stored, if anything was.

        Raises:
            PositionError: it cannot be read.
        """
        if not file.is_file():
            return cls(bootstrap=bootstrap)
        try:
            found = cls.model_validate_json(file.read_bytes())
        except ValidationError as error:
            message = f"{file} cannot be read, begin anew with `--again`: {error}"
            raise PositionError(message) from error
        return found if found.bootstrap == bootstrap else cls(bootstrap=bootstrap)

    def store(self, file: Path) -> None:
        """Write all of it or, where the machine stops meanwhile, nothing."""
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = file.with_suffix(".new")
        whole.write_text(self.model_dump_json(indent=2), encoding="utf-8")
        whole.replace(file)

    def of(self, name: str, file: Path) -> Position:
        """Give how far a file was ingested: from its begin, if it has changed since."""
        stat = file.stat()
        fresh = Position(size=stat.st_size, modified_ns=stat.st_mtime_ns)
        known = self.files.get(name, fresh)
        if (known.size, known.modified_ns) != (fresh.size, fresh.modified_ns):
            known = fresh
        self.files[name] = known
        return known
