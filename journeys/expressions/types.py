"""The types of the expression language and how they mix. Knows no values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What sort of value a type describes."""

    ANY = "any"
    """Not known before the run: untyped fields."""
    NULL = "null"
    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE_ONLY = "dateOnly"
    DATE_TIME_ONLY = "dateTimeOnly"
    DATE_TIME = "dateTime"
    DURATION = "duration"
    OBJECT = "object"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Type:
    """A type. Lists have an `item`; objects have `fields`, and `rest` for every other name.

    An object without `rest` is closed: reading a field that is not listed is a fault. A map is an
    object without `fields` and with a `rest`.
    """

    kind: Kind
    item: Type | None = None
    fields: Mapping[str, Type] = field(default_factory=dict)
    rest: Type | None = None

    def __str__(self) -> str:
        if self.kind is not Kind.LIST:
            return self.kind.value
        inner = str(self.item)
        return f"list{inner[0].upper()}{inner[1:]}"


ANY = Type(Kind.ANY)
NULL = Type(Kind.NULL)
STRING = Type(Kind.STRING)
INTEGER = Type(Kind.INTEGER)
DECIMAL = Type(Kind.DECIMAL)
BOOLEAN = Type(Kind.BOOLEAN)
DATE_ONLY = Type(Kind.DATE_ONLY)
DATE_TIME_ONLY = Type(Kind.DATE_TIME_ONLY)
DATE_TIME = Type(Kind.DATE_TIME)
DURATION = Type(Kind.DURATION)
OPEN_OBJECT = Type(Kind.OBJECT, rest=ANY)

NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})
TEMPORAL = frozenset({Kind.DATE_ONLY, Kind.DATE_TIME_ONLY, Kind.DATE_TIME, Kind.DURATION})
UNKNOWN = frozenset({Kind.ANY, Kind.NULL})

_SCALARS = {
    str(scalar): scalar
    for scalar in (
        ANY, NULL, STRING, INTEGER, DECIMAL, BOOLEAN,
        DATE_ONLY, DATE_TIME_ONLY, DATE_TIME, DURATION, OPEN_OBJECT,
    )
}  # fmt: skip


def list_of(item: Type) -> Type:
    """Name the list type with this item type."""
    return Type(Kind.LIST, item=item)


def map_of(value: Type) -> Type:
    """Name the type of an object whose every field has this type."""
    return Type(Kind.OBJECT, rest=value)


def object_of(fields: Mapping[str, Type], *, rest: Type | None = None) -> Type:
    """Name an object type; closed, unless `rest` says what other fields hold."""
    return Type(Kind.OBJECT, fields=fields, rest=rest)


def type_named(name: str) -> Type:
    """Read a type name as `str()` of a type writes it, such as `dateTime` or `listInteger`.

    Raises:
        KeyError: there is no such type.
    """
    if name in _SCALARS:
        return _SCALARS[name]
    inner = name.removeprefix("list")
    if inner == name or not inner:
        raise KeyError(name)
    return list_of(type_named(inner[0].lower() + inner[1:]))


def accepts(wanted: Type, given: Type) -> bool:
    """Say whether a value of type `given` may stand where `wanted` is asked for."""
    if wanted.kind in UNKNOWN or given.kind in UNKNOWN:
        return True
    if wanted.kind is Kind.LIST and given.kind is Kind.LIST:
        return accepts(wanted.item or ANY, given.item or ANY)
    return wanted.kind is given.kind or (wanted.kind is Kind.DECIMAL and given.kind is Kind.INTEGER)


def common_type(left: Type, right: Type) -> Type | None:
    """Give the one type that holds values of both, or None where there is none."""
    if left.kind is Kind.NULL:
        return right
    if right.kind is Kind.NULL:
        return left
    if left.kind is Kind.ANY or right.kind is Kind.ANY:
        return ANY
    if left.kind is Kind.LIST and right.kind is Kind.LIST:
        item = common_type(left.item or ANY, right.item or ANY)
        return None if item is None else list_of(item)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return left if left.kind is right.kind else DECIMAL
    if left.kind is Kind.OBJECT and right.kind is Kind.OBJECT:
        return left if left == right else OPEN_OBJECT
    return left if left.kind is right.kind else None


def is_needed_to_run(given: Type) -> bool:
    """Say whether an evaluation depends on knowing that something read has this type.

    Dates and durations arrive as text; a decimal without a fraction arrives as an integer.
    """
    if given.kind is Kind.LIST:
        return given.item is not None and is_needed_to_run(given.item)
    return given.kind in TEMPORAL or given.kind is Kind.DECIMAL


def is_temporal(given: Type) -> bool:
    """Say whether values of this type arrive as text or numbers and are converted when read."""
    if given.kind is Kind.LIST:
        return given.item is not None and is_temporal(given.item)
    return given.kind in TEMPORAL
