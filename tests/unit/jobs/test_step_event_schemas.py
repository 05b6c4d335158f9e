"""What schemas of a step event promise whoever reads it, now and after the next release."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import fastavro
import orjson
import pytest
from jsonschema import Draft202012Validator

from jobs.step_event_schemas import AVRO, JSON_SCHEMA, schema_texts
from journeys import codec
from journeys.clock import parse_instant
from journeys.step_event import INSTANTS, StepEvent
from tests.harness.person import Person
from tests.harness.plans import RICH, plan_of

RELEASED = Path(__file__).parents[2] / "golden" / "step_events" / "released-v1.avsc"
"""The fields of the first release. A release adds its new ones here, and changes none."""
NOW = orjson.loads(schema_texts()[AVRO])
BEFORE = orjson.loads(RELEASED.read_bytes())


def walked() -> list[StepEvent]:
    ann = Person(plan_of(RICH), profile={"email": "ann@example.org"})
    ann.signs_up("e1", total=200, cart="c1", plan="basic")
    ann.resolve(response={"score": 7})
    ann.passes("P1DT1H")
    ann.buys("e2", cart="c1")
    ann.signs_up("e3", total=1)
    return ann.step_events


def records() -> list[dict[str, Any]]:
    return [orjson.loads(codec.dump_step_event(event)) for event in walked()]


def in_avro(record: dict[str, Any]) -> dict[str, Any]:
    instants = {name: record[name] and parse_instant(record[name]) for name in INSTANTS}
    return record | instants


def test_each_record_fits_the_json_schema_and_no_field_may_be_missing() -> None:
    judge = Draft202012Validator(orjson.loads(schema_texts()[JSON_SCHEMA]))
    for record in records():
        assert list(judge.iter_errors(record)) == []
        assert set(judge.schema["properties"]) == set(record)
    assert not judge.is_valid(records()[0] | {"outcome": "vanished"})
    assert not judge.is_valid({k: v for k, v in records()[0].items() if k != "visit"})


def test_each_record_can_be_written_and_read_as_avro() -> None:
    schema = fastavro.parse_schema(NOW)
    for record in records():
        written = io.BytesIO()
        fastavro.schemaless_writer(written, schema, in_avro(record), strict=True)
        written.seek(0)
        read: Any = fastavro.schemaless_reader(written, schema)
        assert read["profile_id"] == "ann"
        assert read["occurred_at"].isoformat(timespec="milliseconds") == record[
            "occurred_at"
        ].replace("Z", "+00:00")


def test_what_was_released_is_still_there_and_as_it_was() -> None:
    now = {field["name"]: field for field in NOW["fields"]}
    released = {field["name"]: field for field in BEFORE["fields"]}
    for name, field in released.items():
        assert name in now, f"{name} was released: fields are never removed"
        kept = {key: value for key, value in now[name].items() if key != "doc"}
        assert kept == field, f"{name} was released: fields are never changed"
    for name in now.keys() - released.keys():
        assert "default" in now[name], f"{name} is new: old records have none, give it a default"


@pytest.mark.parametrize(
    ("written_by", "read_by"), [(BEFORE, NOW), (NOW, BEFORE)], ids=["by the new", "by the old"]
)
def test_records_of_either_schema_are_read_by_the_other(
    written_by: dict[str, Any], read_by: dict[str, Any]
) -> None:
    writer, reader = fastavro.parse_schema(written_by), fastavro.parse_schema(read_by)
    names = {field["name"] for field in written_by["fields"]}
    record = {name: value for name, value in in_avro(records()[0]).items() if name in names}
    written = io.BytesIO()
    fastavro.schemaless_writer(written, writer, record)
    written.seek(0)
    read: Any = fastavro.schemaless_reader(written, writer, reader)
    assert set(read) == {field["name"] for field in read_by["fields"]}
