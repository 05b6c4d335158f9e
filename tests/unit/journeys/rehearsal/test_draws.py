"""Chance is a hash of a seed: the same seed, the same draws, and every value in its turn."""

from __future__ import annotations

from collections import Counter

from journeys.rehearsal.draws import PLAINEST, Draws


def test_a_seed_gives_the_same_draws_and_another_gives_others() -> None:
    one, same, other = Draws(1, "ann"), Draws(1, "ann"), Draws(1, "bob")
    first = [one.below(1_000) for _ in range(50)]
    assert [same.below(1_000) for _ in range(50)] == first
    assert [other.below(1_000) for _ in range(50)] != first


def test_draws_are_even_and_stay_in_their_bounds() -> None:
    draws = Draws("even")
    seen = Counter(draws.between(-2, 2) for _ in range(10_000))
    assert set(seen) == {-2, -1, 0, 1, 2}
    assert all(1_800 < times < 2_200 for times in seen.values())
    fractions = [draws.fraction() for _ in range(1_000)]
    assert 0 <= min(fractions) < 0.01
    assert 0.99 < max(fractions) < 1
    assert 2_800 < sum(draws.chance(0.3) for _ in range(10_000)) < 3_200
    assert {draws.choose("ab") for _ in range(50)} == {"a", "b"}


def test_the_plainest_draw_is_the_first_the_lowest_and_yes() -> None:
    assert [PLAINEST.below(9), PLAINEST.between(3, 5), PLAINEST.choose("ab")] == [0, 3, "a"]
    assert PLAINEST.chance(0.01)
