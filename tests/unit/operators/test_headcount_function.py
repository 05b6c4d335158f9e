"""The headcount operator at the keyed harness: the gauge, and versions that are let go of."""

from __future__ import annotations

import pytest
from pyflink.common import Row

from journeys import count_codec
from journeys.presence import (
    BUCKETS,
    RETIRE_AFTER_MS,
    SAY_MS,
    VERSIONS_A_SECOND,
    Occupancy,
)
from operators.descriptors import Route, Said
from operators.headcount_function import HeadcountFunction
from tests.harness.keyed import KeyedHarness, routed


class Version:
    """A version of a journey, counted."""

    def __init__(self, *, restart: bool) -> None:
        self.harness = KeyedHarness(HeadcountFunction, restart=restart)

    def tell(self, inside: int, *, collects: bool, parts: int = BUCKETS, revision: int = 4) -> None:
        for bucket in range(parts):
            occupancy = Occupancy(bucket, inside, inside, revision, collects)
            text = count_codec.dump_occupancy(occupancy)
            assert self.harness.element("walk/1", Row(text)) == []

    def passes(self, milliseconds: int) -> list[Said]:
        return self.harness.fire(self.harness.store.now + milliseconds)


@pytest.mark.parametrize("restart", [True, False])
def test_the_parts_are_added_up_and_said_once(*, restart: bool) -> None:
    version = Version(restart=restart)
    version.tell(2, collects=False)
    rows = version.passes(60_000)
    (gauge,) = routed(rows, Route.METRIC)
    assert rows[0][1] == "journeys_inside/walk/1"
    assert (gauge["journey_id"], gauge["journey_version"]) == ("walk", 1)
    assert (gauge["value"], gauge["behind"], gauge["revision"]) == (2 * BUCKETS, 2 * BUCKETS, 4)


@pytest.mark.parametrize("restart", [True, False])
def test_a_sweep_counts_once_all_parts_have_begun_it(*, restart: bool) -> None:
    version = Version(restart=restart)
    for parts, revision, said in ((BUCKETS - 1, 4, 0), (BUCKETS, 4, 4), (BUCKETS - 1, 5, 4)):
        version.tell(0, collects=False, parts=parts, revision=revision)
        (gauge,) = routed(version.passes(60_000), Route.METRIC)
        assert gauge["revision"] == said, "who waits for people to follow must not stop too early"


@pytest.mark.parametrize("restart", [True, False])
def test_an_empty_version_that_nobody_enters_is_retired_after_a_while(*, restart: bool) -> None:
    version = Version(restart=restart)
    version.tell(0, collects=True)
    assert routed(version.passes(SAY_MS + RETIRE_AFTER_MS - 1), Route.CONTROL) == []
    rows = version.passes(1)
    (command,) = routed(rows, Route.CONTROL)
    assert command == {"v": 1, "command": "retire", "journey": "walk", "version": 1}
    assert rows[-1][1] == "walk/1/retired"
    version.harness.assert_clean()


@pytest.mark.parametrize("restart", [True, False])
def test_a_version_is_not_retired_while_somebody_may_be_inside(*, restart: bool) -> None:
    for parts, inside, collects in (
        (BUCKETS - 1, 0, True),
        (BUCKETS, 1, True),
        (BUCKETS, 0, False),
    ):
        version = Version(restart=restart)
        version.tell(inside, collects=collects, parts=parts)
        assert routed(version.passes(10 * RETIRE_AFTER_MS), Route.CONTROL) == []


@pytest.mark.parametrize("restart", [True, False])
def test_somebody_who_comes_in_meanwhile_keeps_it(*, restart: bool) -> None:
    version = Version(restart=restart)
    version.tell(0, collects=True)
    version.passes(SAY_MS + RETIRE_AFTER_MS // 2)
    version.tell(1, collects=True)
    version.passes(SAY_MS)
    version.tell(0, collects=True)
    assert routed(version.passes(RETIRE_AFTER_MS), Route.CONTROL) == []
    assert len(routed(version.passes(RETIRE_AFTER_MS), Route.CONTROL)) == 1


def test_many_versions_are_told_of_less_often_than_few() -> None:
    harness, seconds, versions = KeyedHarness(HeadcountFunction), 30, 1_000
    rows = []
    for second in range(seconds):
        for number in range(versions):
            text = count_codec.dump_occupancy(Occupancy(0, second, 0, 4, collects=False))
            harness.element(f"walk/{number}", Row(text))
        rows += harness.fire(harness.store.now + 1_000)
    assert seconds * VERSIONS_A_SECOND // 3 < len(rows) < seconds * VERSIONS_A_SECOND * 1.01
