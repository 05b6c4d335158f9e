"""From a row of a file to the record that streaming it would have sent, or a dead letter.

The same for everything that ingests: the command line, and the job for large files. A record says
itself what it is of and when it was so, so that sending it again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import orjson

from journeys.clock import parse_instant, utc_instant
from journeys.datasets import BATCH, DATASET, TIMESTAMP, RecordError, plausible
from journeys.definitions import DatasetDefinition
from journeys.identifiers import row_event_id
from journeys.json_shape import (
    MAX_DEPTH,
    MAX_KEY_LENGTH,
    MAX_VALUE_BYTES,
    json_kind,
    pointer_to,
    too_deep,
    value_at,
)
from journeys.messages import JsonObject
from journeys.outcomes import DeadLetterReason
from journeys.records import DeadLetter, Record, read_object
from journeys.rows import Misfit, Row
from journeys.schema import without_removals
from journeys.tables import record_key

FILE = "file:"
"""Before the name of a file, where a dead letter names a topic: no topic has a colon in its name.
The partition is 0, and the offset is the number of the row."""
TABLES = "tables"
"""The topic of rows of reference data."""
ROWS_METRIC = "journeys_rows_total"
"""Counts rows of files on the topic `metrics`."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to send."""

    topic: str
    """Name without prefix."""
    key: str
    value: bytes


def outgoing(dataset: DatasetDefinition, row: Row, now: int) -> Outgoing | DeadLetter:
    """Turn a row of a dataset into what is to be sent."""
    content = row.content
    if isinstance(content, Misfit):
        letter = _record(row, content.text.encode("utf-8", "surrogateescape"), now)
        return DeadLetter(letter, DeadLetterReason.NOT_AN_OBJECT, content.detail)
    if isinstance(content, bytes):
        record = _record(row, content, now)
        read = read_object(record)
        if isinstance(read, DeadLetter):
            return read
        content = read
    key: str | None = None
    try:
        key = _key(dataset, content)
        value = _value(dataset, key, content, now)
    except RecordError as fault:
        record = replace(_record(row, _sample(content), now), key=key)
        return DeadLetter(record, fault.reason, fault.detail)
    if dataset.holds == "table":
        return Outgoing(TABLES, record_key(dataset.id, key), value)
    return Outgoing(dataset.holds, key, value)


def _record(row: Row, value: bytes, now: int) -> Record:
    """Give the place of a row in the form in which dead letters name places."""
    return Record(FILE + row.file, 0, row.number, now, None, value, len(value))


def _sample(content: JsonObject) -> bytes:
    try:
        return orjson.dumps(content)
    except (TypeError, RecursionError):  # what is wrong with it is what was found
        return repr(content).encode("utf-8", "surrogateescape")


def _key(dataset: DatasetDefinition, payload: JsonObject) -> str:
    path = dataset.key.split(".")
    value, place = value_at(payload, path), pointer_to(path)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # as writers of tables with gaps write whole numbers
    if value is None or value == "":
        detail = f"{place}: the row names nobody: the field is missing"
        raise RecordError(DeadLetterReason.NO_IDENTITY, detail)
    if isinstance(value, bool) or not isinstance(value, str | int):
        detail = f"{place}: holds {json_kind(value)}; expected a profile id"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    key = str(value)
    if len(key) > MAX_KEY_LENGTH:
        detail = f"{place}: has {len(key)} characters; at most {MAX_KEY_LENGTH} fit"
        raise RecordError(DeadLetterReason.KEY_TOO_LONG, detail)
    try:
        key.encode()
    except UnicodeEncodeError as error:
        detail = f"{place}: is not UTF-8 text"
        raise RecordError(DeadLetterReason.KEY_NOT_UTF8, detail) from error
    return key


def _value(dataset: DatasetDefinition, key: str, row: JsonObject, now: int) -> bytes:
    payload = {name: value for name, value in row.items() if name not in (DATASET, TIMESTAMP)}
    fault = dataset.fault(payload)
    if fault is not None and dataset.holds == "profiles":  # whose nulls remove attributes
        fault = dataset.fault(_kept(dataset, payload))
    if fault is not None:
        detail = f"the row contradicts the schema of dataset '{dataset.id}': {fault}"
        raise RecordError(DeadLetterReason.SCHEMA, detail)
    if dataset.holds == "table":
        return _text(payload)
    if dataset.holds == "events":
        whole = _event(dataset, key, payload)
    else:
        path = dataset.timestamp or TIMESTAMP
        at = _instant(row, path)
        if at is not None:  # the job would refuse it
            plausible(pointer_to(path.split(".")), parse_instant(at), now)
        whole = payload if at is None else payload | {TIMESTAMP: at}
    return _text(whole | {DATASET: dataset.id})


def _kept(dataset: DatasetDefinition, payload: JsonObject) -> JsonObject:
    try:
        return without_removals(dataset.payload_schema, payload)
    except RecursionError:
        raise _deeper() from None


def _event(dataset: DatasetDefinition, key: str, payload: JsonObject) -> JsonObject:
    if not isinstance(payload.get("eventType"), str):
        detail = "/eventType: the row has no `eventType`: expected the name of what happened"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    marks: JsonObject = {BATCH: True}
    at = _instant(payload, dataset.timestamp or "timestamp")
    if at is not None:
        marks["timestamp"] = at
    if not isinstance(payload.get("_id"), str):
        content = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS).decode()
        marks["_id"] = row_event_id(dataset.id, key, content)
    return payload | marks


def _instant(payload: JsonObject, path: str) -> str | None:
    """Read when a row was so, if it says that; without a zone it is UTC."""
    names = path.split(".")
    text, place = value_at(payload, names), pointer_to(names)
    if text is None:
        return None
    if not isinstance(text, str):
        detail = f"{place}: holds {json_kind(text)}; expected an instant"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail)
    try:
        return utc_instant(text)
    except (ValueError, OverflowError) as error:
        detail = f"{place}: is not an instant: {error}"
        raise RecordError(DeadLetterReason.WRONG_TYPE, detail) from error


def _text(record: JsonObject) -> bytes:
    try:
        text = orjson.dumps(record)
    except TypeError as error:
        if too_deep(record):
            raise _deeper() from error
        detail = f"the row has a text that is not UTF-8, or a number that is too large: {error}"
        raise RecordError(DeadLetterReason.NOT_UTF8, detail) from error
    if len(text) > MAX_VALUE_BYTES:
        detail = f"the record has {len(text)} bytes; at most {MAX_VALUE_BYTES} are read"
        raise RecordError(DeadLetterReason.TOO_LARGE, detail)
    # Counting brackets is fast, and says of almost every record that it cannot be too deep.
    if text.count(b"{") + text.count(b"[") > MAX_DEPTH and too_deep(record):
        raise _deeper()
    return text


def _deeper() -> RecordError:
    detail = f"lists and objects are nested deeper than {MAX_DEPTH} levels"
    return RecordError(DeadLetterReason.TOO_DEEP, detail)
