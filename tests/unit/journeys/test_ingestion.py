"""From rows of files to records, or dead letters with the reason, the field and the place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from journeys.definitions import DatasetDefinition
from journeys.ingestion import Outgoing, outgoing
from journeys.json_shape import MAX_KEY_LENGTH, MAX_VALUE_BYTES
from journeys.messages import JsonObject
from journeys.records import DeadLetter
from journeys.rows import Content, Misfit, Row

NOW = 1_772_352_000_000
SCHEMA: JsonObject = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "address": {"properties": {"zip": {"type": "integer"}}},
    },
}
CRM = DatasetDefinition("crm", "profiles", SCHEMA, "customer.id", "updatedAt")
WEB = DatasetDefinition("web", "events", {}, "customer")
ANN: JsonObject = {"customer": {"id": "ann"}, "name": "Ann"}
VISIT: JsonObject = {"customer": "ann", "eventType": "web.visit", "page": "/"}


def sent(dataset: DatasetDefinition, content: Content) -> tuple[str, str, dict[str, Any]]:
    found = outgoing(dataset, Row("a.csv", 7, content), NOW)
    assert isinstance(found, Outgoing), found
    return found.topic, found.key, orjson.loads(found.value)


def refused(dataset: DatasetDefinition, content: Content) -> tuple[str, str]:
    found = outgoing(dataset, Row("data/a.csv", 7, content), NOW)
    assert isinstance(found, DeadLetter), found
    orjson.loads(found.to_text())
    return found.reason.value, found.detail


def test_a_row_of_profiles_says_of_which_dataset_it_is_and_when_it_was_so() -> None:
    row = ANN | {"updatedAt": "2026-03-01T09:00:00+01:00"}
    expected = row | {"_dataset": "crm", "_timestamp": "2026-03-01T08:00:00.000Z"}
    assert sent(CRM, row) == ("profiles", "ann", expected)
    assert sent(CRM, orjson.dumps(row)) == ("profiles", "ann", expected)
    assert sent(CRM, ANN) == ("profiles", "ann", ANN | {"_dataset": "crm"})


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T08:00:00", "2026-03-01T08:00:00.000Z"),
        ("2026-03-01", "2026-03-01T00:00:00.000Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
        ("2100-01-01T00:00:00-05:00", "2100-01-01T05:00:00.000Z"),
    ],
)
def test_an_instant_without_a_zone_is_in_utc(text: str, instant: str) -> None:
    dataset = replace(WEB, timestamp="updatedAt")
    assert sent(dataset, VISIT | {"updatedAt": text})[2]["timestamp"] == instant


def test_a_null_removes_what_a_profile_need_not_have() -> None:
    row = ANN | {"address": {"zip": None}}
    assert sent(CRM, row)[2] == row | {"_dataset": "crm"}
    assert sent(CRM, ANN | {"address": None})[2]["address"] is None
    reason, detail = refused(CRM, ANN | {"name": None, "address": None})
    assert (reason, detail.rpartition(": ")[0].rpartition(" ")[2]) == ("schema", "/name")


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59Z", "2026-03-03T08:00:00Z"])
def test_a_profile_of_a_time_that_the_job_refuses_is_a_bad_row(text: str) -> None:
    reason, detail = refused(CRM, ANN | {"updatedAt": text})
    assert reason == "implausible_time"
    assert detail.startswith("/updatedAt: it lies ")


def test_what_a_line_says_itself_of_its_time_holds_where_the_dataset_names_no_field() -> None:
    dataset = replace(CRM, timestamp=None, payload_schema={"additionalProperties": False, **SCHEMA})
    dataset.payload_schema["properties"] = {"name": {}, "customer": {}}
    row = ANN | {"_timestamp": "2026-03-01T08:00:00Z", "_dataset": "other"}
    marks = {"_timestamp": "2026-03-01T08:00:00.000Z", "_dataset": "crm"}
    assert sent(dataset, row)[2] == ANN | marks


@pytest.mark.parametrize(("value", "key"), [("ann", "ann"), (7, "7"), (7.0, "7"), ("0", "0")])
def test_the_key_is_a_text_or_a_whole_number(value: str | float, key: str) -> None:
    assert sent(CRM, ANN | {"customer": {"id": value}})[1] == key


def test_an_event_without_an_id_is_known_by_what_it_says() -> None:
    topic, key, event = sent(WEB, VISIT)
    assert (topic, key, event["_batch"], event["_dataset"]) == ("events", "ann", True, "web")
    assert sent(WEB, orjson.dumps(dict(reversed(VISIT.items()))))[2]["_id"] == event["_id"]
    others = [VISIT | {"page": "/a"}, VISIT | {"customer": "bob"}]
    ids = {sent(WEB, other)[2]["_id"] for other in others} | {event["_id"]}
    ids.add(sent(replace(WEB, id="shop"), VISIT)[2]["_id"])
    assert len(ids) == 4
    assert sent(WEB, VISIT | {"_id": "own"})[2]["_id"] == "own"
    assert sent(WEB, VISIT | {"timestamp": "2026-03-01"})[2]["timestamp"].startswith("2026-03-01T")


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        (ANN | {"name": 7}, "schema", "dataset 'crm': /name: must be string"),
        ({"customer": {"id": "a"}}, "schema", "must contain ['name'] properties"),
        (ANN | {"address": {"zip": "x"}}, "schema", "/address/zip: must be integer"),
        ({"name": "Ann"}, "no_identity", "/customer/id: the row names nobody"),
        (ANN | {"customer": {"id": ""}}, "no_identity", "/customer/id"),
        (ANN | {"customer": {"id": True}}, "wrong_type", "/customer/id: holds true or false"),
        (ANN | {"customer": {"id": 1.5}}, "wrong_type", "/customer/id: holds a number"),
        (ANN | {"customer": {"id": "x" * (MAX_KEY_LENGTH + 1)}}, "key_too_long", "/customer/id"),
        (ANN | {"customer": {"id": "caf\udce9"}}, "key_not_utf8", "/customer/id"),
        (ANN | {"updatedAt": 7}, "wrong_type", "/updatedAt: holds a number; expected an instant"),
        (ANN | {"updatedAt": "soon"}, "wrong_type", "/updatedAt: is not an instant"),
        (ANN | {"updatedAt": "0001-01-01T00:00:00+01:00"}, "wrong_type", "/updatedAt"),
        (ANN | {"note": "x" * MAX_VALUE_BYTES}, "too_large", "at most 65536"),
        (ANN | {"note": "caf\udce9"}, "not_utf8", "not UTF-8"),
        (ANN | {"number": 2**70}, "not_utf8", "a number that is too large"),
        (Misfit("the row has 1 cells"), "not_an_object", "the row has 1 cells"),
        (b"", "empty", ""),
        (b'{"name": ', "not_json", "the value is not JSON"),
        (b'{"name": "\xff"}', "not_utf8", "byte 10"),
        (b"[1]", "not_an_object", "the value is a list"),
        (b"x" * (MAX_VALUE_BYTES + 1), "too_large", ""),
    ],
)
def test_a_bad_row_is_a_dead_letter(content: Content, reason: str, detail: str) -> None:
    found, said = refused(CRM, content)
    assert found == reason
    assert detail in said


@pytest.mark.parametrize("levels", [100, 900])
def test_a_row_that_is_too_deep_is_a_dead_letter(levels: int) -> None:
    nested: JsonObject = {}
    for _ in range(levels):
        nested = {"in": nested}
    assert refused(CRM, ANN | {"nested": nested})[0] == "too_deep"
    deep = b'{"nested": ' + b"[" * levels + b"]" * levels + b"}"
    assert refused(CRM, deep)[0] == "too_deep"
    assert refused(CRM, b"[" * 5_000 + b"]" * 5_000)[0] == "too_deep"


def test_an_event_must_say_what_happened() -> None:
    assert refused(WEB, {"customer": "ann"})[0] == "wrong_type"
    assert refused(WEB, VISIT | {"timestamp": "x"})[0] == "wrong_type"


def test_a_dead_letter_names_file_and_row() -> None:
    found = outgoing(CRM, Row("data/a.csv", 7, ANN | {"name": None}), NOW)
    assert isinstance(found, DeadLetter)
    written = orjson.loads(found.to_text())
    place = {"topic": "file:data/a.csv", "partition": 0, "offset": 7}
    assert written.items() >= place.items()
    assert written["dead_letter_id"] == "file:data/a.csv/0/7"
    assert written["key"] == "ann"
    assert written["recorded_at"] == "2026-03-01T08:00:00.000Z"
    assert orjson.loads(written["sample"]) == ANN | {"name": None}
