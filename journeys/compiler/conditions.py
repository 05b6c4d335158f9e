"""What a condition says by itself, whatever the data: always, never, or the same as another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from journeys.expressions import (
    Expression,
    ExpressionError,
    Scope,
    compile_expression,
    parse,
    print_expression,
    tree,
)
from journeys.expressions.tree import Node

_OPPOSITES = {"==": "!=", "!=": "==", "is null": "is not null", "is not null": "is null"}
"""Of these one always holds: the others are both false where a value is missing."""
_CACHED = 8192


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition, so that two of them can be compared."""

    text: str
    """In its one canonical form."""
    opposite: str
    """The condition that holds exactly where this one does not."""
    always: bool | None
    """Whether it holds for everybody or for nobody; None: it depends."""


@lru_cache(maxsize=_CACHED)
def parsed(text: str) -> Expression:
    """Parse an expression once.

    Raises:
        ExpressionError: the text is no expression.
    """
    return parse(text)


@lru_cache(maxsize=_CACHED)
def rule(text: str | None) -> Rule | None:
    """Read a condition; None where there is none, or none that can be read."""
    if text is None:
        return None
    try:
        root = parsed(text).root
    except ExpressionError:
        return None
    return Rule(print_expression(root), print_expression(_opposite(root)), _constant(root))


def is_never(text: str | None) -> bool:
    """Say whether a condition holds for nobody."""
    found = rule(text)
    return found is not None and found.always is False


def _opposite(node: Node) -> Node:
    match node:
        case tree.Not(operand=operand):
            return operand
        case tree.Binary(operator=operator) if operator in _OPPOSITES:
            return replace(node, operator=_OPPOSITES[operator])
        case tree.Test(test=test) if test in _OPPOSITES:
            return replace(node, test=_OPPOSITES[test])
        case _:
            return tree.Not(node, node.span)


def _constant(node: Node) -> bool | None:
    match node:
        case tree.Literal(value=bool(value)):
            return value
        case tree.Literal(value=None):
            return False
        case tree.Logical(operator=operator, operands=operands):
            decisive = operator == "or"
            known = [_constant(operand) for operand in operands]
            if decisive in known:
                return decisive
            return None if None in known else not decisive
        case tree.Not() | tree.Binary() | tree.Test() if all(map(_is_fixed, _inside(node))):
            return _value(node)
        case _:
            return None


def _inside(node: Node) -> Iterator[Node]:
    yield node
    for child in tree.children(node):
        yield from _inside(child)


def _is_fixed(node: Node) -> bool:
    """Say whether a node gives the same value for everybody; calls need not, as of `now()`."""
    return isinstance(
        node,
        tree.Literal | tree.ListLiteral | tree.Not | tree.Negative | tree.Logical | tree.Binary
        | tree.Test | tree.Conditional,
    )  # fmt: skip


def _value(node: Node) -> bool | None:
    try:
        return compile_expression(print_expression(node), ())(Scope()) is True
    except ExpressionError:
        return None
