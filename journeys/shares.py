"""Shares of people by percent, and which one a draw falls on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

Percent = Annotated[float, Field(gt=0, le=100)]
WHOLE = 100
"""All shares together."""


@dataclass(frozen=True)
class Share:
    """One way and its percent of the people."""

    percent: float
    to: str
    label: str


def chosen(shares: Sequence[Share], drawn: float) -> Share:
    """Find the share that a draw from 0 up to, but not, 1 falls on."""
    reached = 0.0
    for share in shares:
        reached += share.percent
        if drawn * WHOLE < reached:
            return share
    return shares[-1]  # the last bit of rounding belongs to the last one


def is_whole(percents: Sequence[float]) -> bool:
    """Say whether percents are 100 together, whatever rounding does to their sum."""
    return abs(sum(percents) - WHOLE) < 1e-6  # noqa: PLR2004  # far below any share one can write
