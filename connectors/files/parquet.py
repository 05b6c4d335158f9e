"""Parquet: columns of typed values, as JSON.

Whole columns are converted at once, because a million small conversions are what reading costs.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from journeys.clock import format_duration, format_instant
from journeys.messages import JsonObject, JsonValue

SUFFIX = ".parquet"
BATCH = 2_000
"""Rows in memory at once, beside the packed pages of one row group."""


def read(file: Path, after: int) -> Iterator[JsonObject]:
    """Give the rows after so many, each without the fields that are null."""
    with pq.ParquetFile(file) as parquet:
        group, before = _group_of(parquet.metadata, after)
        groups = range(group, parquet.num_row_groups)
        for batch in parquet.iter_batches(BATCH, row_groups=list(groups)):
            skipped = min(after - before, batch.num_rows)
            before += skipped
            yield from cast("list[JsonObject]", json_values(batch.slice(skipped).to_struct_array()))


def count(file: Path) -> int:
    """Give how many rows there are, without reading them."""
    return int(pq.read_metadata(file).num_rows)


def _group_of(metadata: Any, after: int) -> tuple[int, int]:  # noqa: ANN401  # Arrow is not typed
    """Find the row group in which reading begins, and how many rows lie before it."""
    before = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if before + rows > after:
            return group, before
        before += rows
    return metadata.num_row_groups, before


def json_values(array: Any) -> list[JsonValue]:  # noqa: ANN401  # Arrow is not typed
    """Give the values of an Arrow array as JSON: instants and dates as texts, decimals as numbers.

    Instants without a zone are UTC. Numbers that are none, which JSON has not, are null.
    """
    kind = array.type
    if types.is_dictionary(kind):
        return json_values(array.dictionary_decode())
    if types.is_struct(kind):
        return _objects(array)
    if types.is_map(kind):
        return _maps(array)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _lists(array)
    if types.is_timestamp(kind):
        # A cast to milliseconds keeps the instant; the years of Python's own are too few.
        moments = array.cast(pa.timestamp("ms"), safe=False).cast(pa.int64()).to_pylist()
        return [_instant(moment) for moment in moments]
    if types.is_string(kind) or types.is_large_string(kind):
        return cast("list[JsonValue]", array.to_numpy(zero_copy_only=False).tolist())
    if types.is_integer(kind) and not array.null_count:
        return cast("list[JsonValue]", array.to_numpy().tolist())
    return [_scalar(value) for value in _plain(array, kind)]


def _plain(array: Any, kind: Any) -> list[Any]:  # noqa: ANN401  # Arrow is not typed
    if types.is_duration(kind):
        return [None if ms is None else format_duration(ms) for ms in _milliseconds(array)]
    if types.is_time64(kind):
        array = array.cast(pa.time64("us"), safe=False)
    if types.is_date64(kind):
        array = array.cast(pa.date32())
    return cast("list[Any]", array.to_pylist())


def _milliseconds(array: Any) -> list[int | None]:  # noqa: ANN401  # Arrow is not typed
    return cast(
        "list[int | None]", array.cast(pa.duration("ms"), safe=False).cast(pa.int64()).to_pylist()
    )


def _objects(array: Any) -> list[JsonValue]:  # noqa: ANN401  # Arrow is not typed
    names = [field.name for field in array.type]
    columns = [json_values(column) for column in array.flatten()]
    rows = zip(*columns, strict=True) if columns else ((),) * len(array)
    objects = [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in rows
    ]
    return _where_valid(array, objects)


def _lists(array: Any) -> list[JsonValue]:  # noqa: ANN401  # Arrow is not typed
    return _cut(array, json_values(array.flatten()))


def _maps(array: Any) -> list[JsonValue]:  # noqa: ANN401  # Arrow is not typed
    entries = pa.ListArray.from_arrays(
        array.offsets, pa.StructArray.from_arrays([array.keys, array.items], ["key", "value"])
    )
    pairs = _cut(entries, json_values(entries.flatten()))
    found = ({str(e["key"]): e.get("value") for e in cast("list[Any]", one)} for one in pairs)
    return _where_valid(array, list(found))


def _cut(array: Any, flat: list[JsonValue]) -> list[JsonValue]:  # noqa: ANN401  # Arrow is not typed
    """Cut the values of all lists into the lists they belong to."""
    lists: list[JsonValue] = []
    end = 0
    for length in array.value_lengths().to_pylist():
        begin, end = end, end + (length or 0)
        lists.append(None if length is None else flat[begin:end])
    return lists


def _where_valid(array: Any, values: list[Any]) -> list[JsonValue]:  # noqa: ANN401  # Arrow is not typed
    if not array.null_count:
        return values
    valid = array.is_valid().to_pylist()
    return [value if is_valid else None for value, is_valid in zip(values, valid, strict=True)]


def _instant(milliseconds: int | None) -> JsonValue:
    """Write an instant; outside the years 1 to 9999 it stays a number, which fits no schema."""
    try:
        return None if milliseconds is None else format_instant(milliseconds)
    except OverflowError:
        return milliseconds


def _scalar(value: Any) -> JsonValue:  # noqa: ANN401  # what Arrow gives
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return _text(value)
        case Decimal():
            return int(value) if value.as_tuple().exponent == 0 else float(value)
        case date() | time():
            return value.isoformat()
    return str(value)


def _text(value: bytes) -> str:
    """Give bytes as the text that most writers mean by them, and else in base64."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
