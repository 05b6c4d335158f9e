"""Numbers of a report in words."""

from __future__ import annotations

from collections.abc import Mapping

NOTHING = "\N{EN DASH}"
"""Stands where there is no number."""
_COARSE = 10
"""From so many units on no part of one is told."""
_UNITS = (
    (86_400_000, "d"),
    (3_600_000, "h"),
    (60_000, "min"),
    (1_000, "s"),
)


def percent(share: float | None) -> str:
    """Write a share."""
    return NOTHING if share is None else f"{100 * share:.1f} %"


def points(difference: float) -> str:
    """Write the difference of two shares, with its sign, in points of percent."""
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def duration(milliseconds: int | None) -> str:
    """Write about how long something takes, in the unit that fits."""
    if milliseconds is None:
        return NOTHING
    for unit, name in _UNITS:
        if milliseconds >= unit:
            value = milliseconds / unit
            is_round = value >= _COARSE or milliseconds % unit == 0
            return f"{value:.0f} {name}" if is_round else f"{value:.1f} {name}"
    return f"{milliseconds} ms"


def listed(counted: Mapping[str, int]) -> str:
    """Write what a total is made of, the most first."""
    order = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in order)
