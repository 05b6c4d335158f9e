"""What was recorded of people: records of the input topics, and when each of them came."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from journeys.activation import (
    Activation,
    EventReceived,
    FeedbackReceived,
    IdentityLinked,
    ProfileChanged,
)
from journeys.records import Record

ANSWERS = ("results", "places")
"""Topics on which what was asked for was answered."""
SOURCES = ("events", "profiles", "feedback", "nudges", *ANSWERS)
"""Topics of which a backtest reads what was recorded: those that carry what came to people."""


RECORD_END, FIELD_END, REPLACED = "\x1e", "\x1f", "\x1d"
"""Between records, and between their fields, where all records of a person are one text. No JSON
holds what ends a record; in what is no JSON it is replaced, and stays as unreadable."""
_FIELDS = 6
"""Of a record, after its source."""


class Clock(StrEnum):
    """Which time of a record counts."""

    EVENT = "event"
    """When it happened, as the record says; where it says nothing, when the broker took it."""
    BROKER = "broker"
    """When the broker took it: as the job met it."""


class Recorded(NamedTuple):
    """One record, and the topic it lay on."""

    source: str
    """Name of the topic without prefix."""
    record: Record | None
    """None: nothing listens to it, and it was left where it lay."""


def instant_of(read: Activation, record: Record, clock: Clock) -> int:
    """Say when something that was recorded came, by a clock."""
    if clock is Clock.BROKER:
        return record.timestamp
    match read:
        case EventReceived(occurred_at=at):
            return at
        case FeedbackReceived(occurred_at=int(at)):
            return at
        case ProfileChanged(at=int(at)) | IdentityLinked(at=int(at)):
            return at
    return record.timestamp


def pack(recorded: Recorded) -> str:
    """Write a record as a text, its value as one character for each byte."""
    record = recorded.record
    if record is None:
        return recorded.source
    value = "" if record.value is None else f"={record.value.decode('latin-1')}"
    place = (record.topic, record.partition, record.offset, record.timestamp, record.size)
    fields = (recorded.source, *place, value.replace(RECORD_END, REPLACED))
    return FIELD_END.join(map(str, fields))


def unpack(person: str, text: str) -> Iterator[Recorded]:
    """Read the records of a person; without a name they are records without a key."""
    key = person or None
    for written in text.split(RECORD_END):
        source, *fields = written.split(FIELD_END, _FIELDS)
        if not fields:
            yield Recorded(source, None)
            continue
        topic, partition, offset, timestamp, size, value = fields
        data = value[1:].encode("latin-1") if value else None
        place = (topic, int(partition), int(offset), int(timestamp))
        yield Recorded(source, Record(*place, key, data, int(size)))
