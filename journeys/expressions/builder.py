"""Builds the tree while the grammar reads: one method for each rule. Knows no types."""

# ruff: noqa: D102 - each method is named after the rule of the grammar that it builds

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from journeys.expressions import temporal, tree, types
from journeys.expressions.errors import ExpressionError, Span
from journeys.expressions.suggestions import did_you_mean
from journeys.expressions.tree import Node, Step

# What the parser hands over is untyped: tokens, and what the methods below returned.
Children: TypeAlias = list[Any]

METHODS = ("all", "any", "at", "entry", "first", "firstEntryKey", "keys", "last", "map", "none")
KINDS: dict[str, tree.ReferenceKind] = {
    "": "event", "event": "event", "action": "action", "decision": "decision",
}  # fmt: skip
SOURCE_LEVELS = 2
"""A source reference names the source and its field group first."""

_NEEDS_ARGUMENT = frozenset({"at", "entry", "map"})
_WITHOUT_ARGUMENT = frozenset({"firstEntryKey", "keys"})
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_MAX_DIGITS = 400


class _Option(NamedTuple):
    """What stands after a comma of a reference."""

    name: str
    value: Any
    span: Span


class TreeBuilder:
    """The methods that the parser calls, each with the tokens and nodes of its rule."""

    def disjunction(self, children: Children) -> Node:
        return tree.Logical("or", tuple(children[::2]), _over(children))

    def conjunction(self, children: Children) -> Node:
        return tree.Logical("and", tuple(children[::2]), _over(children))

    def negated(self, children: Children) -> Node:
        return tree.Not(children[1], _over(children))

    def binary(self, children: Children) -> Node:
        left, operator, right = children
        return tree.Binary(str(operator), left, right, _over(children))

    def test(self, children: Children) -> Node:
        return tree.Test(children[0], " ".join(children[1:]), _over(children))

    def negative(self, children: Children) -> Node:
        operand, span = children[1], _over(children)
        if isinstance(operand, tree.Literal) and operand.type.kind in types.NUMBERS:
            value = operand.value
            if isinstance(value, int | float) and not value < 0:
                return tree.Literal(-value, operand.type, span)
        return tree.Negative(operand, span)

    def parenthesised(self, children: Children) -> Node:
        node: Node = replace(children[1], span=_over(children))
        return node

    def conditional(self, children: Children) -> Node:
        return tree.Conditional(children[2], children[6], children[10], _over(children))

    def string(self, children: Children) -> Node:
        return tree.Literal(_unquoted(children[0]), types.STRING, _over(children))

    def integer(self, children: Children) -> Node:
        span = _over(children)
        if len(children[0]) > _MAX_DIGITS:
            message = "the number is too long"
            raise ExpressionError(message, span, "integers have 64 bits")
        return tree.Literal(int(children[0]), types.INTEGER, span)

    def decimal(self, children: Children) -> Node:
        value, span = float(children[0]), _over(children)
        if value == float("inf"):
            message = f"{children[0]} is larger than the largest decimal"
            raise ExpressionError(message, span, "decimals go up to about 1.8e308")
        return tree.Literal(value, types.DECIMAL, span)

    def true(self, children: Children) -> Node:
        return tree.Literal(value=True, type=types.BOOLEAN, span=_over(children))

    def false(self, children: Children) -> Node:
        return tree.Literal(value=False, type=types.BOOLEAN, span=_over(children))

    def null(self, children: Children) -> Node:
        return tree.Literal(None, types.NULL, _over(children))

    def property(self, children: Children) -> Node:
        return tree.Property(children[0][2:-1].strip(), _over(children))

    def list(self, children: Children) -> Node:
        return tree.ListLiteral(tuple(children[1:-1:2]), _over(children))

    def call(self, children: Children) -> Node:
        name, arguments, span = str(children[0]), tuple(children[2:-1:2]), _over(children)
        if name == "date":
            return _date_literal(arguments, span)
        return tree.Call(name, arguments, span, _span(children[0]))

    def loop_variable(self, children: Children) -> Node:
        return tree.LoopVariable(str(children[0]), tuple(children[2::2]), _over(children))

    def path(self, children: Children) -> tuple[Step, ...]:
        return tuple(children[::2])

    def field(self, children: Children) -> Step:
        token = children[0]
        name = _unquoted(token) if token.type == "STRING" else str(token)
        return tree.Field(name, _span(token))

    def method(self, children: Children) -> Step:
        name, span = str(children[0]), _over(children)
        argument = children[2] if len(children) > 3 else None  # noqa: PLR2004 - name ( argument )
        if name not in METHODS:
            message = f"there is no collection method {name!r}"
            raise ExpressionError(message, _span(children[0]), did_you_mean(name, METHODS))
        if argument is None and name in _NEEDS_ARGUMENT:
            message = f"{name!r} needs something between its parentheses"
            raise ExpressionError(message, span)
        if argument is not None and name in _WITHOUT_ARGUMENT:
            message = f"{name!r} takes nothing between its parentheses"
            raise ExpressionError(message, span)
        return tree.Method(name, argument, span)

    def default(self, children: Children) -> _Option:
        return _Option("defaultValue", children[2], _over(children))

    def params(self, children: Children) -> _Option:
        return _Option("params", tuple(children[3:-1:2]), _over(children))

    def param(self, children: Children) -> tuple[str, Node]:
        token = children[0]
        return _unquoted(token) if token.type == "STRING" else str(token), children[2]

    def reference(self, children: Children) -> Node:
        opening, path, span = children[0], children[1], _over(children)
        options = _options(children[3:-1:2])
        default, params = options.get("defaultValue"), options.get("params", ())
        kind = _kind(opening)
        if kind == "source":
            if path[0].name == "profile":
                return tree.Reference("profile", path[1:], default, params, span)
            if len(path) < SOURCE_LEVELS or not isinstance(path[1], tree.Field):
                message = f"'#{{{path[0].name}}}' does not say which field group it reads"
                hint = "write #{source.group.path}, or #{profile.path} for the profile"
                raise ExpressionError(message, span, hint)
        return tree.Reference(kind, path, default, params, span)

    def history(self, children: Children) -> Node:
        path, span = children[1], _over(children)
        names = tuple(step.name for step in path if isinstance(step, tree.Field))
        if len(names) != len(path):
            message = "methods are not possible in @history"
            raise ExpressionError(message, span, "give the path of a field: @history{event.path}")
        window_ms = None
        if len(children) > 3:  # noqa: PLR2004 - opening, path, brace; then comma and window
            window_ms = _window(children[3])
        return tree.HistoryReference(names[0], names[1:], window_ms, span)


def _span(part: Any) -> Span:  # noqa: ANN401 - a token of the parser or one of our nodes
    found: Span | None = getattr(part, "span", None)
    return Span(part.start_pos, part.end_pos) if found is None else found


def _over(children: Children) -> Span:
    return Span(_span(children[0]).start, _span(children[-1]).end)


def _unquoted(token: Any) -> str:  # noqa: ANN401 - a token of the parser
    text = _ESCAPE.sub(_unescaped, token[1:-1])
    try:
        # Two escapes may write one character; half of such a pair is no character.
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        message = "the text holds half of a surrogate pair"
        raise ExpressionError(message, _span(token), "write the character itself") from None


def _unescaped(found: re.Match[str]) -> str:
    escape = found[1]
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    if escape in "\\\"'/":
        return escape
    # Patterns such as "\d" are written with a single backslash often enough to keep both signs.
    return _ESCAPES.get(escape, found[0])


def _date_literal(arguments: tuple[Node, ...], span: Span) -> Node:
    match arguments:
        case (tree.Literal(value=str() as text),):
            moment = temporal.parse_any(text)
        case _:
            hint = "toDateTime, toDateTimeOnly and toDateOnly convert other values"
            message = "date(…) takes one text between quotes"
            raise ExpressionError(message, span, hint)
    if moment is None:
        message = f"{text!r} is not a date in ISO 8601 form"
        raise ExpressionError(message, span, "such as '2026-03-01' or '2026-03-01T09:00:00Z'")
    if not hasattr(moment, "tzinfo"):
        return tree.Literal(moment, types.DATE_ONLY, span)
    kind = types.DATE_TIME_ONLY if moment.tzinfo is None else types.DATE_TIME
    return tree.Literal(moment, kind, span)


def _kind(opening: str) -> tree.ReferenceKind:
    name = opening[:-1].strip()
    if name == "#":
        return "source"
    kind = KINDS.get(name[1:])
    if kind is None:
        hint = did_you_mean(name[1:], [*(known for known in KINDS if known), "history"])
        message = f"there is no reference {name!r}"
        raise ExpressionError(message, _span(opening), hint)
    return kind


def _options(options: list[_Option]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for option in options:
        if option.name in found:
            message = f"{option.name!r} is given twice"
            raise ExpressionError(message, option.span)
        found[option.name] = option.value
    return found


def _window(token: Any) -> int:  # noqa: ANN401 - a token of the parser
    text = _unquoted(token) if token.type == "STRING" else str(token)
    window = temporal.parse_duration(text)
    if window is None or window <= temporal.MILLISECOND * 0:
        message = f"{text!r} is not a window of time"
        raise ExpressionError(message, _span(token), "such as P30D or PT12H")
    return window // temporal.MILLISECOND
