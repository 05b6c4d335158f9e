"""Says in a person's words what the parser did not expect, and what it would have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from journeys.expressions.errors import ExpressionError, Span

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput

_KEYWORDS = frozenset(
    {"and", "or", "not", "is", "has", "null", "true", "false", "if", "then", "else"}
)
_WORDS = {
    "COMPARATOR": "a comparison", "IS": "'is'", "HAS": "'has null'", "PLUS": "'+'", "MINUS": "'-'",
    "STAR": "'*'", "SLASH": "'/'", "PERCENT": "'%'", "LPAREN": "'('", "RPAREN": "')'",
    "LBRACKET": "'['", "RBRACKET": "']'", "LBRACE": "'{'", "RBRACE": "'}'", "COMMA": "','",
    "COLON": "':'", "DOT": "'.'", "ELEMENT": "a field name", "METHOD": "a method", "OR": "'or'",
    "AND": "'and'", "NULL": "'null'", "NOT": "'not'", "THEN": "'then'", "ELSE": "'else'",
    "DEFAULT_VALUE": "'defaultValue'", "PARAMS": "'params'", "WINDOW": "a window such as P30D",
    "NUMBER_KIND": "'numeric', 'integer' or 'decimal'", "STRING": "a text between quotes",
    "$END": "the end",
}  # fmt: skip
_READING = (
    "fields are read with @event{…}, #{…} or @action{…}, texts stand between quotes, and functions "
    "are followed by parentheses"
)
_ELSEWHERE = {
    "in": "write in(value, [one, another])",
    "between": "write between(value, low, high)",
    "like": "write contain(text, part), startWith(text, part) or matchRegExp(text, pattern)",
    "contains": "write contain(text, part)",
    "?": "write if (condition) then one else another",
    "{": "an expression reads #{profile.age}; holes {{ … }} are for texts",
    "~": "write matchRegExp(text, pattern)",
    "&": "write 'and', 'or' and 'not'",
    "|": "write 'and', 'or' and 'not'",
    "!": "write 'and', 'or' and 'not'",
    "=": "write '==' to compare, '!=', '<=' or '>=' otherwise",
    '"': "the text is not closed: add the same quote at its end",
    "'": "the text is not closed: add the same quote at its end",
}
"""What other languages write, to how it is written here."""
_PIECE = re.compile(r"\w{1,60}|\S")
_IN_REFERENCE = re.compile(r"\{[^{}]*$")
_LAST_WORD = re.compile(r"\b([A-Za-z_]\w{0,60})\s*$")


def explain(text: str, unexpected: UnexpectedInput) -> ExpressionError:
    """Turn the parser's complaint into an error with a span, a message and a hint."""
    names = set(getattr(unexpected, "accepts", None) or getattr(unexpected, "allowed", None) or ())
    span = _span(text, unexpected)
    piece = text[span.start : span.end]
    before = _LAST_WORD.search(text[: span.start])
    if before and before[1].lower() in _KEYWORDS and before[1] not in _KEYWORDS:
        span, piece = Span(*before.span(1)), before[1]
    elif before and names == {"LPAREN"} and before[1] not in _KEYWORDS:
        message = f"{before[1]!r} is not something to read"
        return ExpressionError(message, Span(*before.span(1)), _READING)
    if not piece:
        what = "the expression ends too early" if text.strip() else "the expression is empty"
        is_percent = text.rstrip().endswith("%")
        hint = "'%' divides, and gives what remains: write 0.6 or 60" if is_percent else None
        return ExpressionError(what, span, hint or _expected(names))
    return ExpressionError(
        f"{piece!r} is not expected here", span, _hint(text, span) or _expected(names)
    )


def _span(text: str, unexpected: UnexpectedInput) -> Span:
    start = unexpected.pos_in_stream
    if start is None or getattr(getattr(unexpected, "token", None), "type", "") == "$END":
        return Span(len(text), len(text))
    found = _PIECE.match(text, start)
    return Span(start, found.end() if found else start)


def _hint(text: str, span: Span) -> str | None:
    piece, before = text[span.start : span.end], text[: span.start]
    if piece.lower() in _KEYWORDS and piece not in _KEYWORDS:
        return f"words of the language are lowercase: write {piece.lower()!r}"
    if piece == ">" and before.endswith("<"):
        return "write '!='"
    if piece == "." and before.endswith(("}", ")", "'", '"')):
        return "a function stands before what it reads: length(…), lower(…)"
    if piece == "[" and _IN_REFERENCE.search(before):
        return "write .at(0) for the first of a list, or .first(condition)"
    if piece == "," and before[-1:].isdigit() and text[span.end : span.end + 3].isdigit():
        return "write numbers without separators: 1000"
    return _ELSEWHERE.get(piece.lower())


def _expected(names: set[str]) -> str:
    if "NAME" in names:
        return "expected a value: a text, a number, a reference, a function or '('"
    words = [word for name, word in _WORDS.items() if name in names]
    return f"expected {', '.join(words)}" if words else "look at what stands before it"
