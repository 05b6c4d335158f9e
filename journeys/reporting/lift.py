"""How sure one can be of a rate, and of the difference between two: intervals of 95 %.

Of one rate it is Wilson's score interval. Of the difference between two it is Newcombe's hybrid
score interval, made of the two (Statistics in Medicine 17, 1998, 873-890, method 10). Both hold for
few people and for rates near 0 and 100 %, where the usual formula promises too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True, slots=True)
class Interval:
    """Between which two values a true one is taken to lie."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Say whether all of it lies on one side of zero."""
        return self.low > 0 or self.high < 0


def rate_interval(successes: int, trials: int) -> Interval:
    """Give Wilson's interval of a rate; of no trials it is everything."""
    if trials == 0:
        return Interval(0.0, 1.0)
    rate, square = successes / trials, _Z * _Z
    middle = 2 * successes + square
    width = _Z * sqrt(square + 4 * successes * (1 - rate))
    whole = 2 * (trials + square)
    return Interval(max(0.0, (middle - width) / whole), min(1.0, (middle + width) / whole))


def difference_interval(first: tuple[int, int], second: tuple[int, int]) -> Interval:
    """Give Newcombe's interval of the first rate less the second.

    Args:
        first: successes and trials.
        second: those of what it is compared with.
    """
    one, other = rate_interval(*first), rate_interval(*second)
    rate, reference = _rate(first), _rate(second)
    difference = rate - reference
    return Interval(
        difference - sqrt((rate - one.low) ** 2 + (other.high - reference) ** 2),
        difference + sqrt((one.high - rate) ** 2 + (reference - other.low) ** 2),
    )


def _rate(counts: tuple[int, int]) -> float:
    successes, trials = counts
    return successes / trials if trials else 0.0
