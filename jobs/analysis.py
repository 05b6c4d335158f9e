"""Where questions to step events are asked: of files that were exported, or of the topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from connectors.analysis.archive_folder import ArchiveFolder
from connectors.analysis.columns import TOPICS
from connectors.analysis.database import Database, FilesChangedError
from connectors.analysis.dimensions import read_dimensions
from journeys.archive import ArchiveError
from journeys.step_event import ENGINE_VERSION

_TRIES = 3
"""Files may be merged while they are read; then those that count are looked for anew."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what a question is asked."""

    project: Path
    """Folder of the project, whose topics are read."""
    files: Path | None = None
    """Where exported files lie; they are read in place of topics."""
    variables: Mapping[str, object] = field(default_factory=dict)
    """What narrows it down."""

    def answer(self, topics: Iterable[str], work: Callable[[Database], T]) -> T:
        """Read some topics, by name without prefix, and ask.

        Raises:
            ArchiveError: there are no files.
        """
        if self.files is None:
            with self._of_topics(topics) as database:
                return work(database)
        for _ in range(_TRIES - 1):
            try:
                with self._of_files(self.files, topics) as database:
                    return work(database)
            except FilesChangedError:
                continue
        with self._of_files(self.files, topics) as database:
            return work(database)

    def _of_topics(self, topics: Iterable[str]) -> Database:
        # Clients and the compiler take longer to load than files to be asked.
        from jobs.topic_tables import read_tables  # noqa: PLC0415

        return Database(*read_tables(self.project, topics), self.variables)

    def _of_files(self, folder: Path, topics: Iterable[str]) -> Database:
        archive = ArchiveFolder(folder, ENGINE_VERSION)
        paths = {topic: archive.paths(topic) for topic in TOPICS}
        if not any(paths.values()):
            message = f"there are no exported files in {folder}: `journeys export` writes them"
            raise ArchiveError(message)
        wanted = {topic: paths[topic] for topic in topics}
        return Database(wanted, read_dimensions(folder), self.variables)
