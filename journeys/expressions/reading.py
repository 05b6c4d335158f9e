"""Reads along a path: fields, collections and maps. Whatever is missing is null."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from journeys.expressions.scope import Scope
from journeys.expressions.values import MAX_LOOPS, LimitError, Value, as_list

Condition: TypeAlias = Callable[[Value], object]


_CHARACTERS = 64
"""So many characters cost as much as one item."""


class Budget:
    """How many items the collection methods of one evaluation may still look at."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_LOOPS

    def spend(self, value: Value) -> list[Value] | None:
        """Take the items of a list from the budget."""
        if type(value) is not list:
            return None
        self.take(len(as_list(value)))
        return value

    def take(self, count: int) -> None:
        """Take so many items from the budget."""
        self.left -= count
        if self.left < 0:
            message = f"there is too much to look through: more than {MAX_LOOPS} items"
            raise LimitError(message)


def spent(value: Value, budget: Budget) -> Value:
    """Give a value back, and take what it costs to look at all of it again and again."""
    if type(value) is str:
        budget.take(len(value) // _CHARACTERS)
    elif type(value) is list or type(value) is dict:
        budget.take(len(value))
    return value


def spread(value: Value, name: str, budget: Budget | None = None) -> Value:
    """Read a field of each object of a list; lists that are found so become one list.

    Within a loop the items are taken from its budget.
    """
    if type(value) is not list:
        return None
    if budget is not None:
        budget.take(len(value))
    found: list[Value] = []
    for item in value:
        part = item.get(name) if type(item) is dict else None
        if type(part) is list:
            found.extend(part)
        else:
            found.append(part)
        if len(found) > MAX_LOOPS:
            message = f"the lists in {name!r} hold too many items together: more than {MAX_LOOPS}"
            raise LimitError(message)
    return found


def all_of(value: Value, condition: Condition, budget: Budget) -> Value:
    """Keep the items that a condition holds for."""
    items = budget.spend(value)
    return None if items is None else [item for item in items if condition(item)]


def first_of(value: Value, condition: Condition, budget: Budget) -> Value:
    """Give the first item that a condition holds for."""
    for item in budget.spend(value) or ():
        if condition(item):
            return item
    return None


def last_of(value: Value, condition: Condition, budget: Budget) -> Value:
    """Give the last item that a condition holds for."""
    items = budget.spend(value) or []
    for item in reversed(items):
        if condition(item):
            return item
    return None


def any_of(value: Value, condition: Condition, budget: Budget) -> bool:
    """Say whether a condition holds for some item."""
    for item in budget.spend(value) or ():  # noqa: SIM110 - twice as fast as any() of a generator
        if condition(item):
            return True
    return False


def none_of(value: Value, condition: Condition, budget: Budget) -> bool:
    """Say whether a condition holds for no item."""
    return not any_of(value, condition, budget)


def map_of(value: Value, function: Callable[[Value], Value], budget: Budget) -> Value:
    """Compute something from each item."""
    items = budget.spend(value)
    return None if items is None else [function(item) for item in items]


def everything(item: Value) -> bool:
    """Hold for every item: what an empty condition means."""
    del item
    return True


def at(value: Value, index: Value) -> Value:
    """Give the item at an index, counted from 0."""
    if type(value) is list and type(index) is int and 0 <= index < len(value):
        return value[index]
    return None


def entry(value: Value, key: Value) -> Value:
    """Give what a map holds under a key."""
    return value.get(key) if type(value) is dict and type(key) is str else None


def first_entry_key(value: Value) -> Value:
    """Give the first key of a map."""
    return next(iter(value), None) if type(value) is dict else None


def keys(value: Value) -> Value:
    """Give all keys of a map."""
    return list(value) if type(value) is dict else None


def platform(scope: Scope, group: str) -> Value:
    """Give a field group of the built-in source, whose `profile` is the profile itself."""
    groups = scope.sources.get("ExperiencePlatform")
    if type(groups) is dict:
        return groups.get(group)  # type: ignore[return-value]  # JSON is a Value
    return {"profile": scope.profile}  # type: ignore[dict-item]  # JSON is a Value


def source_call(scope: Scope, source: str, group: str, parameters: dict[str, Value]) -> Value:
    """Ask a source with parameters for a field group."""
    return scope.source_call(source, group, parameters)  # type: ignore[arg-type,return-value]  # JSON


def past(scope: Scope, event: str, path: tuple[str, ...], window_ms: int | None) -> Value:
    """Give the values that past events of one kind had, oldest first."""
    return list(scope.history(event, path, window_ms))  # type: ignore[arg-type]  # JSON is a Value
