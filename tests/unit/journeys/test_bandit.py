"""Shares that move: chances of being the best against what is known of them, and their bounds."""

from __future__ import annotations

from dataclasses import replace
from math import exp, lgamma, log

import pytest

from journeys.bandit import Bandit, Tally, TrialReport, chances_of_best, count, reweigh

BANDIT = Bandit(["a", "b", "c"], 90, 60_000)
TALLY = Tally("j", 1, "try", BANDIT)


def log_beta(a: int, b: int) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def chance_of_second(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Compute exactly how likely the second of two arms is the better one (a finite sum)."""
    (n, s), (m, t) = first, second
    a, b = 1 + s, 1 + n - s
    return sum(
        exp(
            log_beta(a + i, b + 1 + m - t)
            - log(1 + m - t + i)
            - log_beta(1 + i, 1 + m - t)
            - log_beta(a, b)
        )
        for i in range(1 + t)
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((0, 0), (0, 0)),
        ((0, 0), (1, 1)),
        ((1, 0), (1, 1)),
        ((10, 1), (10, 4)),
        ((1_000, 20), (1_000, 30)),
        ((5, 0), (2_000, 100)),
        ((1_000_000, 10_000), (10, 0)),
        ((100_000, 5_000), (100_000, 5_050)),
        ((50, 50), (400, 390)),
    ],
)
def test_chances_of_two_arms_are_those_of_the_exact_sum(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    chances = chances_of_best([first, second])
    assert chances[1] == pytest.approx(chance_of_second(first, second), abs=0.002)
    assert sum(chances) == pytest.approx(1)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([(0, 0)] * 3, [1 / 3] * 3),
        ([(70, 7)] * 5, [0.2] * 5),
        # The best of a uniform rate, another, and the larger of two uniform rates: 1/4, 1/4, 1/2.
        ([(0, 0), (0, 0), (1, 1)], [1 / 4, 1 / 4, 1 / 2]),
        ([(1_000, 500), (1_000, 10), (1_000, 20)], [1, 0, 0]),
        ([(7, 9), (7, 7)], [10 / 18, 8 / 18]),
    ],
)
def test_chances_of_more_arms(counts: list[tuple[int, int]], expected: list[float]) -> None:
    assert chances_of_best(counts) == pytest.approx(expected, abs=0.003)


def told(arm: str, *, succeeded: bool = False) -> TrialReport:
    return TrialReport("j", 1, "try", arm, succeeded, BANDIT)


def test_the_first_news_says_when_shares_are_due_and_more_news_change_nothing_of_that() -> None:
    tally = count(None, told("a"), 1_000)
    assert tally == replace(TALLY, given={"a": 1}, due=61_000)
    tally = count(tally, told("a", succeeded=True), 50_000)
    assert tally == replace(TALLY, given={"a": 1}, succeeded={"a": 1}, due=61_000)
    tally, _ = reweigh(tally)
    assert tally.due is None
    assert count(tally, told("b"), 70_000).due == 130_000


def test_every_arm_keeps_its_least_share_and_the_people_kept_out_theirs() -> None:
    given = {"a": 5_000, "b": 5_000, "c": 5_000, "holdout": 1_500}
    _, weights = reweigh(replace(TALLY, given=given, succeeded={"c": 500, "holdout": 1_000}))
    assert weights.shares == pytest.approx({"a": 4.5, "b": 4.5, "c": 81})


@pytest.mark.parametrize("arms", [2, 10, 11, 50])
def test_shares_are_whole_however_many_arms_there_are(arms: int) -> None:
    names = [f"a{n}" for n in range(arms)]
    tally = replace(TALLY, bandit=replace(BANDIT, arms=names), given=dict.fromkeys(names, 1_000))
    _, weights = reweigh(replace(tally, succeeded={"a0": 900}))
    assert sum(weights.shares.values()) == pytest.approx(90)
    least = 90 * min(0.05, 0.5 / arms)
    assert min(weights.shares.values()) == pytest.approx(least)
    assert weights.shares["a0"] == pytest.approx(90 - least * (arms - 1))
