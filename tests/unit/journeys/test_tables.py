"""Tables: rows under keys, what they take, and what a record of their topic says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from journeys import table_codec, tables
from journeys.definitions import DatasetDefinition
from journeys.errors import CodecError, UnknownVersionError
from journeys.messages import JsonValue
from journeys.outcomes import DeadLetterReason
from journeys.plans import Plans
from journeys.records import DeadLetter, Record, take_row
from journeys.tables import RowChange, RowError, Table, TableFullError, Tables, row_key, row_of

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"sku": {"type": ["string", "integer"]}, "price": {"type": "number"}},
    "required": ["price"],
}
GOODS = DatasetDefinition("goods", "table", SCHEMA, "sku")


def plans() -> Plans:
    known = Plans()
    known.define(GOODS)
    known.define(DatasetDefinition("crm", "profiles", {}, "id"))
    return known


def record(key: str | None, value: bytes | None, offset: int = 3) -> Record:
    return Record("j.tables", 0, offset, 0, key, value, len(value or b""))


@pytest.mark.parametrize(
    ("value", "key"),
    [("a", "a"), (7, "7"), (7.0, "7"), (7.5, "7.5"), (True, "true"), (None, ""), ("é/ü", "é/ü")],
)
def test_a_key_is_a_text(value: JsonValue, key: str) -> None:
    assert row_key(value) == key


def test_a_table_holds_the_latest_row_of_each_key() -> None:
    table = Table([("a", {"n": 1}), ("b", {"n": 2})])
    table.put("a", b'{"n":333}')
    assert (len(table), list(table), table.row("a"), table.row("c")) == (
        2,
        ["a", "b"],
        {"n": 333},
        None,
    )
    assert table.bytes == len('a{"n":333}') + len('b{"n":2}')
    for key in ("a", "b", "c"):
        table.remove(key)
    assert (len(table), table.bytes) == (0, 0)


def test_a_table_has_a_bound_of_rows_and_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table([("a", {}), ("b", {})])
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    with pytest.raises(TableFullError, match="2 rows"):
        table.put("c", b"{}")
    monkeypatch.setattr(tables, "MAX_TABLE_BYTES", 10)
    table.put("a", b"{   }")
    with pytest.raises(TableFullError, match="9 bytes; at most 10"):
        table.put("b", b"{     }")
    table.put("b", b"{}")
    assert table.bytes == 9


def test_rows_before_an_offset_are_waited_for() -> None:
    known = Tables(awaited=5)
    awaited = []
    for offset in (0, 3, 4, 5):
        known.came(offset)
        awaited.append(known.awaited)
    assert awaited == [5, 5, 0, 0]


def test_a_record_puts_a_row_and_one_without_a_value_removes_it() -> None:
    known = plans()
    put = take_row(known, record("goods/a/1", b'{ "sku": "a/1", "price": 2 }'))
    assert put == RowChange("goods", "a/1", b'{"sku":"a/1","price":2}')
    assert known.tables.by_dataset["goods"].row("a/1") == {"sku": "a/1", "price": 2}
    assert take_row(known, record("goods/a/1", None)) == RowChange("goods", "a/1", None)
    assert known.tables.by_dataset["goods"].row("a/1") is None


BAD = [
    (None, b"{}", DeadLetterReason.NO_IDENTITY, "`dataset/row`"),
    ("goods", b"{}", DeadLetterReason.NO_IDENTITY, "expected `dataset/row`"),
    ("goods/", b"{}", DeadLetterReason.NO_IDENTITY, "expected `dataset/row`"),
    ("good/a", b"{}", DeadLetterReason.UNKNOWN_DATASET, "did you mean 'goods'?"),
    ("crm/a", b"{}", DeadLetterReason.WRONG_DATASET, "no dataset that holds a table"),
    ("goods/a", b"[]", DeadLetterReason.NOT_AN_OBJECT, "a list"),
    ("goods/a", b"", DeadLetterReason.EMPTY, "no value"),
    ("goods/a", b'{"price": "x"}', DeadLetterReason.SCHEMA, "/price: must be number"),
    ("goods/a", b'{"sku": "b", "price": 1}', DeadLetterReason.WRONG_IDENTITY, "`sku`"),
    ("goods/a", b'{"price": 1}', DeadLetterReason.WRONG_IDENTITY, "`sku`"),
    ("goods/a", b'{"a":' * 5_000, DeadLetterReason.TOO_DEEP, "64"),
    ("goods/a", b'{"a":' * 99 + b"1" + b"}" * 99, DeadLetterReason.TOO_DEEP, "64"),
    ("goods/a", b'{"a":"' + b"x" * 65_536 + b'"}', DeadLetterReason.TOO_LARGE, "65536"),
    ("goods/" + "a" * 512, b"{}", DeadLetterReason.KEY_TOO_LONG, "518"),
]


@pytest.mark.parametrize(("key", "value", "reason", "detail"), BAD)
def test_a_bad_row_is_a_dead_letter_and_changes_nothing(
    key: str | None, value: bytes, reason: DeadLetterReason, detail: str
) -> None:
    known = plans()
    letter = take_row(known, record(key, value))
    assert isinstance(letter, DeadLetter)
    assert letter.reason is reason
    assert detail in letter.detail
    assert not any(known.tables.by_dataset.values())


def test_a_row_too_many_is_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    known = plans()
    monkeypatch.setattr(tables, "MAX_ROWS", 0)
    letter = take_row(known, record("goods/1", b'{"sku": 1, "price": 2}'))
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadLetterReason.TABLE_FULL


def test_a_row_of_a_file_gets_its_key_from_the_field_that_the_dataset_names() -> None:
    assert row_of(GOODS, {"sku": 7, "price": 1}) == ("7", b'{"sku":7,"price":1}')
    with pytest.raises(RowError, match="no `sku`, which is its key"):
        row_of(GOODS, {"price": 1})
    with pytest.raises(RowError, match="contradicts the schema of 'goods': /price"):
        row_of(GOODS, {"sku": 7, "price": "x"})


def test_stored_rows_are_read_as_they_were_written() -> None:
    text = table_codec.dump_row('{"a":"é"}'.encode())
    assert json.loads(text) == {"v": 1, "row": {"a": "é"}}
    assert table_codec.load_row(text) == '{"a":"é"}'.encode()
    assert table_codec.load_row('{"row": {"a": 1}, "v": 1}') == b'{"a":1}'
    assert table_codec.load_came(table_codec.dump_came(7)) == 7
    with pytest.raises(UnknownVersionError):
        table_codec.load_row('{"v": 2, "row": {}}')
    with pytest.raises(CodecError):
        table_codec.load_row('{"v": 1}')
