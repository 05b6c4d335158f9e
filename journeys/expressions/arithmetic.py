"""`+ - * / %` over whatever the operands turn out to be. Null with anything is null."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

from journeys.expressions.values import (
    Value,
    as_duration,
    as_moment,
    as_number,
    bounded_number,
    bounded_text,
    text_of,
)


def plus(left: Value, right: Value) -> Value:
    """Add numbers and durations, move moments by a duration, join texts."""
    if type(left) is int and type(right) is int:
        return bounded_number(left + right)
    if type(left) is timedelta or type(right) is timedelta:
        return _later(left, right)
    if type(left) is str or type(right) is str:
        return joined(left, right)
    one, other = as_number(left), as_number(right)
    return None if one is None or other is None else bounded_number(one + other)


def joined(left: Value, right: Value) -> str:
    """Join two values as texts."""
    return bounded_text(text_of(left) + text_of(right))


def _later(left: Value, right: Value) -> Value:
    if type(right) is not timedelta:
        left, right = right, left
    if type(left) is str:
        read = as_moment(left) or as_duration(left)
        if read is None:
            return joined(left, right)
        left = read
    if type(left) is datetime or type(left) is timedelta:
        try:
            return left + right  # type: ignore[operator]  # right is a timedelta
        except OverflowError:
            return None
    return None


def minus(left: Value, right: Value) -> Value:
    """Subtract numbers and durations; of two moments, give the duration between them."""
    if type(left) is int and type(right) is int:
        return bounded_number(left - right)
    if type(right) is timedelta:
        moment = as_moment(left) if type(left) is str else left
        return _later(moment, -right) if type(moment) in {datetime, timedelta} else None
    if isinstance(left, date) or isinstance(right, date):
        return _between(left, right)
    one, other = as_number(left), as_number(right)
    return None if one is None or other is None else bounded_number(one - other)


def _between(left: Value, right: Value) -> Value:
    one = as_moment(left) if type(left) is str else left
    other = as_moment(right) if type(right) is str else right
    if type(one) is datetime and type(other) is datetime:
        return one - other if (one.tzinfo is None) is (other.tzinfo is None) else None
    return None


def times(left: Value, right: Value) -> Value:
    """Multiply numbers."""
    if type(left) is int and type(right) is int:
        return bounded_number(left * right)
    one, other = as_number(left), as_number(right)
    return None if one is None or other is None else bounded_number(one * other)


def divided(left: Value, right: Value) -> Value:
    """Divide numbers; by zero is 0, and two integers give an integer, cut towards zero."""
    one, other = as_number(left), as_number(right)
    if one is None or other is None:
        return None
    if type(one) is int and type(other) is int:
        if other == 0:
            return 0
        quotient = abs(one) // abs(other)
        return bounded_number(quotient if (one < 0) is (other < 0) else -quotient)
    return ratio(one, other)


def ratio(left: Value, right: Value) -> Value:
    """Divide numbers of which one is a decimal, also if it has no fraction; by zero is 0."""
    one, other = as_number(left), as_number(right)
    if one is None or other is None:
        return None
    return bounded_number(one / other) if other else 0.0


def remainder(left: Value, right: Value) -> Value:
    """Give the remainder of a division, with the sign of the dividend; by zero is 0."""
    one, other = as_number(left), as_number(right)
    if one is None or other is None:
        return None
    if type(one) is int and type(other) is int:
        return 0 if other == 0 else abs(one) % abs(other) * (-1 if one < 0 else 1)
    return math.fmod(one, other) if other else 0.0


def negative(operand: Value) -> Value:
    """Turn the sign of a number or a duration."""
    if type(operand) is timedelta:
        return -operand
    number = as_number(operand)
    return None if number is None else bounded_number(-number)


def less(left: Value, right: Value) -> bool:
    """Say whether left is less than right; false where the two have no order."""
    return _order_of(left, right) == -1


def at_most(left: Value, right: Value) -> bool:
    """Say whether left is not more than right; false where the two have no order."""
    return _order_of(left, right) in {-1, 0}


def _order_of(left: Value, right: Value) -> int | None:
    """Give -1, 0 or 1 for numbers and for moments of one kind; None for all else."""
    one, other = as_number(left), as_number(right)
    if one is not None and other is not None:
        return (one > other) - (one < other)
    earlier, later = as_moment(left), as_moment(right)
    if earlier is None or later is None or (earlier.tzinfo is None) is not (later.tzinfo is None):
        return None
    return (earlier > later) - (earlier < later)
