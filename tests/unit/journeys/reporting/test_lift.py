"""Intervals, held against the tables of Newcombe's papers of 1998."""

from __future__ import annotations

import pytest

from journeys.reporting.lift import Interval, difference_interval, rate_interval


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_rate_has_wilsons_interval(successes: int, trials: int, low: float, high: float) -> None:
    """Statistics in Medicine 17, 857-872, table I, method 3."""
    found = rate_interval(successes, trials)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_a_difference_has_newcombes_interval(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Statistics in Medicine 17, 873-890, table II, method 10."""
    found = difference_interval(first, second)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_of_nobody_nothing_is_known() -> None:
    assert rate_interval(0, 0) == Interval(0.0, 1.0)
    assert difference_interval((0, 0), (5, 10)).low < 0 < difference_interval((0, 0), (5, 10)).high


@pytest.mark.parametrize(
    ("low", "high", "excludes"), [(0.1, 0.2, True), (-0.2, -0.1, True), (-0.1, 0.1, False)]
)
def test_a_difference_is_shown_where_its_interval_is_on_one_side(
    low: float, high: float, *, excludes: bool
) -> None:
    assert Interval(low, high).excludes_zero is excludes
