from __future__ import annotations

from argparse import Namespace

from bench.grid import combinations


def test_every_combination_runs_once() -> None:
    given = Namespace(
        matching=[1.0, 100.0], journeys=[1, 50], backend=["rocksdb"], parallelism=[1, 2]
    )
    given.events, given.people, given.warm_up, given.entered = 1_000, 10, 60.0, 1
    given.without_baseline, given.doublings = True, 2
    lines = [" ".join(words) for words in combinations(given)]
    assert len(lines) == len(set(lines)) == 8
    assert lines[0] == (
        "--matching 1 --journeys 1 --backend rocksdb --parallelism 1 --events 1000 --people 10"
        " --warm-up 60 --entered 1 --doublings 2 --without-baseline"
    )
