"""Functions on batches do what they do with one record after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyflink.common import Row
from pyflink.common.typeinfo import Types
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from journeys.control import dump_command, key_of, publish_message
from operators.descriptors import PERSON, Route
from operators.journey_function import JourneyFunction
from tests.harness.batches import Batches
from tests.harness.keyed import JourneyHarness, KeyedHarness, Store
from tests.harness.plans import SIMPLE, plan_of

COUNT = ValueStateDescriptor("count", Types.STRING())
LAST = ValueStateDescriptor("last", Types.STRING())
SEEN = MapStateDescriptor("seen", Types.STRING(), Types.STRING())
PEOPLE = ("ann", "ben", "eve")


class Tally(KeyedProcessFunction):
    """Does with states and timers all that a function may."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self._count = runtime_context.get_state(COUNT)
        self._last = runtime_context.get_state(LAST)
        self._seen = runtime_context.get_map_state(SEEN)

    def process_element(self, value: Any, ctx: Any) -> Iterator[Row]:
        (word,) = value
        count = int(self._count.value() or "0") + 1
        timers = ctx.timer_service()
        if word == "unsee":
            self._seen.remove("x")
            yield Row(ctx.get_current_key(), word, str(self._seen.contains("y")))
            return
        if word == "forget":
            self._count.clear()
            self._seen.clear()
            timers.delete_processing_time_timer(timers.current_processing_time() + 1)
            return
        self._count.update(str(count))
        before = self._last.value()
        self._last.update(word)
        self._seen.put(word, str(count))
        timers.register_processing_time_timer(timers.current_processing_time() + 1)
        seen = ",".join(sorted(f"{name}{n}" for name, n in self._seen.items()))
        yield Row(ctx.get_current_key(), f"{before}>{word}", seen)

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Row]:
        yield Row(ctx.get_current_key(), "timer", self._count.value())


def kept(store: Store) -> tuple[Any, ...]:
    """Give all that a store holds."""
    values = {name: dict(state) for name, state in store.values.items() if state}
    maps = {
        name: {key: dict(entries) for key, entries in state.items() if entries}
        for name, state in store.maps.items()
    }
    return values, {name: state for name, state in maps.items() if state}, store.timers


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y", "unsee", "forget"])),
        max_size=12,
    ),
    st.integers(1, 5),
    st.sampled_from([(), ("count",), ("last", "count")]),
)
def test_a_batch_does_what_its_records_do_one_by_one(
    records: list[tuple[str, str]], size: int, ahead: tuple[str, ...]
) -> None:
    single, batches = KeyedHarness(Tally), Batches(Tally(), Store(), size, ahead)
    for key, word in records:
        single.element(key, Row(word))
        batches.record(key, (word,))
    batches.work()
    assert batches.rows == [tuple(row) for row in single.rows]
    assert kept(batches.store) == kept(single.store)


def test_a_timer_that_an_earlier_record_has_set_no_more_is_not_taken() -> None:
    batches = Batches(Tally(), Store(), 2)
    batches.record("a", ("x",))
    batches.work()
    due = batches.store.now + 1
    batches.record("a", ("forget",))
    batches.timer("a", due)
    batches.record("a", ("x",))
    batches.work()
    batches.timer("a", due)
    batches.work()
    assert batches.rows == [("a", "None>x", "x1"), ("a", "x>x", "x1"), ("a", "timer", "1")]


def test_what_was_not_read_ahead_is_read_once_in_a_batch() -> None:
    batches = Batches(Tally(), Store(), 3)
    for key, at in (("a", 1), ("a", 2), ("b", 3)):
        batches.timer(key, at)
    assert batches.selected == [0, 2]
    batches = Batches(Tally(), Store(), 3, ["count"])
    for key, at in (("a", 1), ("a", 2), ("b", 3)):
        batches.timer(key, at)
    assert batches.selected == []


def test_a_name_of_a_map_is_read_once_in_a_batch_and_what_was_put_not_at_all() -> None:
    batches = Batches(Tally(), Store(), 6)
    for key, word in (("a", "unsee"), ("a", "unsee"), ("a", "y"), ("b", "y"), ("b", "unsee")):
        batches.record(key, (word,))
    batches.work()
    assert batches.entries_read == [(0, "y")]
    assert [row[2] for row in batches.rows] == ["False", "False", "y1", "y1", "True"]
    assert batches.store.maps["seen"] == {"a": {"y": "1"}, "b": {"y": "1"}}


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_journeys_run_in_batches_as_they_run_one_by_one(size: int) -> None:
    single = JourneyHarness(restart=False)
    batches = Batches(JourneyFunction([]), Store(), size, [PERSON.name])
    publish = publish_message(plan_of(SIMPLE))
    command = single.row("control", key_of(publish), dump_command(publish))
    single.broadcast(command)
    batches.for_all(command)
    for number in range(40):
        person, kind = PEOPLE[number % 3], ("account.signup", "web.other")[number % 5 == 4]
        event = b'{"eventType": "%s", "n": %d}' % (kind.encode(), number)
        record = single.row("events", person, event)
        single.element(person, record)
        batches.record(person, tuple(record))
    batches.work()
    due = sorted(single.store.timers)
    batches.store.now = max(at for at, _ in due)
    for at, person in due:
        batches.timer(person, at)
    batches.work()
    single.fire(batches.store.now)
    said = [tuple(row) for row in single.rows]
    assert {row[1] for row in said if row[0] == Route.STEP_EVENT} == set(PEOPLE)
    assert batches.rows == said
    assert kept(batches.store) == kept(single.store)
