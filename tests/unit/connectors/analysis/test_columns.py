"""Records as typed columns; what fits none is kept all the same."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.analysis.columns import TOPICS, schema_of, table_of
from connectors.kafka.topics import CATALOGUE
from journeys import codec
from journeys.step_event import StepEvent
from tests.harness.person import Person
from tests.harness.plans import SIMPLE, plan_of
from tests.harness.topic import lying


def step_events() -> list[bytes]:
    ann = Person(plan_of(SIMPLE))
    ann.signs_up()
    ann.passes("PT1H")
    return [codec.dump_step_event(event).encode() for event in ann.step_events]


def test_a_step_event_has_a_column_for_every_field() -> None:
    names = [column.name for column in TOPICS["step-events"]]
    assert names == [*(f.name for f in fields(StepEvent)), "schema_version", "engine_version"]


def test_every_topic_that_is_exported_is_in_the_catalogue() -> None:
    assert {*TOPICS} <= {topic.name for topic in CATALOGUE}


def test_step_events_become_typed_columns() -> None:
    texts = step_events()
    table = table_of("step-events", lying(texts, key="ann"))
    assert table.schema.field("occurred_at").type == pa.timestamp("ms", "UTC")
    assert pa.types.is_dictionary(table.schema.field("outcome").type)
    assert table["outcome"].to_pylist() == ["entered", "waiting", "passed", "completed"]
    assert table["kafka_offset"].to_pylist() == [0, 1, 2, 3]
    assert table["record"].null_count == 4
    for row, text in zip(table.to_pylist(), texts, strict=True):
        told = json.loads(text)
        at = row["occurred_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert (row["event_id"], at) == (told["event_id"], told["occurred_at"])


@pytest.mark.parametrize(
    "text",
    [
        b"no json",
        b"[1]",
        b"\xff",
        b'{"event_id": 5}',
        b'{"event_id": "e", "visit": 1.5}',
        b'{"event_id": "e", "occurred_at": "yesterday"}',
        b'{"event_id": "e", "invented": true}',
        b'{"event_id": "e", "visit": 99999999999999999999}',
    ],
)
def test_a_record_that_is_more_than_its_columns_is_kept_whole(text: bytes) -> None:
    good = step_events()[0]
    table = table_of("step-events", lying([good, text, good]))
    assert table["record"].to_pylist() == [None, text.decode(errors="replace"), None]
    assert table["outcome"].to_pylist() == ["entered", None, "entered"]


def test_a_record_without_a_value_is_a_row() -> None:
    (row,) = table_of("feedback", [*lying([b""])]).to_pylist()
    assert (row["kafka_offset"], row["record"]) == (0, "")


def test_a_table_of_nothing_has_all_columns() -> None:
    assert table_of("metrics", []).schema == schema_of("metrics")


VALUES = st.one_of(
    *(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=5)),
    *(st.floats(allow_nan=False, allow_infinity=False), st.just("2026-03-01T08:00:00.000Z")),
    *(st.lists(st.integers(), max_size=2), st.just("2026-03-01T08:00:00.1234567Z")),
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from([c.field for c in TOPICS["feedback"]]), VALUES, min_size=1),
    max_size=4,
)


@given(ROWS)
def test_what_a_column_holds_is_what_the_record_says(rows: list[dict[str, object]]) -> None:
    table = table_of("feedback", lying([json.dumps(row).encode() for row in rows]))
    for told, row in zip(table.to_pylist(), rows, strict=True):
        if told["record"] is None:
            for column in TOPICS["feedback"]:
                said, held = row.get(column.field), told[column.name]
                if isinstance(held, datetime):
                    assert datetime.fromisoformat(str(said)) == held
                else:
                    assert (held, type(held)) == (said, type(said))
