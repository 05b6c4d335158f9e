"""Which types operators take and give."""

from __future__ import annotations

from typing import Protocol

from journeys.expressions import tree
from journeys.expressions.errors import Severity, Span
from journeys.expressions.types import (
    ANY,
    BOOLEAN,
    DECIMAL,
    DURATION,
    INTEGER,
    NUMBERS,
    STRING,
    UNKNOWN,
    Kind,
    Type,
    common_type,
)

_MOMENTS = frozenset({Kind.DATE_TIME, Kind.DATE_TIME_ONLY})
_LATER = _MOMENTS | {Kind.DURATION}
_UNORDERED_HINT = {
    Kind.STRING: "texts have no order: convert them, such as with toDecimal(…) or toDateTime(…)",
    Kind.DATE_ONLY: "use toDateTimeOnly(…) on both sides, or between(…)",
    Kind.DURATION: "use between(…), or max(…) == …",
    Kind.BOOLEAN: "compare with one bound at a time: 1 < x and x < 3",
}


class NoteFault(Protocol):
    """Notes one fault."""

    def __call__(
        self,
        span: Span,
        message: str,
        hint: str | None = None,
        severity: Severity = ...,
        *,
        is_vain: bool = ...,
    ) -> None:
        """Note a fault."""
        ...


def binary_type(node: tree.Binary, left: Type, right: Type, fault: NoteFault) -> Type:
    """Give the type of an operation, and note what is wrong with its operands."""
    match node.operator:
        case "==" | "!=":
            return _equality(node, left, right, fault)
        case "<" | "<=" | ">" | ">=":
            return _order(node, left, right, fault)
        case "+":
            return _sum(node, left, right, fault)
        case "-":
            return _difference(node, left, right, fault)
        case _:
            if node.operator != "*" and _may_be_zero(node.right):
                message = f"'{node.operator}' by zero gives 0, and the divisor may be 0"
                fault(node.right.span, message, "test the divisor first", Severity.WARNING)
            return _numeric(node, left, right, fault)


def _equality(node: tree.Binary, left: Type, right: Type, fault: NoteFault) -> Type:
    if common_type(left, right) is None:
        message = f"{left} and {right} are never equal"
        fault(node.span, message, "convert one side to the type of the other")
    return BOOLEAN


def _order(node: tree.Binary, left: Type, right: Type, fault: NoteFault) -> Type:
    if Kind.NULL in {left.kind, right.kind}:
        message = f"'{node.operator}' with null is always false"
        fault(node.span, message, "use 'is null' or 'is not null'", Severity.WARNING)
    for type_ in (left, right):
        if type_.kind not in NUMBERS | _MOMENTS | UNKNOWN:
            message = f"'{node.operator}' compares numbers or moments, not values of type {type_}"
            fault(node.span, message, _UNORDERED_HINT.get(type_.kind))
            return BOOLEAN
    if common_type(left, right) is None:
        message = f"'{node.operator}' cannot compare {left} with {right}"
        fault(node.span, message, "convert one side to the type of the other")
    return BOOLEAN


def _sum(node: tree.Binary, left: Type, right: Type, fault: NoteFault) -> Type:
    kinds = {left.kind, right.kind}
    if Kind.STRING in kinds:
        odd = next((one for one in (left, right) if one.kind in {Kind.LIST, Kind.OBJECT}), None)
        if odd is not None:
            hint = "lists are written with serializeList(…)"
            fault(node.span, f"a value of type {odd} cannot be joined to a text", hint)
        return STRING
    if Kind.DURATION in kinds:
        other = left if right.kind is Kind.DURATION else right
        if other.kind in _LATER:
            return other
        if other.kind in UNKNOWN:
            return ANY
    numeric = _numeric(node, left, right, fault)
    return ANY if kinds & UNKNOWN else numeric


def _difference(node: tree.Binary, left: Type, right: Type, fault: NoteFault) -> Type:
    if right.kind is Kind.DURATION and left.kind in _LATER:
        return left
    if left.kind in _MOMENTS and left.kind is right.kind:
        return DURATION
    kinds = {left.kind, right.kind}
    if kinds & UNKNOWN and kinds <= UNKNOWN | _LATER and kinds & _LATER:
        return ANY
    return _numeric(node, left, right, fault)


def _numeric(node: tree.Binary, left: Type, right: Type, fault: NoteFault) -> Type:
    for type_ in (left, right):
        if type_.kind not in NUMBERS | UNKNOWN:
            hint = "use '+' with a text to join, or convert with toDecimal(…) or toInteger(…)"
            message = f"'{node.operator}' needs numbers, not a value of type {type_}"
            fault(node.span, message, hint)
            return ANY
    if left.kind in UNKNOWN or right.kind in UNKNOWN:
        return DECIMAL if Kind.DECIMAL in {left.kind, right.kind} else ANY
    return INTEGER if left.kind is right.kind is Kind.INTEGER else DECIMAL


def _may_be_zero(divisor: tree.Node) -> bool:
    return not (isinstance(divisor, tree.Literal) and divisor.value)
