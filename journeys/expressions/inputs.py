"""What an expression reads, each with the value that it has just now."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import orjson

from journeys.expressions.errors import ExpressionError
from journeys.expressions.parser import parse
from journeys.expressions.program import Program, compile_expression
from journeys.expressions.scope import Scope
from journeys.expressions.tree import (
    Call,
    HistoryReference,
    Node,
    Property,
    Reference,
    children,
)
from journeys.expressions.values import Value, to_json
from journeys.messages import JsonValue

MAX_INPUTS = 32
"""Of one expression; what it reads beyond is not told."""
MAX_INPUT_BYTES = 256
"""Of one value, as JSON; a longer one is told as its first characters."""
_MEMBERSHIP = ("inAudience", "inSegment")


def inputs(text: str, scope: Scope) -> dict[str, JsonValue]:
    """Read what an expression reads, by the text of each reference.

    Args:
        text: an expression that compiles.
        scope: what it is evaluated in.

    Returns:
        Each reference, such as `@event{cart.total}` or `inAudience('vip')`, with its value as JSON;
        without those that cannot be read.
    """
    found: dict[str, JsonValue] = {}
    for program in _reads(text):
        try:
            found[program.text] = _short(program(scope))
        except ExpressionError:
            continue  # the expression itself says so, where it comes to read it
    return found


@lru_cache(maxsize=1_024)
def _reads(text: str) -> tuple[Program, ...]:
    spans = (node.span for node in _outside(parse(text).root))
    texts = dict.fromkeys(text[span.start : span.end] for span in spans)
    return tuple(compile_expression(read) for read in list(texts)[:MAX_INPUTS])


def _outside(node: Node) -> Iterator[Node]:
    """Give the nodes that read the world, as they stand in the text; within one, no further."""
    if isinstance(node, Reference | HistoryReference | Property) or (
        isinstance(node, Call) and node.name in _MEMBERSHIP
    ):
        yield node
        return
    for child in children(node):
        yield from _outside(child)


def _short(value: Value) -> JsonValue:
    told: JsonValue = to_json(value)
    written = orjson.dumps(told)
    if len(written) <= MAX_INPUT_BYTES:
        return told
    return written[:MAX_INPUT_BYTES].decode(errors="ignore") + "…"
