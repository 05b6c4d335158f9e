"""Functions of lists. A null list counts as an empty one."""

from __future__ import annotations

from journeys.expressions.function import OnNull, function
from journeys.expressions.values import Value, bounded_length, equal, identity, order, text_of


def _key_of(value: Value, key: str) -> Value:
    """Read a key of an object; a key with dots that is no field itself is a path."""
    if type(value) is not dict:
        return None
    if key in value or "." not in key:
        return value.get(key)
    found: Value = value
    for name in key.split("."):
        found = found.get(name) if type(found) is dict else None
    return found


def _distinct(values: list[Value], key: str | None) -> list[Value]:
    seen: dict[object, Value] = {}
    for value in values:
        seen.setdefault(identity(value if key is None else _key_of(value, key)), value)
    return list(seen.values())


@function(
    "distinct(values: listT) -> listT",
    "distinct(objects: listObject, key: string) -> listObject",
    examples=[("distinct([10, 2, 10, null])", [10, 2])],
    on_null=OnNull.CALL,
)
def distinct(values: list[Value], key: str | None = None) -> Value:
    """Keep the first of equal items, without null; of objects, of those with an equal key."""
    return _distinct([value for value in values if value is not None], key)


@function(
    "distinctWithNull(values: listT) -> listT",
    "distinctWithNull(objects: listObject, key: string) -> listObject",
    examples=[("distinctWithNull([10, 2, 10, null])", [10, 2, None])],
    on_null=OnNull.CALL,
)
def distinct_with_null(values: list[Value], key: str | None = None) -> Value:
    """Keep the first of equal items, null too; of objects, of those with an equal key."""
    return _distinct(values, key)


@function(
    "filter(objects: listObject, key: string, values: listAny) -> listObject",
    examples=[("listSize(filter([], 'id', ['a', 'b']))", 0)],
)
def keep(objects: list[Value], key: str, values: list[Value]) -> Value:
    """Keep the objects whose key has one of the given values."""
    wanted = {identity(value) for value in values}
    return [item for item in objects if identity(_key_of(item, key)) in wanted]


@function(
    "getListItem(values: listT, index: integer) -> T",
    examples=[("getListItem(['a', 'b', 'c'], 2)", "c"), ("getListItem(['a'], 5)", None)],
)
def get_list_item(values: list[Value], index: int) -> Value:
    """Give the item at an index, counted from 0; null if there is none."""
    return values[index] if 0 <= index < len(values) else None


@function(
    "in(value: T, values: listT) -> boolean",
    examples=[("in(4, [4, 5, 3])", True), ("in(8, [4, 5, 3])", False)],
    on_null=OnNull.CALL,
    never_null=True,
)
def is_in(value: Value, values: list[Value]) -> Value:
    """Say whether a list holds a value."""
    if type(value) is str:
        others = (item for item in values if type(item) is not str)
        return value in values or any(equal(value, item) for item in others)
    return any(equal(value, item) for item in values)


@function(
    "intersect(a: listT, b: listT) -> listT",
    examples=[("intersect(['a', 'b', 'c'], ['c', 'a', 'd'])", ["a", "c"])],
)
def intersect(a: list[Value], b: list[Value]) -> Value:
    """Give the different items that both lists hold, in the order of the first."""
    wanted = {identity(value) for value in b}
    return [value for value in _distinct(a, None) if identity(value) in wanted]


@function(
    "limit(values: listT, count: integer, fromStart?: boolean) -> listT",
    examples=[("limit(['a', 'b', 'c'], 2)", ["a", "b"]), ("limit([1, 2, 3], 2, false)", [2, 3])],
)
def limit(values: list[Value], count: int, from_start: bool = True) -> Value:  # noqa: FBT001, FBT002 - the language has no keywords
    """Keep the first items of a list, or the last ones if `fromStart` is false."""
    count = max(count, 0)
    return values[:count] if from_start else values[max(len(values) - count, 0) :]


@function(
    "listSize(values: listAny) -> integer",
    examples=[("listSize([10, 2, null])", 3)],
    never_null=True,
)
def list_size(values: list[Value]) -> Value:
    """Count the items of a list, null ones too."""
    return len(values)


@function(
    "serializeList(values: listAny, separator: string, quotes: boolean) -> string",
    examples=[
        ("serializeList(['Hello', 'World'], ', ', false)", "Hello, World"),
        ("serializeList(['a', 'b'], ',', true)", '"a","b"'),
    ],
)
def serialize_list(values: list[Value], separator: str, quotes: bool) -> Value:  # noqa: FBT001 - the language has no keywords
    """Write the items of a list, without null ones, with a separator between them.

    With `quotes` each item stands between double quotes.
    """
    texts = [text_of(value) for value in values if value is not None]
    bounded_length(sum(map(len, texts)) + len(texts) * (len(separator) + 2))
    return separator.join(f'"{text}"' for text in texts) if quotes else separator.join(texts)


@function(
    "sort(values: listT, ascending: boolean) -> listT",
    "sort(objects: listObject, key: string, ascending: boolean) -> listObject",
    examples=[
        ("sort(['A', 'C', 'B'], true)", ["A", "B", "C"]),
        ("sort([1, 3, 2], false)", [3, 2, 1]),
    ],
)
def sort(values: list[Value], key: Value, ascending: bool | None = None) -> Value:  # noqa: FBT001 - the language has no keywords
    """Sort a list, or objects by a key. Null comes last."""
    if ascending is None:
        sortable, rising = [(value, value) for value in values], key is True
    else:
        sortable = [(_key_of(value, str(key)), value) for value in values]
        rising = ascending
    known = [pair for pair in sortable if pair[0] is not None]
    known.sort(key=lambda pair: order(pair[0]), reverse=not rising)
    return [value for _, value in known] + [value for found, value in sortable if found is None]
