"""Types guessed from values, for data that comes without a schema. Knows no expressions."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from journeys.expressions import temporal
from journeys.expressions.types import (
    ANY,
    BOOLEAN,
    DATE_ONLY,
    DATE_TIME,
    DATE_TIME_ONLY,
    DECIMAL,
    INTEGER,
    STRING,
    Kind,
    Type,
    common_type,
    list_of,
    object_of,
)

if TYPE_CHECKING:
    from journeys.messages import JsonValue


class Dates(Enum):
    """What a text in the form of a date is taken for, where no schema says it."""

    DATE = "date"
    TEXT = "text"
    EITHER = "either"
    """Whatever its use asks for."""


def type_of_value(value: JsonValue, dates: Dates = Dates.DATE) -> Type:
    """Guess the type of a JSON value. Objects are open: what they do not hold may be anything.

    Args:
        value: the value.
        dates: what a text in the form of a date is taken for.
    """
    match value:
        case None:
            return ANY
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case float():
            return DECIMAL
        case str():
            return STRING if dates is Dates.TEXT else _type_of_text(value, dates)
        case list():
            return list_of(_common_item(value, dates))
        case dict():
            fields = {name: type_of_value(item, dates) for name, item in value.items()}
            return object_of(fields, rest=ANY)


def _type_of_text(text: str, dates: Dates) -> Type:
    moment = temporal.parse_any(text)
    if moment is None:
        return STRING
    if dates is Dates.EITHER:
        return ANY
    if not isinstance(moment, datetime):
        return DATE_ONLY
    return DATE_TIME_ONLY if moment.tzinfo is None else DATE_TIME


def _common_item(items: list[JsonValue], dates: Dates) -> Type:
    found: Type | None = None
    for item in items:
        if item is None:
            continue
        type_ = type_of_value(item, dates)
        found = type_ if found is None else merged(found, type_)
    return found or ANY


def merged(left: Type, right: Type) -> Type:
    """Give the type of values that are of one type or the other."""
    if left.kind is Kind.OBJECT and right.kind is Kind.OBJECT:
        fields = {
            name: merged(left.fields.get(name, ANY), right.fields.get(name, ANY))
            for name in {**left.fields, **right.fields}
        }
        return object_of(fields, rest=ANY)
    if left.kind is Kind.LIST and right.kind is Kind.LIST:
        return list_of(merged(left.item or ANY, right.item or ANY))
    if left.kind is Kind.ANY or right.kind is Kind.ANY:
        return right if left.kind is Kind.ANY else left
    return common_type(left, right) or ANY
