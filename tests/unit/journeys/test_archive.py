"""Which records go into which file: names, days, and what is merged."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.archive import (
    MANY,
    MERGED_BYTES,
    ArchiveError,
    Filler,
    Piece,
    Size,
    counting,
    day_of,
    merged,
    merges,
    piece_of,
    reached,
    starts,
)
from journeys.clock import parse_instant

DAY = 86_400_000
NOON = parse_instant("2026-11-26T12:00:00Z")
TODAY = "2026-11-26"


@dataclass(frozen=True)
class Lying:
    partition: int
    offset: int
    timestamp: int = NOON
    key: str | None = None
    value: bytes | None = b"{}"


def piece(begin: int, end: int, day: str = "2026-11-25", partition: int = 0) -> Piece:
    return Piece("step-events", partition, begin, end, day)


def test_a_name_says_what_a_file_holds() -> None:
    name = "step-events/day=2026-11-26/p3-000000000120-1234567890123.parquet"
    found = piece_of(name)
    assert found == Piece("step-events", 3, 120, 1234567890123, TODAY)
    assert found.name == name


@pytest.mark.parametrize(
    "name",
    [
        "step-events/day=2026-11-26/.p3-000000000120-000000000480.parquet",
        "step-events/day=2026-11-26/p3-120-480.parquet",
        "step-events/p3-000000000120-000000000480.parquet",
        "dimensions/steps.parquet",
    ],
)
def test_other_files_are_no_pieces(name: str) -> None:
    assert piece_of(name) is None


def test_what_was_merged_counts_no_more() -> None:
    small = [piece(0, 10), piece(10, 20), piece(20, 30), piece(30, 40)]
    large = piece(0, 30)
    assert counting([*small, large]) == [large, small[-1]]
    assert counting([*small, large, piece(0, 10, partition=1)])[-1].partition == 1
    assert reached([*small, large]) == {0: 40}


def test_files_that_overlap_are_told() -> None:
    with pytest.raises(ArchiveError, match="both hold offset 8: two exports wrote into one"):
        counting([piece(0, 10), piece(8, 20)])


def test_an_export_goes_on_where_files_end_or_the_topic_begins() -> None:
    assert starts("t", {0: 40}, {0: 10, 1: 5}, {0: 50, 1: 9}) == {0: 40, 1: 5}
    assert starts("t", {0: 40}, {0: 45}, {0: 50}) == {0: 45}
    with pytest.raises(ArchiveError, match="reach offset 40 of partition 0, and the topic ends at"):
        starts("t", {0: 40}, {0: 0}, {0: 12})


def test_a_file_ends_where_it_is_large_enough_or_another_day_begins() -> None:
    filler: Filler[Lying] = Filler("t", {0: 100}, Size(rows=3))
    records = [
        *(Lying(0, offset) for offset in (100, 101, 103, 104)),
        Lying(0, 107, NOON + DAY),
        Lying(0, 108, NOON),
    ]
    found = [done for record in records for done in filler.add(record, 0)]
    found += filler.rest()
    assert [done.name for done, _ in found] == [
        "t/day=2026-11-26/p0-000000000100-000000000104.parquet",
        "t/day=2026-11-26/p0-000000000104-000000000105.parquet",
        "t/day=2026-11-27/p0-000000000105-000000000109.parquet",
    ]


def test_a_file_ends_when_its_first_record_has_waited_long_enough() -> None:
    filler: Filler[Lying] = Filler("t", {}, Size(age_ms=1_000))
    assert not [*filler.add(Lying(0, 0), 5_000), *filler.add(Lying(0, 1), 5_900)]
    assert not [*filler.due(5_999)]
    ((done, records),) = filler.due(6_000)
    assert (done.begin, done.end, len(records)) == (0, 2, 2)


def test_a_file_ends_when_its_records_are_many_bytes() -> None:
    filler: Filler[Lying] = Filler("t", {}, Size(bytes=10))
    assert not [*filler.add(Lying(0, 0, value=b"x" * 9), 0)]
    assert [*filler.add(Lying(0, 1, value=b"x"), 0)]


def test_a_time_that_is_none_has_a_day_all_the_same() -> None:
    assert (day_of(NOON), day_of(2**62)) == (TODAY, "0001-01-01")


def test_neighbours_of_a_day_that_is_over_become_one_file() -> None:
    small = [piece(n, n + 1) for n in range(3)]
    assert merges(dict.fromkeys(small, 1_000), TODAY) == [small]
    assert merged(small) == piece(0, 3)


def test_what_is_no_neighbour_is_not_merged() -> None:
    apart = [piece(0, 1), piece(2, 3), piece(3, 4, TODAY), piece(0, 1, partition=1)]
    assert merges(dict.fromkeys(apart, 1_000), "2026-11-27") == []


def test_no_file_becomes_too_large() -> None:
    half = MERGED_BYTES // 2
    pieces = [piece(n, n + 1) for n in range(5)]
    runs = merges(dict.fromkeys(pieces, half), TODAY)
    assert [len(run) for run in runs] == [2, 2]


def test_a_day_that_is_not_over_is_merged_in_tiers() -> None:
    """Files of a minute become one of a quarter of an hour, which then waits for its peers."""
    many = [piece(n, n + 1, TODAY) for n in range(MANY)]
    assert merges(dict.fromkeys(many[:-1], 1_000), TODAY) == []
    assert merges(dict.fromkeys(many, 1_000), TODAY) == [many]
    large, later = piece(0, 16, TODAY), [piece(n, n + 1, TODAY) for n in range(16, 16 + MANY)]
    assert merges({large: 16_000, **dict.fromkeys(later, 1_000)}, TODAY) == [later]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(-1, 2)), max_size=60),
    st.integers(1, 5),
)
def test_every_record_is_in_one_file_whatever_comes(
    steps: list[tuple[int, int, int]], rows: int
) -> None:
    """Partition, how far the next offset is, and the day."""
    filler: Filler[Lying] = Filler("t", {}, Size(rows=rows))
    last = dict.fromkeys(range(3), -1)
    given: list[Lying] = []
    found: list[tuple[Piece, list[Lying]]] = []
    for partition, gap, day in steps:
        last[partition] += gap
        record = Lying(partition, last[partition], NOON + day * DAY)
        given.append(record)
        found += filler.add(record, 0)
    found += filler.rest()
    kept = [record for _, records in found for record in records]
    assert sorted(kept, key=lambda r: (r.partition, r.offset)) == sorted(
        given, key=lambda r: (r.partition, r.offset)
    )
    for done, records in found:
        assert all(done.begin <= record.offset < done.end for record in records)
    pieces = [done for done, _ in found]
    assert {*counting(pieces)} == {*pieces}
    assert reached(pieces) == {n: offset + 1 for n, offset in last.items() if offset >= 0}
