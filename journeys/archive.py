"""Which records of a topic go into which file, as far as names alone can say.

A file's name is its place and its content: `step-events/day=2026-11-26/p0-000000000120-000000000480
.parquet` holds every committed record of partition 0 from offset 120 up to, not including, 480.
What is there says where to go on; nothing is remembered beside it. Offsets are places and no
counts: the marks of transactions take some too.

The files of a partition follow each other without a gap and without an overlap. Where one covers
others it was merged from them, and counts in their stead, be they removed yet or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from journeys.clock import format_instant
from journeys.errors import JourneyError

_NAME = re.compile(
    r"(?P<topic>[a-z-]+)/day=(?P<day>\d{4}-\d\d-\d\d)"
    r"/p(?P<partition>\d+)-(?P<begin>\d{12,})-(?P<end>\d{12,})\.parquet"
)
_UNKNOWN_DAY = "0001-01-01"
"""Of a record whose time is none."""
_TIER = 16
"""So many times larger are the files of one tier than those of the tier below."""
MANY = 16
"""So many small files of one tier are merged, also on a day that is not over."""
MERGED_BYTES = 128 * 1024 * 1024
"""No larger than so become files by merging."""


class ArchiveError(JourneyError):
    """Files contradict each other, or what they were made from."""


class TopicRecord(Protocol):
    """A record as it lies on its topic."""

    @property
    def partition(self) -> int:
        """Its partition."""

    @property
    def offset(self) -> int:
        """Its place there."""

    @property
    def timestamp(self) -> int:
        """When it was written, in milliseconds."""

    @property
    def key(self) -> str | None:
        """Whom or what it is about."""

    @property
    def value(self) -> bytes | None:
        """What it says."""


R = TypeVar("R", bound=TopicRecord)


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a topic: the records of a partition from one offset up to another."""

    topic: str
    """Name without prefix."""
    partition: int
    begin: int
    end: int
    """The offset after the last."""
    day: str
    """On which its first record was written to the topic, UTC."""

    @property
    def name(self) -> str:
        """Give the path of the file below the folder of all topics."""
        return (
            f"{self.topic}/day={self.day}/p{self.partition}-{self.begin:012}-{self.end:012}.parquet"
        )

    def covers(self, other: Piece) -> bool:
        """Say whether it holds all that another does."""
        return (
            (self.topic, self.partition) == (other.topic, other.partition)
            and self.begin <= other.begin
            and other.end <= self.end
        )


def piece_of(name: str) -> Piece | None:
    """Read what a file holds off its path; None: it is no file of a topic."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    partition, begin, end = (int(found[key]) for key in ("partition", "begin", "end"))
    return Piece(found["topic"], partition, begin, end, found["day"])


def day_of(timestamp: int) -> str:
    """Give the day of an instant, UTC."""
    try:
        return format_instant(timestamp)[:10]
    except OverflowError:
        return _UNKNOWN_DAY


def counting(pieces: Iterable[Piece]) -> list[Piece]:
    """Leave out the files that another one covers.

    Raises:
        ArchiveError: two hold some records both.
    """
    order = sorted(pieces, key=lambda p: (p.topic, p.partition, p.begin, -p.end, p.day))
    kept: list[Piece] = []
    for piece in order:
        last = kept[-1] if kept else None
        is_first = last is None or (last.topic, last.partition) != (piece.topic, piece.partition)
        if last is None or is_first or piece.begin >= last.end:
            kept.append(piece)
        elif not last.covers(piece):
            message = (
                f"{last.name} and {piece.name} both hold offset {piece.begin}: two exports wrote "
                f"into one folder; export into an empty one"
            )
            raise ArchiveError(message)
    return kept


def reached(pieces: Iterable[Piece]) -> dict[int, int]:
    """Give for each partition the offset at which the files end, and an export goes on."""
    ends: dict[int, int] = {}
    for piece in pieces:
        ends[piece.partition] = max(piece.end, ends.get(piece.partition, 0))
    return ends


def starts(
    topic: str, held: Mapping[int, int], oldest: Mapping[int, int], ends: Mapping[int, int]
) -> dict[int, int]:
    """Say at which offset of each partition to go on.

    Args:
        topic: its name.
        held: how far files reach.
        oldest: the first offset that the topic still has.
        ends: the offset after its last record.

    Raises:
        ArchiveError: the files reach further than the topic, so that they are of another one.
    """
    for partition, end in held.items():
        if end > ends.get(partition, 0):
            message = (
                f"the files of {topic} reach offset {end} of partition {partition}, and the topic "
                f"ends at {ends.get(partition, 0)}: it was made anew; export into another folder"
            )
            raise ArchiveError(message)
    return {n: max(held.get(n, 0), first) for n, first in oldest.items()}


# From records to files.


@dataclass(frozen=True, slots=True)
class Size:
    """When a file is complete."""

    rows: int = 100_000
    bytes: int = 64 * 1024 * 1024
    """Of the records as they lie on the topic."""
    age_ms: int = 60_000
    """A record waits no longer for others than this."""


@dataclass(slots=True)
class _Filling(Generic[R]):
    """Records of one partition on their way into a file."""

    begin: int
    day: str
    since: int
    """When the first of them was read."""
    records: list[R] = field(default_factory=list)
    bytes: int = 0


class Filler(Generic[R]):
    """Gathers the records of one topic into files, partition by partition.

    A file is complete when it is large or old enough, and where another day begins: days of a
    partition only go on, so that a record that says an earlier one stays in the file of its place.
    """

    def __init__(self, topic: str, start: Mapping[int, int], size: Size = Size()) -> None:
        """Begin where files end.

        Args:
            topic: its name without prefix.
            start: partition to the offset of the first record to come.
            size: when a file is complete.
        """
        self._topic, self._size = topic, size
        self._next = dict(start)
        self._fillings: dict[int, _Filling[R]] = {}

    def add(self, record: R, now: int) -> Iterator[tuple[Piece, list[R]]]:
        """Take in the next record of its partition; give what is complete by it."""
        number, day = record.partition, day_of(record.timestamp)
        filling = self._fillings.get(number)
        if filling is not None and day > filling.day:
            yield self._complete(number)
            filling = None
        if filling is None:
            filling = _Filling(self._next.get(number, 0), day, now)
            self._fillings[number] = filling
        filling.records.append(record)
        filling.bytes += len(record.value or b"")
        if len(filling.records) >= self._size.rows or filling.bytes >= self._size.bytes:
            yield self._complete(number)

    def due(self, now: int) -> Iterator[tuple[Piece, list[R]]]:
        """Give what has waited long enough."""
        for number, filling in list(self._fillings.items()):
            if now - filling.since >= self._size.age_ms:
                yield self._complete(number)

    def rest(self) -> Iterator[tuple[Piece, list[R]]]:
        """Give all that is left."""
        for number in list(self._fillings):
            yield self._complete(number)

    def _complete(self, number: int) -> tuple[Piece, list[R]]:
        filling = self._fillings.pop(number)
        end = self._next[number] = filling.records[-1].offset + 1
        return Piece(self._topic, number, filling.begin, end, filling.day), filling.records


# From small files to larger ones.


def merges(sizes: Mapping[Piece, int], today: str) -> list[list[Piece]]:
    """Say which files of a topic to merge into one, in order.

    Of a day that is over: neighbours, as long as they are small together. Of one that is not: many
    neighbours of one size, so that no record is written again more often than sizes have tiers.

    Args:
        sizes: the files that count, and how many bytes each has.
        today: the day that is not over.
    """
    order = sorted(sizes, key=lambda piece: (piece.partition, piece.begin))
    found = []
    for (_, day), grouped in groupby(order, key=lambda piece: (piece.partition, piece.day)):
        pieces = list(grouped)
        runs = _runs(pieces, sizes)
        if day >= today:
            tiers = (list(t) for run in runs for _, t in groupby(run, lambda p: _tier(sizes[p])))
            runs = (tier[:MANY] for tier in tiers if len(tier) >= MANY)
        found += [run for run in runs if len(run) > 1]
    return found


def merged(run: Sequence[Piece]) -> Piece:
    """Name the file that neighbours become."""
    return replace(run[0], end=run[-1].end)


def _runs(pieces: Iterable[Piece], sizes: Mapping[Piece, int]) -> Iterator[list[Piece]]:
    """Cut neighbours into runs that are small enough together."""
    run: list[Piece] = []
    bytes_ = 0
    for piece in pieces:
        follows = bool(run) and run[-1].end == piece.begin
        if run and not (follows and bytes_ + sizes[piece] <= MERGED_BYTES):
            yield run
            run, bytes_ = [], 0
        run.append(piece)
        bytes_ += sizes[piece]
    if run:
        yield run


def _tier(size: int) -> int:
    tier = 0
    while size >= _TIER:
        size //= _TIER
        tier += 1
    return tier
