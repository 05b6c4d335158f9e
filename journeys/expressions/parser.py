"""Text to tree. Bounds are checked by one linear scan before the grammar sees the text.

The grammar is built on first use, and no type of the parser library leaves this module.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from journeys.expressions import syntax_faults
from journeys.expressions.builder import TreeBuilder
from journeys.expressions.errors import ExpressionError, Span
from journeys.expressions.tree import Expression, Literal, Node, children, path_length

if TYPE_CHECKING:
    from lark import Lark

MAX_LENGTH = 32_768
"""Characters in one expression."""
MAX_TOKENS = 4_000
"""Words, numbers, texts and signs in one expression."""
MAX_DEPTH = 100
"""Levels of brackets, and levels of the tree; each name or method in a path is a level."""
CACHED = 8_192
"""Trees kept in memory."""

_INTEGER_LIMIT = 2**63
_PIECE = re.compile(
    r"""(?P<open>[(\[{])|(?P<close>[)\]}])|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\w+|\S""", re.DOTALL
)


@lru_cache(maxsize=CACHED)
def parse(text: str) -> Expression:
    """Read an expression; the same text gives the same tree, which nobody changes.

    Raises:
        ExpressionError: the text is not an expression; says where and what is expected there.
    """
    _check_size(text)
    from lark.exceptions import UnexpectedInput  # noqa: PLC0415 - slow to import; only to parse

    try:
        root: Node = _grammar().parse(text)  # type: ignore[assignment]  # TreeBuilder makes nodes
    except UnexpectedInput as unexpected:
        raise syntax_faults.explain(text, unexpected) from None
    _check_tree(root)
    return Expression(root, text)


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    from lark import Lark  # noqa: PLC0415 - slow to import; only to parse

    return Lark.open(
        "grammar.lark",
        rel_to=__file__,
        parser="lalr",
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=TreeBuilder(),
    )


def _check_size(text: str) -> None:
    if len(text) > MAX_LENGTH:
        message = f"the expression is {len(text)} characters long, at most {MAX_LENGTH} are allowed"
        hint = "split it over several steps, or move long lists into an audience"
        raise ExpressionError(message, Span(MAX_LENGTH, len(text)), hint)
    depth = 0
    for count, piece in enumerate(_PIECE.finditer(text)):
        if piece.lastgroup == "open":
            depth += 1
        elif piece.lastgroup == "close":
            depth -= 1
        if count >= MAX_TOKENS:
            message = f"the expression has more than {MAX_TOKENS} words and signs"
            hint = "split it over several steps, or move long lists into an audience"
            raise ExpressionError(message, Span(*piece.span()), hint)
        if depth > MAX_DEPTH:
            raise _too_deep(Span(*piece.span()))


def _check_tree(root: Node) -> None:
    """Bound the depth, so that everything after may simply recurse, and the size of integers."""
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        depth += path_length(node)
        if depth > MAX_DEPTH:
            raise _too_deep(node.span)
        if isinstance(node, Literal) and type(node.value) is int and node.value >= _INTEGER_LIMIT:
            message = f"{node.value} is larger than the largest integer, {_INTEGER_LIMIT - 1}"
            raise ExpressionError(message, node.span, "write it as a decimal, such as 1.5e20")
        waiting.extend((child, depth + 1) for child in children(node))


def _too_deep(span: Span) -> ExpressionError:
    message = f"the expression is nested more than {MAX_DEPTH} levels deep here"
    return ExpressionError(message, span, "split it, or join many texts with concat([…])")
