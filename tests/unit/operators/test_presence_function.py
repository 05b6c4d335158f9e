"""The presence operator at the keyed harness: who is inside, and who has still to be told."""

from __future__ import annotations

import pytest
from pyflink.common import Row

from journeys import count_codec
from journeys.presence import (
    AGAIN_MS,
    BUCKETS,
    PARTS_A_SECOND,
    PER_TICK,
    TELL_MS,
    TICK_MS,
    Occupancy,
    Place,
    Sweep,
)
from operators.descriptors import INSIDE, PART, Route
from operators.presence_function import PresenceFunction
from tests.harness.keyed import KeyedHarness

KEY = "walk/1/3"
MOVE = Sweep(revision=5, nudges=True, collects=True)


class Part:
    """One part of a version."""

    def __init__(self, *, restart: bool = True) -> None:
        self.harness = KeyedHarness(PresenceFunction, restart=restart)

    def tell(self, text: str) -> None:
        assert self.harness.element(KEY, Row(text)) == []

    def place(self, number: int, revision: int | None = 1) -> None:
        self.tell(count_codec.dump_place(Place(f"i{number}", f"p{number}", revision)))

    def sweep(self, sweep: Sweep) -> list[Occupancy]:
        """Give what is said at once."""
        row = Row(count_codec.dump_sweep(sweep))
        rows = self.harness.element(KEY, row)
        assert all(row[0] == Route.OCCUPANCY for row in rows)
        return [count_codec.load_occupancy(row[2]) for row in rows]

    def passes(self, milliseconds: int) -> tuple[list[str | None], list[Occupancy]]:
        """Give who is nudged, and what is said."""
        rows = self.harness.fire(self.harness.store.now + milliseconds)
        nudged = [row[1] for row in rows if row[0] == Route.NUDGE]
        told = [row for row in rows if row[0] == Route.OCCUPANCY]
        assert {row[1] for row in told} <= {"walk/1"}
        return nudged, [count_codec.load_occupancy(row[2]) for row in told]


@pytest.mark.parametrize("restart", [True, False])
def test_how_many_are_inside_is_said_once_after_it_changed(*, restart: bool) -> None:
    part = Part(restart=restart)
    for number in range(3):
        part.place(number)
    part.place(1, None)
    part.place(2, 2)
    nudged, said = part.passes(60_000)
    assert nudged == []
    assert said == [Occupancy(3, inside=2, behind=0, revision=0, collects=False)]
    assert not part.harness.store.timers


def test_many_parts_say_so_less_often_than_few() -> None:
    harness, seconds = KeyedHarness(PresenceFunction), 60

    def said(parts: int) -> int:
        """Count what is said in a minute in which somebody comes into each part every second."""
        rows = []
        for second in range(seconds):
            for number in range(parts):
                place = Place(f"i{second}", f"p{second}", 1)
                harness.element(f"walk/{parts}/{number}", Row(count_codec.dump_place(place)))
            rows += harness.fire(harness.store.now + 1_000)
        return len(rows)

    assert said(1) == seconds * 1_000 // TELL_MS
    assert seconds * PARTS_A_SECOND // 2 < said(1_000) < seconds * PARTS_A_SECOND * 1.01


@pytest.mark.parametrize("restart", [True, False])
def test_everybody_is_nudged_at_a_bounded_rate_and_again_until_they_have_followed(
    *, restart: bool
) -> None:
    part = Part(restart=restart)
    count = PER_TICK + 2
    for number in range(count):
        part.place(number)
    part.sweep(MOVE)
    nudged, said = part.passes(TICK_MS)
    assert len(nudged) == PER_TICK
    assert said[-1].behind == count
    if not restart:  # after a failure they are nudged again, which changes nothing
        assert len(part.passes(TICK_MS)[0]) == 2
        assert part.passes(TICK_MS)[0] == []
    for number in range(count - 1):
        part.place(number, None)
    nudged, said = part.passes(2 * AGAIN_MS)
    assert set(nudged) == {f"p{count - 1}"}, "only who is behind still"
    part.place(count - 1, None)
    nudged, said = part.passes(TICK_MS)
    assert nudged == []
    assert (said[-1].inside, said[-1].behind, said[-1].collects) == (0, 0, True)
    assert not part.harness.store.timers


@pytest.mark.parametrize("restart", [True, False])
def test_who_has_followed_and_stays_is_behind_no_more(*, restart: bool) -> None:
    part = Part(restart=restart)
    part.place(1)
    part.sweep(MOVE)
    part.place(1, MOVE.revision)
    nudged, said = part.passes(AGAIN_MS)
    assert nudged == []
    assert said[-1] == Occupancy(3, inside=1, behind=0, revision=5, collects=True)


@pytest.mark.parametrize("restart", [True, False])
def test_who_comes_in_late_where_nobody_should_any_more_is_nudged_too(*, restart: bool) -> None:
    part = Part(restart=restart)
    part.sweep(MOVE)
    part.passes(60_000)
    part.place(1)
    assert part.passes(TICK_MS)[0] == ["p1"]


@pytest.mark.parametrize("restart", [True, False])
def test_a_sweep_that_touches_nobody_nudges_nobody(*, restart: bool) -> None:
    part = Part(restart=restart)
    part.place(1)
    (said,) = part.sweep(Sweep(5, nudges=False, collects=True))
    assert (said.inside, said.revision, said.collects) == (1, 5, True)
    assert part.passes(60_000)[0] == []


@pytest.mark.parametrize("restart", [True, False])
def test_a_later_sweep_goes_on_with_those_the_one_before_has_not_reached(*, restart: bool) -> None:
    part = Part(restart=restart)
    part.place(1)
    part.sweep(MOVE)
    part.sweep(Sweep(6, nudges=False, collects=True))
    assert part.passes(TICK_MS)[0] == ["p1"]


@pytest.mark.parametrize("restart", [True, False])
def test_nothing_is_left_of_a_version_that_has_gone(*, restart: bool) -> None:
    part = Part(restart=restart)
    part.place(1)
    part.sweep(MOVE)
    part.place(1, None)
    part.passes(60_000)
    assert part.harness.store.keys == {KEY}, "the sweep is remembered for who comes late"
    part.sweep(Sweep(0, nudges=False, collects=True, retires=True))
    assert part.passes(60_000) == ([], []), "or it would be retired again and again"
    part.harness.assert_clean()


@pytest.mark.parametrize("restart", [True, False])
def test_nothing_is_kept_of_a_part_that_is_empty(*, restart: bool) -> None:
    part = Part(restart=restart)
    part.place(1)
    part.place(1, None)
    part.passes(60_000)
    part.harness.assert_clean()
    assert (PART.name, INSIDE.name) == ("part", "inside")
    assert BUCKETS * PER_TICK * 1000 // TICK_MS <= 5_000
