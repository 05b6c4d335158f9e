"""Whatever people's attributes are, every kind of file gives the records that streaming sends."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files.reading import read_rows
from journeys.definitions import DatasetDefinition
from journeys.ingestion import Outgoing, outgoing
from journeys.messages import JsonObject
from journeys.rows import Row

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "visits": {"type": "integer"},
        "score": {"type": "number"},
        "vip": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
CRM = DatasetDefinition("crm", "profiles", SCHEMA, "id")
COLUMNS = pa.schema(
    {
        "id": pa.string(),
        "name": pa.string(),
        "visits": pa.int64(),
        "score": pa.float64(),
        "vip": pa.bool_(),
        "tags": pa.list_(pa.string()),
        "address": pa.struct({"city": pa.string()}),
    }
)
# Texts of a file have no halves of characters; an empty cell of CSV is a field that is missing.
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
people = st.fixed_dictionaries(
    {"id": texts},
    optional={
        "name": texts,
        "visits": st.integers(-(2**63), 2**63 - 1),
        "score": st.floats(allow_nan=False, allow_infinity=False),
        "vip": st.booleans(),
        "tags": st.lists(texts, max_size=3),
        "address": st.fixed_dictionaries({"city": texts}),
    },
)


def write_csv(file: Path, rows: list[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        table = csv.writer(text)
        table.writerow([name if name != "address" else "address.city" for name in COLUMNS.names])
        for row in rows:
            flat = row | {"address": row.get("address", {}).get("city")}
            flat |= {"tags": orjson.dumps(row["tags"]).decode()} if "tags" in row else {}
            table.writerow([flat.get(name) for name in COLUMNS.names])


@settings(max_examples=60)
@given(st.lists(people, min_size=1, max_size=5))
def test_every_kind_of_file_gives_the_same_records(rows: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("a.jsonl", "a.csv", "a.parquet")]
        files[0].write_bytes(b"\n".join(map(orjson.dumps, rows)))
        write_csv(files[1], rows)
        pq.write_table(pa.Table.from_pylist(rows, COLUMNS), files[2])
        for file in files:
            found = [
                outgoing(CRM, Row(file.name, number, content), 0)
                for number, content in enumerate(read_rows(file, SCHEMA), 1)
            ]
            records = [(r.key, orjson.loads(r.value)) for r in found if isinstance(r, Outgoing)]
            assert records == [(row["id"], row | {"_dataset": "crm"}) for row in rows], file.name
