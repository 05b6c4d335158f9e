"""Functions that make one value of many. Null items do not count, unless the name says so."""

from __future__ import annotations

from journeys.expressions import temporal
from journeys.expressions.function import OnNull, function
from journeys.expressions.values import Value, bounded_number, identity, order

_ORDERED = "duration|integer|decimal|dateTime|dateTimeOnly|dateOnly"


def _numbers(first: Value, others: tuple[Value, ...]) -> list[int | float]:
    values = first if type(first) is list and not others else [first, *others]
    return [value for value in values if type(value) is int or type(value) is float]


@function(
    "avg(values: listInteger|listDecimal) -> decimal",
    "avg(a: number, b: number) -> decimal",
    examples=[("avg([10, 3, 8, null])", 7.0), ("avg(10.2, 3)", 6.6)],
    on_null=OnNull.CALL,
)
def avg(first: Value, *others: Value) -> Value:
    """Give the average of the numbers of a list, or of two numbers."""
    numbers = _numbers(first, others)
    return sum(numbers) / len(numbers) if numbers else None


@function(
    "sum(values: listInteger) -> integer",
    "sum(values: listDecimal) -> decimal",
    "sum(a: integer, b: integer) -> integer",
    "sum(a: number, b: number) -> decimal",
    examples=[("sum([10, 3, 8, null])", 21), ("sum(10.5, 5)", 15.5), ("sum([])", 0)],
    on_null=OnNull.CALL,
    never_null=True,
)
def total(first: Value, *others: Value) -> Value:
    """Add the numbers of a list, or two numbers. The sum of nothing is 0."""
    return bounded_number(sum(_numbers(first, others)))


def _ordered(first: Value, others: tuple[Value, ...]) -> list[Value]:
    """Give the values that can be compared with the first of them."""
    values = first if type(first) is list and not others else [first, *others]
    read = [temporal.parse_any(value) if type(value) is str else value for value in values]
    known: list[Value] = [value for value in read if value is not None]
    ranks = {order(value)[0] for value in known}
    if len(ranks) > 1:
        lowest = min(ranks)
        known = [value for value in known if order(value)[0] == lowest]
    if any(type(value) is float for value in known):
        return [float(value) if type(value) is int else value for value in known]
    return known


@function(
    f"max(values: listT) -> T where T: {_ORDERED}",
    f"max(a: T, b: T) -> T where T: {_ORDERED}",
    examples=[("max([10, null, 8])", 10), ("max(2, 5)", 5)],
    on_null=OnNull.CALL,
)
def greatest(first: Value, *others: Value) -> Value:
    """Give the greatest of a list, or of two values."""
    return max(_ordered(first, others), key=order, default=None)


@function(
    f"min(values: listT) -> T where T: {_ORDERED}",
    f"min(a: T, b: T) -> T where T: {_ORDERED}",
    examples=[("min([10, null, 8])", 8), ("min(2, 5)", 2)],
    on_null=OnNull.CALL,
)
def least(first: Value, *others: Value) -> Value:
    """Give the least of a list, or of two values."""
    return min(_ordered(first, others), key=order, default=None)


@function(
    "count(values: listAny) -> integer",
    examples=[("count([10, 2, 10, null])", 3)],
    never_null=True,
)
def count(values: list[Value]) -> Value:
    """Count the items of a list that are not null."""
    return len(values) - values.count(None)


@function(
    "countWithNull(values: listAny) -> integer",
    examples=[("countWithNull([10, 2, 10, null])", 4)],
    never_null=True,
)
def count_with_null(values: list[Value]) -> Value:
    """Count the items of a list, null ones too."""
    return len(values)


@function(
    "countOnlyNull(values: listAny) -> integer",
    examples=[("countOnlyNull([10, 2, 10, null])", 1)],
    never_null=True,
)
def count_only_null(values: list[Value]) -> Value:
    """Count the items of a list that are null."""
    return values.count(None)


@function(
    "distinctCount(values: listAny) -> integer",
    "distinctCount(objects: listObject, key: string) -> integer",
    examples=[("distinctCount([10, 2, 10, null])", 2)],
    never_null=True,
    on_null=OnNull.CALL,
)
def distinct_count(values: list[Value], key: str | None = None) -> Value:
    """Count the different items of a list; of objects, the different values of a key."""
    return len({identity(_keyed(value, key)) for value in values} - {None})


@function(
    "distinctCountWithNull(values: listAny) -> integer",
    examples=[("distinctCountWithNull([10, 2, 10, null])", 3)],
    never_null=True,
)
def distinct_count_with_null(values: list[Value]) -> Value:
    """Count the different items of a list; null is one of them."""
    return len({identity(value) for value in values})


def _keyed(value: Value, key: str | None) -> Value:
    if key is None:
        return value
    return value.get(key) if type(value) is dict else None


@function(
    "last(values: listT) -> T",
    examples=[("last([10, 3, 8])", 8), ("last([])", None)],
)
def last(values: list[Value]) -> Value:
    """Give the last item of a list: of a history, the most recent value."""
    return values[-1] if values else None
