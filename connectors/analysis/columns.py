"""Columns of typed values, made of the JSON records of a topic. Nothing of a record is lost.

A record whose fields all have columns of their kind is its columns. Of any other, such as one that
a newer release wrote, and of metrics and alerts, which are of many kinds, the whole text stands in
the column `record` besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import NoneType
from typing import Any, Final, get_args, get_type_hints

import orjson
import pyarrow as pa

from journeys.archive import TopicRecord
from journeys.step_event import INSTANTS, StepEvent

BATCH = 50_000
"""Records that are made columns at once."""
_INSTANT = pa.timestamp("ms", "UTC")
_WORD = pa.dictionary(pa.int32(), pa.string())
"""A text of few values: each is kept once, and its number in each row."""
_TEXT = pa.string()
_FEW = (
    *("journey_id", "outcome", "step_id", "step_kind", "reason", "cause", "branch", "mode"),
    *("next_step_id", "event_type", "action_id", "channel", "code"),
    *("language", "endpoint"),
)
"""Fields of step events that have few values."""
_OF_HINT = {int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_MISFITS: Final = (pa.ArrowException, TypeError, OverflowError, ValueError)


@dataclass(frozen=True, slots=True)
class Column:
    """One column, and the field of a record that it holds."""

    name: str
    type: Any
    """Of Arrow."""
    field: str
    """Its name in the record."""


def _columns(**kinds: Any) -> tuple[Column, ...]:  # noqa: ANN401  # Arrow is not typed
    return tuple(Column(name, kind, name) for name, kind in kinds.items())


def _step_event_columns() -> Iterator[Column]:
    """Derive the columns of step events, so that a field that is added is one of them."""
    for name, hint in get_type_hints(StepEvent).items():
        (kind,) = (k for k in get_args(hint) or (hint,) if k is not NoneType)
        if name in INSTANTS:
            yield Column(name, _INSTANT, name)
        else:
            yield Column(name, _WORD if name in _FEW else _OF_HINT.get(kind, _TEXT), name)
    yield Column("schema_version", pa.int64(), "schema_version")
    yield Column("engine_version", _WORD, "engine_version")


TOPICS: Mapping[str, tuple[Column, ...]] = {
    "step-events": tuple(_step_event_columns()),
    "feedback": (
        Column("feedback_id", _TEXT, "_id"),
        *_columns(request_id=_TEXT, reaction=_WORD, channel=_WORD, permanent=pa.bool_()),
        Column("happened_at", _INSTANT, "timestamp"),
    ),
    "dead-letters": (
        *_columns(dead_letter_id=_TEXT, reason=_WORD, detail=_TEXT, topic=_WORD),
        *_columns(partition=pa.int64(), offset=pa.int64(), recorded_at=_INSTANT, key=_TEXT),
        *_columns(size=pa.int64(), sample=_TEXT, sample_encoding=_WORD, schema_version=pa.int64()),
    ),
    "metrics": (
        *_columns(metric=_WORD, journey_id=_WORD, journey_version=pa.int64(), mode=_WORD),
        *_columns(step_id=_WORD, outcome=_WORD, reason=_WORD, branch=_WORD, action_id=_WORD),
        *_columns(channel=_WORD, value=pa.float64()),
        *_columns(at=_INSTANT, window_start=_INSTANT, window_end=_INSTANT),
    ),
    "alerts": (
        *_columns(alert=_WORD, state=_WORD, journey_id=_WORD, journey_version=pa.int64()),
        *_columns(subject=_WORD, since=_INSTANT, at=_INSTANT, value=pa.float64()),
        *_columns(threshold=pa.float64(), advice=_TEXT),
    ),
}
"""Topic to the columns of what lies on it; of metrics and alerts those that all of a kind have."""
_WHOLE = ("metrics", "alerts")
"""Topics with records of many kinds: of each the text stands in `record`."""
_PLACE = (
    ("kafka_key", _TEXT),
    ("kafka_partition", pa.int64()),
    ("kafka_offset", pa.int64()),
    ("kafka_at", _INSTANT),
    ("record", _TEXT),
)


def schema_of(topic: str) -> Any:  # noqa: ANN401  # Arrow is not typed
    """Give the columns of a topic's table: its fields, then where each record lay."""
    return pa.schema([*((c.name, c.type) for c in TOPICS[topic]), *_PLACE])


def table_of(topic: str, records: Iterable[TopicRecord]) -> Any:  # noqa: ANN401  # Arrow is not typed
    """Make a table of records, in their order."""
    rest = iter(records)
    parts = [_table(topic, batch) for batch in iter(lambda: list(islice(rest, BATCH)), [])]
    return pa.concat_tables([schema_of(topic).empty_table(), *parts]).unify_dictionaries()


def _table(topic: str, records: Sequence[TopicRecord]) -> Any:  # noqa: ANN401  # Arrow is not typed
    columns = TOPICS[topic]
    said = [_object(record.value) for record in records]
    held = said
    try:
        arrays = [_array(column, held) for column in columns]
    except _MISFITS:
        # Somewhere a value is of another kind: it has no column, and stands in `record`.
        held = [{c.field: v for c in columns if _fits(c, v := row.get(c.field))} for row in said]
        arrays = [_array(column, held) for column in columns]
    fields, is_plain = {column.field for column in columns}, topic not in _WHOLE
    texts = [
        None if is_plain and row and row.keys() <= fields and _same(row, kept) else record.value
        for record, row, kept in zip(records, said, held, strict=True)
    ]
    place = (
        [record.key for record in records],
        [record.partition for record in records],
        [record.offset for record in records],
        [record.timestamp for record in records],
        [None if text is None else text.decode(errors="replace") for text in texts],
    )
    arrays += [pa.array(value, kind) for value, (_, kind) in zip(place, _PLACE, strict=True)]
    return pa.table(arrays, schema=schema_of(topic))


def _object(value: bytes | None) -> dict[str, Any]:
    try:
        found = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _same(row: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    return row is kept or all(kept.get(name) == value for name, value in row.items())


def _array(column: Column, rows: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401
    values = [row.get(column.field) for row in rows]
    if column.type is _INSTANT:
        return pa.array(values, _TEXT).cast(_INSTANT)
    if column.type is _WORD:
        return pa.array(values, _TEXT).dictionary_encode()
    if column.type == pa.int64() and any(type(value) is float for value in values):
        message = "Arrow would cut it to a whole number"
        raise TypeError(message)
    return pa.array(values, column.type)


def _fits(column: Column, value: object) -> bool:
    try:
        _array(column, [{column.field: value}])
    except _MISFITS:
        return False
    return True
