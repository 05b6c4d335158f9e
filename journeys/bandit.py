"""Bandits: shares of an experiment that move towards the best arm, decided by whoever counts.

Thompson sampling: each arm gets the share that is the chance that it is the best of all, given what
is known. A success rate of which `s` of `n` is known is believed to be Beta(1 + s, 1 + n - s); the
chances are integrals over these beliefs, computed on a grid, so that the same counts always give
the same shares. Whoever has not succeeded yet counts as somebody who did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from math import exp, inf, log, log1p, prod, sqrt

from journeys.identifiers import experiment_id
from journeys.shares import WHOLE

LEAST_SHARE = 0.05
"""Part of the people who are tried on that every arm keeps, so that it can still show what it is
worth; of more than ten arms each keeps half of an equal share."""
_ROUNDING = 1e-6
"""Far above what adding shares can lose, and far below any share."""
_POINTS = 128
"""Of the grid, for each arm."""
_REACH = 8.0
"""How far from its mean, in standard deviations, an arm is looked at."""


@dataclass(frozen=True, slots=True)
class Bandit:
    """What of an experiment is moved, and how often."""

    arms: list[str]
    """Arms whose shares are moved: all but the people kept out."""
    percent: float
    """What they have together."""
    every_ms: int
    """How long after the first news new shares are computed."""


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What the counter is told: somebody was given an arm, or succeeded with it."""

    journey: str
    version: int
    step: str
    arm: str
    succeeded: bool
    bandit: Bandit

    @property
    def experiment(self) -> str:
        """Name what is counted by itself."""
        return experiment_id(self.journey, self.version, self.step)


@dataclass(frozen=True, slots=True)
class Tally:
    """What has been counted of one experiment, over everybody."""

    journey: str
    version: int
    step: str
    bandit: Bandit
    given: dict[str, int] = field(default_factory=dict)
    """Arm to the people it was given to."""
    succeeded: dict[str, int] = field(default_factory=dict)
    """Arm to those of them who succeeded."""
    due: int | None = None
    """Instant, in milliseconds, at which new shares are to be computed; None: nothing is new."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The shares of an experiment from here on."""

    journey: str
    version: int
    step: str
    shares: dict[str, float]
    """Arm to its percent of everybody; of others the share is as written."""

    @property
    def experiment(self) -> str:
        """Name what they are the shares of."""
        return experiment_id(self.journey, self.version, self.step)


def checked_shares(shares: dict[str, float]) -> dict[str, float]:
    """Give shares that are parts of everybody.

    Raises:
        ValueError: they are not.
    """
    if any(percent < 0 for percent in shares.values()) or sum(shares.values()) > WHOLE + _ROUNDING:
        message = f"the shares are not parts of {WHOLE} %"
        raise ValueError(message)
    return shares


def count(tally: Tally | None, report: TrialReport, now: int) -> Tally:
    """Count one report; the first one after a while says when new shares are due."""
    before = tally or Tally(report.journey, report.version, report.step, report.bandit)
    counts = before.succeeded if report.succeeded else before.given
    counts = {**counts, report.arm: counts.get(report.arm, 0) + 1}
    due = now + report.bandit.every_ms if before.due is None else before.due
    if report.succeeded:
        return replace(before, succeeded=counts, due=due)
    return replace(before, given=counts, due=due)


def reweigh(tally: Tally) -> tuple[Tally, Weights]:
    """Compute new shares; give the tally with nothing new in it, and the shares."""
    bandit = tally.bandit
    counts = [(tally.given.get(arm, 0), tally.succeeded.get(arm, 0)) for arm in bandit.arms]
    least = min(LEAST_SHARE, 1 / (2 * len(counts)))
    free = 1 - least * len(counts)
    parts = [least + free * chance for chance in chances_of_best(counts)]
    shares = {arm: bandit.percent * part for arm, part in zip(bandit.arms, parts, strict=True)}
    return replace(tally, due=None), Weights(tally.journey, tally.version, tally.step, shares)


def chances_of_best(counts: Sequence[tuple[int, int]]) -> list[float]:
    """Compute of each arm how likely it is to have the highest success rate of all.

    Args:
        counts: of each arm, how many were given it and how many of them succeeded.
    """
    grid = sorted({rate for given, succeeded in counts for rate in _points(given, succeeded)})
    beliefs = [_masses(grid, given, succeeded) for given, succeeded in counts]
    chances = [0.0] * len(counts)
    # Up to the middle of a cell: how likely each arm is to be worse than what lies in it.
    worse = [
        [up_to - here / 2 for up_to, here in zip(accumulate(b), b, strict=True)] for b in beliefs
    ]
    for cell, below in enumerate(zip(*worse, strict=True)):
        all_worse = prod(below)
        for arm, belief in enumerate(beliefs):
            if belief[cell]:
                chances[arm] += belief[cell] * all_worse / below[arm]
    return [chance / sum(chances) for chance in chances]


def _points(given: int, succeeded: int) -> list[float]:
    """Lay points where the success rate of an arm may lie, closer the more is known of it."""
    a, b = 1 + succeeded, 1 + max(0, given - succeeded)
    mean = a / (a + b)
    reach = _REACH * sqrt(mean * (1 - mean) / (a + b + 1))
    low, high = max(0.0, mean - reach), min(1.0, mean + reach)
    return [low + (high - low) * n / _POINTS for n in range(_POINTS + 1)]


def _masses(grid: Sequence[float], given: int, succeeded: int) -> list[float]:
    """Give for each cell of the grid how likely the success rate of an arm lies there."""
    failed = max(0, given - succeeded)
    peak = _log_density(succeeded / (succeeded + failed or 1), succeeded, failed)
    heights = [exp(_log_density(rate, succeeded, failed) - peak) for rate in grid]
    steps = zip(pairwise(grid), pairwise(heights), strict=True)
    areas = [(right - left) * (low + high) / 2 for (left, right), (low, high) in steps]
    whole = sum(areas)
    return [area / whole for area in areas]


def _log_density(rate: float, succeeded: int, failed: int) -> float:
    if (succeeded and rate <= 0) or (failed and rate >= 1):
        return -inf
    return (succeeded * log(rate) if succeeded else 0.0) + (
        failed * log1p(-rate) if failed else 0.0
    )
