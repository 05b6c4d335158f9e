"""Rows of files as records: an event, or a record of a topic with its place and time.

An event is what a producer sends. A record is what `journeys tail --json` shows: `topic`, `key`,
`payload`, and, where they are known, `partition`, `offset` and `ts`. A row that is neither is a
record of nobody, and is counted so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import orjson

from jobs.envelope import EnvelopeError, identity
from jobs.ingest_description import DescribedFile, PieceReader
from journeys.backtest.recording import SOURCES, Recorded
from journeys.clock import parse_instant
from journeys.ingestion import FILE
from journeys.messages import JsonObject
from journeys.records import Record
from journeys.rows import Content, Misfit, Row

_EVENTS = "events"


class RecordedReader:
    """Reads pieces of files by their number, counted over all files."""

    def __init__(self, files: Iterable[DescribedFile]) -> None:
        self._read = PieceReader(files, {})

    def __call__(self, number: int) -> Iterator[tuple[str, Recorded]]:
        """Give the records of a piece, each with the id of its person."""
        for row in self._read(number):
            recorded = recorded_of(row)
            if recorded is not None:
                yield (recorded.record and recorded.record.key) or "", recorded


def recorded_of(row: Row) -> Recorded | None:
    """Give the record that a row holds; None: it is of a topic that a backtest does not read."""
    place, held = (FILE + row.file, 0, row.number), _object(row.content)
    if held is None:
        return Recorded(_EVENTS, Record(*place, 0, None, b"", 0))
    if "payload" not in held:
        held = {"payload": held, "key": _identity(held)}
    return _record(place, held)


def _identity(event: dict[str, Any]) -> str | None:
    try:
        return identity(event).decode()
    except EnvelopeError:
        return None


def _object(content: Content) -> dict[str, Any] | None:
    if isinstance(content, bytes):
        try:
            content = orjson.loads(content)
        except orjson.JSONDecodeError:
            return None
    return None if isinstance(content, Misfit) or not isinstance(content, dict) else content


def _record(place: tuple[str, int, int], row: dict[str, Any]) -> Recorded | None:
    payload, topic = row["payload"], str(row.get("topic", _EVENTS))
    source = next((name for name in SOURCES if topic.endswith(name)), None)
    if source is None:
        return None
    if isinstance(row.get("offset"), int):
        place = (topic, int(row.get("partition", 0)), row["offset"])
    key, data = row.get("key"), _bytes(payload)
    named = None if key is None else str(key)
    return Recorded(source, Record(*place, _time(row, payload), named, data, len(data or b"")))


def _bytes(payload: object) -> bytes | None:
    if payload is None:
        return None
    return payload.encode() if isinstance(payload, str) else orjson.dumps(payload)


def _time(row: JsonObject, payload: object) -> int:
    """Say when a row came: its own `ts`, or when what it holds says that it happened."""
    said = row.get("ts")
    if isinstance(said, int):
        return said
    if said is None and isinstance(payload, dict):
        said = payload.get("timestamp")
    with suppress(ValueError, OverflowError):
        return parse_instant(str(said))
    return 0
