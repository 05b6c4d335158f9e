"""What lies on the topic of tables, and what is sent there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import pytest

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received
from connectors.kafka.topics import Topics
from jobs import table_topic
from jobs.table_topic import removals, send_missing, tables_of
from journeys.tables import Table

KAFKA = Bootstrap(servers="broker")
LYING: list[tuple[str, bytes | None]] = [
    ("goods/a", b'{"n":1}'),
    ("goods/b/c", b'{"n":2}'),
    ("goods2/a", b'{"n":3}'),
    ("goods/a", b'{"n":4}'),
    ("goods/d", b'{"n":5}'),
    ("goods/d", None),
]


def records(lying: Iterable[tuple[str, bytes | None]]) -> list[Received]:
    return [Received("t", 0, n + 7, 0, key, value) for n, (key, value) in enumerate(lying)]


class Written:
    """Stands for the writer of Kafka, and keeps what it is given."""

    records: list[tuple[str, bytes, bytes | None]]

    def __init__(self, _: Bootstrap) -> None:
        Written.records = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, topic: str, key: bytes, value: bytes | None) -> None:
        self.records.append((topic, key, value))


def test_the_latest_of_each_row_holds_until_it_is_removed() -> None:
    sent = tables_of(records(LYING))
    assert sent.rows == {"goods/a": b'{"n":4}', "goods/b/c": b'{"n":2}', "goods2/a": b'{"n":3}'}
    assert sent.end == 13
    assert sent.keys("goods") == {"a", "b/c"}
    assert tables_of([]).end == 0


def test_what_a_table_holds_no_more_is_told_by_its_record() -> None:
    sent = tables_of(records(LYING))
    assert removals(sent, "goods", {"goods/a", "goods/e"}) == ["goods/b/c"]
    assert removals(sent, "goods", {"goods/a", "goods/b/c"}) == []


def test_only_rows_that_are_new_or_changed_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def read_topic(_: Bootstrap, topic: str) -> list[Received]:
        read.append(topic)
        return records(LYING)

    monkeypatch.setattr(table_topic, "read_topic", read_topic)
    monkeypatch.setattr(table_topic, "Writer", Written)
    rows: list[tuple[str, Any]] = [("a", {"n": 4}), ("b/c", {"n": 0}), ("é", {"n": 6})]
    assert send_missing(KAFKA, Topics(), {"goods": Table(rows)}) == 2
    assert Written.records == [
        ("journeys.tables", b"goods/b/c", b'{"n":0}'),
        ("journeys.tables", "goods/é".encode(), b'{"n":6}'),
    ]
    assert send_missing(KAFKA, Topics(), {"goods": Table()}) == 0
    assert read == ["journeys.tables"], "a project without rows asks nobody"
