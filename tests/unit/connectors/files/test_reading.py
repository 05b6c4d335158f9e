"""Rows of files: the same of every kind of file, from any row on, and whatever is wrong by row."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.files import parquet
from connectors.files.reading import FileError, count_rows, read_rows
from journeys.json_shape import MAX_VALUE_BYTES
from journeys.messages import JsonObject
from journeys.rows import Misfit

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "size": {"type": "integer"},
        "score": {"type": "number"},
        "vip": {"type": "boolean"},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
ROWS: list[JsonObject] = [
    {
        "id": f"person {n}",
        "size": n,
        "score": n / 2,
        "vip": n % 2 == 0,
        "address": {"city": f'Aÿ, "{n}"\nover two lines'},
        "tags": [str(n)] * (n % 3),
    }
    for n in range(1, 12)
]


def write_parquet(file: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), file, row_group_size=4)


def write_csv(file: Path) -> None:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["id", "size", "score", "vip", "address.city", "tags"])
    for row in ROWS:
        address: Any = row["address"]
        flat = [row["id"], row["size"], row["score"], row["vip"], address["city"]]
        table.writerow([*flat, orjson.dumps(row["tags"]).decode()])
    file.write_text("\ufeff" + text.getvalue(), encoding="utf-8", newline="")


def write_jsonl(file: Path) -> None:
    file.write_bytes(b"\n".join(map(orjson.dumps, ROWS)))


def write_packed(file: Path) -> None:
    file.write_bytes(gzip.compress(b"\n".join(map(orjson.dumps, ROWS))))


KINDS: dict[str, Callable[[Path], None]] = {
    "rows.parquet": write_parquet,
    "rows.csv": write_csv,
    "rows.jsonl": write_jsonl,
    "rows.ndjson.gz": write_packed,
}


def contents(file: Path, after: int = 0, until: int | None = None) -> list[object]:
    rows = read_rows(file, SCHEMA, after, until)
    return [orjson.loads(row) if isinstance(row, bytes) else row for row in rows]


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_gives_the_same_rows_from_any_row_on(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    KINDS[name](file)
    assert contents(file) == ROWS
    assert count_rows(file) == len(ROWS)
    for after in range(len(ROWS) + 2):
        assert contents(file, after) == ROWS[after:]
        assert contents(file, after, after + 3) == ROWS[after : after + 3]


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.jsonl.gz", "a.xlsx", "a", "a.gz"])
def test_a_file_that_cannot_be_read_is_told_by_its_name(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(b"")
    if name == "a.jsonl.gz":
        file.write_bytes(b"no gzip")
    with pytest.raises(FileError, match=f"{name} "):
        list(read_rows(file, SCHEMA))
    with pytest.raises(FileError, match=r"none.jsonl cannot be read"):
        count_rows(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, None], pa.int32(), [1, None]),
        ([2**63 + 1], pa.uint64(), [2**63 + 1]),
        ([0.5, None, math.nan, math.inf], pa.float32(), [0.5, None, None, None]),
        ([True, None], pa.bool_(), [True, None]),
        (["é", None], pa.large_string(), ["é", None]),
        (["a", "a", None], pa.dictionary(pa.int8(), pa.string()), ["a", "a", None]),
        ([b"text", b"\xff"], pa.binary(), ["text", "/w=="]),
        ([Decimal("1.50"), None], pa.decimal128(9, 2), [1.5, None]),
        ([Decimal(7)], pa.decimal128(9, 0), [7]),
        ([date(2026, 3, 1), None], pa.date32(), ["2026-03-01", None]),
        ([date(2026, 3, 1)], pa.date64(), ["2026-03-01"]),
        ([time(8, 30)], pa.time64("ns"), ["08:30:00"]),
        ([timedelta(minutes=90), None], pa.duration("us"), ["PT1H30M", None]),
        ([datetime(1969, 12, 31, 23, 59)], pa.timestamp("ns"), ["1969-12-31T23:59:00.000Z"]),  # noqa: DTZ001  # as most files have it
        (
            [datetime(2100, 1, 1, tzinfo=UTC), None],
            pa.timestamp("us", "Europe/Paris"),
            ["2100-01-01T00:00:00.000Z", None],
        ),
        ([2**55], pa.timestamp("ms"), [2**55]),
        ([[1, None], [], None, [2]], pa.list_(pa.int8()), [[1, None], [], None, [2]]),
        ([[1, 2], None, [3, 4]], pa.list_(pa.int8(), 2), [[1, 2], None, [3, 4]]),
        (
            [{"a": [{"b": 1}]}, None, {"a": None}],
            pa.struct([("a", pa.list_(pa.struct([("b", pa.int8())])))]),
            [{"a": [{"b": 1}]}, None, {}],
        ),
        (
            [[("x", 1), ("y", None)], None, []],
            pa.map_(pa.string(), pa.int8()),
            [{"x": 1, "y": None}, None, {}],
        ),
    ],
)
def test_a_column_of_every_type_becomes_json(
    values: list[object], kind: pa.DataType, expected: list[object]
) -> None:
    array = pa.array(values, kind)
    assert parquet.json_values(array) == expected
    assert parquet.json_values(array.slice(1)) == expected[1:]
    orjson.dumps(expected)


def test_a_long_line_is_cut_where_it_shows_that_it_is_too_long(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"{}\n\n" + b"x" * 3_000_000 + b"\r\n{}\r\n \n")
    rows = list(read_rows(file, SCHEMA))
    assert [len(row) if isinstance(row, bytes) else row for row in rows] == [
        2,
        MAX_VALUE_BYTES + 1,
        2,
    ]
    assert count_rows(file) == 3


def test_a_bad_row_of_a_csv_file_stops_no_other(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    long = b"x" * (MAX_VALUE_BYTES + 1)
    file.write_bytes(b"id,size\na,1\nb\n\nc,2,3\n" + long + b",2\nd,1_0\ne,\n")
    rows = contents(file)
    assert rows[0] == {"id": "a", "size": 1}
    assert [row.detail for row in rows if isinstance(row, Misfit)] == [
        "the row has 1 cells; the header names 2",
        "the row has 3 cells; the header names 2",
        "the row is no CSV: field larger than field limit (65536)",
    ]
    assert Misfit("the row has 3 cells; the header names 2", "c,2,3") in rows
    assert rows[-2:] == [{"id": "d", "size": "1_0"}, {"id": "e"}]
    assert count_rows(file) == len(rows)


@pytest.mark.parametrize("header", ["a,a", "a,a.b", ","])
def test_a_header_that_cannot_name_fields_is_refused(header: str, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"{header}\n1,2\n")
    with pytest.raises(FileError, match=r"two columns|name the columns"):
        list(read_rows(file, SCHEMA))


def test_an_instant_in_a_cell_without_a_zone_is_in_utc(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("at\n2026-03-01 08:00:00\n2026-03-01\n2026-03-01T09:00+01:00\nsoon\n")
    schema: JsonObject = {"properties": {"at": {"type": "string", "format": "date-time"}}}
    rows = list(read_rows(file, {"type": "object", **schema}))
    instants = ["2026-03-01T08:00:00.000Z", "2026-03-01T00:00:00.000Z", "2026-03-01T08:00:00.000Z"]
    assert rows == [{"at": text} for text in [*instants, "soon"]]
