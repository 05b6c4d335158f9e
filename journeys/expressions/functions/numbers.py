"""Functions of numbers, and what applies to values of any kind."""

from __future__ import annotations

import math

from journeys.expressions.function import OnNull, function
from journeys.expressions.scope import Scope
from journeys.expressions.values import MAX_INTEGER, MIN_INTEGER, Value, bounded_number, like, order


def _integer(number: float) -> int:
    return min(max(int(number), MIN_INTEGER), MAX_INTEGER)


@function(
    "random() -> decimal",
    examples=[("random() < 1.0", True)],
    reads_scope=True,
    never_null=True,
)
def random(scope: Scope) -> Value:
    """Draw a number from 0 up to, but not, 1. The same visit of a step draws the same again."""
    return scope.random()


@function(
    "round(value: number) -> integer",
    examples=[("round(2.5)", 3), ("round(-2.5)", -2), ("round(3.14)", 3)],
)
def rounded(value: float) -> Value:
    """Round to the nearest integer; halves go up."""
    if type(value) is int:
        return value
    below = math.floor(value)
    return _integer(below + 1 if value - below >= 0.5 else below)  # noqa: PLR2004 - a half


@function(
    "abs(value: integer) -> integer",
    "abs(value: decimal) -> decimal",
    examples=[("abs(-3)", 3), ("abs(-2.5)", 2.5)],
)
def absolute(value: float) -> Value:
    """Drop the sign of a number."""
    return bounded_number(abs(value))


@function("ceil(value: number) -> integer", examples=[("ceil(2.1)", 3)])
def ceiling(value: float) -> Value:
    """Round up to an integer."""
    return _integer(math.ceil(value))


@function("floor(value: number) -> integer", examples=[("floor(-2.1)", -3)])
def floor(value: float) -> Value:
    """Round down to an integer."""
    return _integer(math.floor(value))


@function(
    "pow(value: number, exponent: number) -> decimal",
    examples=[("pow(2, 10)", 1024.0), ("pow(-1, 0.5)", None)],
)
def power(value: float, exponent: float) -> Value:
    """Raise a number to a power; null where there is no real result."""
    try:
        return math.pow(value, exponent)
    except (ValueError, OverflowError):
        return None


@function(
    "between(value: T, low: T, high: T) -> boolean "
    "where T: integer|decimal|dateTime|dateTimeOnly|dateOnly|duration",
    examples=[("between(5, 1, 10)", True), ("between(11, 1, 10)", False)],
    on_null=OnNull.FALSE,
)
def between(value: Value, low: Value, high: Value) -> Value:
    """Say whether a value lies between two others, or is one of them."""
    known = next((one for one in (value, low, high) if type(one) is not str), None)
    if known is None or isinstance(known, int | float):
        read = [value, low, high]
    else:
        read = [like(known)(one) for one in (value, low, high)]
    if None in read or any(type(one) is str for one in read):
        return False
    ranks = [order(one) for one in read]
    return len({rank for rank, _ in ranks}) == 1 and ranks[1] <= ranks[0] <= ranks[2]


@function(
    "coalesce(first: T, second: T, third?: T, fourth?: T, fifth?: T) -> T",
    examples=[("coalesce(null, 'b')", "b"), ("coalesce(null, null, 3)", 3)],
    on_null=OnNull.CALL,
)
def coalesce(*values: Value) -> Value:
    """Give the first value that is not null."""
    return next((value for value in values if value is not None), None)
