"""From topics to files for analysts, each record once: what `journeys export` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.analysis.archive_folder import ArchiveFolder
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received, begins, ends, read_batches
from connectors.kafka.topics import Topics
from journeys.archive import Filler, Piece, Size, day_of, reached, starts

Tell = Callable[[str], None]
"""Told in one line what is to be known."""
Clock = Callable[[], int]
"""Gives the instant, in milliseconds."""
COMPACT_MS = 15 * 60_000
"""How often a follower merges small files."""
_TURN_S = 0.2
"""How long a follower of several topics waits for one of them."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has written of one topic."""

    topic: str
    records: int
    files: int
    """Written; merging may have made fewer of them since."""


class TopicExport:
    """One topic on its way into files."""

    def __init__(
        self, topic: str, start: Mapping[int, int], size: Size, folder: ArchiveFolder
    ) -> None:
        """Begin where the files end.

        Args:
            topic: its name without prefix.
            start: partition to the offset of the next record.
            size: when a file is complete.
            folder: where files go.
        """
        self.topic = topic
        self._filler: Filler[Received] = Filler(topic, start, size)
        self._folder = folder
        self.records = self.files = 0

    def take(self, batch: Iterable[Received], now: int) -> None:
        """Take in what has come, in order, and write what is complete."""
        for record in batch:
            self._write(self._filler.add(record, now))
        self._write(self._filler.due(now))

    def finish(self) -> Exported:
        """Write what is left."""
        self._write(self._filler.rest())
        return Exported(self.topic, self.records, self.files)

    def _write(self, complete: Iterable[tuple[Piece, list[Received]]]) -> None:
        for piece, records in complete:
            self._folder.write(piece, records)
            self.records += len(records)
            self.files += 1


@dataclass(frozen=True, slots=True)
class Source:
    """Where records come from."""

    bootstrap: Bootstrap
    topics: Topics

    def batches(
        self, topic: str, start: Mapping[int, int], *, follow: bool
    ) -> Iterator[list[Received]]:
        """Read a topic, by its name without prefix."""
        idle_s = _TURN_S if follow else 1.0
        full = self.topics.full(topic)
        return read_batches(self.bootstrap, full, start=start, follow=follow, idle_s=idle_s)

    def start(self, topic: str, held: Mapping[int, int], tell: Tell) -> dict[int, int]:
        """Say where to go on after what files hold; tell what is lost, if anything is.

        Raises:
            ArchiveError: the files are of another topic.
        """
        full = self.topics.full(topic)
        start = starts(topic, held, begins(self.bootstrap, full), ends(self.bootstrap, full))
        for partition, offset in start.items():
            end = held.get(partition)
            if end is not None and offset > end:
                tell(
                    f"{topic}: offsets {end} to {offset - 1} of partition {partition} are gone "
                    f"from the topic and in no file: export more often than it forgets"
                )
        return start


def export(
    source: Source, names: Sequence[str], folder: ArchiveFolder, clock: Clock, tell: Tell
) -> list[Exported]:
    """Write all that the topics hold and no file does yet, and merge small files.

    Raises:
        ArchiveError: the files contradict each other, or are of other topics.
    """
    done = []
    for name in names:
        start = source.start(name, reached(folder.pieces(name)), tell)
        exporting = TopicExport(name, start, Size(), folder)
        for batch in source.batches(name, start, follow=False):
            exporting.take(batch, clock())
        done.append(exporting.finish())
        folder.compact(name, day_of(clock()))
    return done


def follow(
    source: Source,
    names: Sequence[str],
    folder: ArchiveFolder,
    size: Size,
    clock: Clock,
    tell: Tell,
) -> Iterator[None]:
    """Go on with what comes, for ever: write what is large or old enough, merge now and then.

    Whoever stops it loses nothing: the next export goes on where files end. Gives way after each
    look at all topics.
    """
    exports, batches = [], []
    for name in names:
        start = source.start(name, reached(folder.pieces(name)), tell)
        if not start:
            tell(f"{name}: there is no such topic yet, so it is not followed")
            continue
        exports.append(TopicExport(name, start, size, folder))
        batches.append(source.batches(name, start, follow=True))
    compacted = 0
    while True:
        for exporting, coming in zip(exports, batches, strict=True):
            exporting.take(next(coming), clock())
        if clock() - compacted >= COMPACT_MS:
            for name in names:
                folder.compact(name, day_of(clock()))
            compacted = clock()
        yield
