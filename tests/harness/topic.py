"""Records of a topic that is given, and files that an export would write of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.analysis.archive_folder import ArchiveFolder
from journeys.archive import Filler, Size, day_of, reached
from journeys.clock import parse_instant

NOON = parse_instant("2026-11-26T12:00:00Z")
DAY = 86_400_000


@dataclass(frozen=True)
class Lying:
    """A record as it lies on its topic."""

    partition: int
    offset: int
    timestamp: int = NOON
    key: str | None = None
    value: bytes | None = b"{}"


def lying(values: Iterable[object], timestamp: int = NOON, key: str | None = None) -> list[Lying]:
    """Let values lie on a topic of one partition, one after the other."""
    return [
        Lying(0, offset, timestamp, key, v if isinstance(v, bytes) else json.dumps(v).encode())
        for offset, v in enumerate(values)
    ]


def export(
    folder: Path,
    topic: str,
    records: Sequence[Lying],
    *,
    rows: int = 100_000,
    now: int = NOON + 10 * DAY,
) -> None:
    """Write what no file holds yet, and merge, as `jobs.export` does it with what Kafka gives."""
    archive = ArchiveFolder(folder, "0.1.0")
    with archive.alone():
        held = reached(archive.pieces(topic))
        filler: Filler[Lying] = Filler(topic, held, Size(rows=rows))
        coming = (record for record in records if record.offset >= held.get(record.partition, 0))
        for record in coming:
            for piece, complete in filler.add(record, now):
                archive.write(piece, complete)
        for piece, complete in filler.rest():
            archive.write(piece, complete)
        archive.compact(topic, day_of(now))
