"""Guards: which conversion makes a value that was read fit for a typed use."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TypeAlias

from journeys.expressions import values
from journeys.expressions.reading import Budget
from journeys.expressions.types import ANY, Kind, Type
from journeys.expressions.values import Value

Guard: TypeAlias = Callable[[object], Value]

_SINGLE: dict[Kind, Guard] = {
    Kind.STRING: values.as_string,
    Kind.INTEGER: values.as_integer,
    Kind.DECIMAL: values.as_number,
    Kind.BOOLEAN: values.as_boolean,
    Kind.DATE_TIME: values.as_instant,
    Kind.DATE_TIME_ONLY: values.as_local,
    Kind.DATE_ONLY: values.as_date,
    Kind.DURATION: values.as_duration,
}
_SEVERAL: dict[frozenset[Kind], Guard] = {
    frozenset({Kind.INTEGER, Kind.DECIMAL}): values.as_number,
    frozenset({Kind.DATE_TIME, Kind.DATE_TIME_ONLY}): values.as_moment,
}


def guard_of(kinds: Set[Kind]) -> Guard | None:
    """Give the guard to one of these kinds; None where the use decides by itself."""
    if len(kinds) == 1:
        return _SINGLE.get(next(iter(kinds)))
    return _SEVERAL.get(frozenset(kinds))


def default_guard(type_: Type) -> Guard | None:
    """Give the guard that turns whatever a default of this type should replace into null."""
    if type_.kind is Kind.LIST:
        return some_list
    return values.as_number if type_.kind is Kind.INTEGER else guard_of({type_.kind})


def reading_guard(type_: Type) -> Guard:
    """Give the conversion of a field that holds dates or durations, or a list of them."""
    if type_.kind is Kind.LIST:
        return values.each(reading_guard(type_.item or ANY))
    return _SINGLE[type_.kind]


def some_list(value: object) -> Value:
    """Give a list, or null."""
    return value if type(value) is list else None


def spent_list(value: Value, budget: Budget) -> list[Value]:
    """Give a list and take its items from the budget: for calls within a loop."""
    return budget.spend(values.as_list(value)) or []


def has_null(value: object) -> bool:
    """Say whether a list holds null."""
    return type(value) is list and any(item is None for item in value)


def is_numeric(value: object) -> bool:
    """Say whether a value is an integer or a decimal."""
    return type(value) is int or type(value) is float


def is_integer(value: object) -> bool:
    """Say whether a value is an integer."""
    return type(value) is int


def is_decimal(value: object) -> bool:
    """Say whether a value is a decimal."""
    return type(value) is float


TESTS: dict[str, Callable[[object], bool]] = {
    "has null": has_null,
    "is numeric": is_numeric,
    "is integer": is_integer,
    "is decimal": is_decimal,
}
