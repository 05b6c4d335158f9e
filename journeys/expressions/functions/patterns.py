"""Functions of regular expressions, matched in linear time; no pattern can hang an evaluation.

Patterns are Java's, but without looking ahead or behind, back references and possessive repetition.
"""

from __future__ import annotations

import re

from journeys.expressions import regex
from journeys.expressions.function import OnNull, function
from journeys.expressions.regex import Match, Pattern
from journeys.expressions.values import Value, bounded_length

_GROUP = re.compile(r"\\(.)|\$([0-9])", re.DOTALL)
_SIGNS = frozenset("\\^$.|?*+()[]{}")


def _pattern(pattern: str) -> Pattern | None:
    found = regex.compiled(pattern)
    return None if isinstance(found, str) else found


def _is_plain(text: str) -> bool:
    """Say whether a pattern or replacement stands for its own characters."""
    return not _SIGNS.intersection(text)


@function(
    "matchRegExp(text: string, pattern: string) -> boolean",
    examples=[("matchRegExp('12345', '\\\\d+')", True), ("matchRegExp('a1', '\\\\d')", False)],
    on_null=OnNull.FALSE,
    literals={"pattern": regex.problem},
)
def match_reg_exp(text: str, pattern: str) -> Value:
    """Say whether a pattern matches a whole text."""
    found = _pattern(pattern)
    return found is not None and found.matches(text)


@function(
    "replace(text: string, pattern: string, replacement: string) -> string",
    examples=[("replace('Hello World', 'l', 'x')", "Hexlo World")],
    literals={"pattern": regex.problem},
)
def replace(text: str, pattern: str, replacement: str) -> Value:
    """Replace the first part of a text that a pattern matches; `$1` is the first group."""
    found = _pattern(pattern)
    match = None if found is None else found.first(text)
    return text if match is None else _replaced(text, [match], replacement)


@function(
    "replaceAll(text: string, pattern: string, replacement: string) -> string",
    examples=[
        ("replaceAll('Hello World', 'l', 'x')", "Hexxo Worxd"),
        ("replaceAll('2026-03-01', '(\\\\d+)-(\\\\d+)', '$2/$1')", "03/2026-01"),
    ],
    literals={"pattern": regex.problem},
)
def replace_all(text: str, pattern: str, replacement: str) -> Value:
    """Replace all parts of a text that a pattern matches; `$1` is the first group."""
    if pattern and _is_plain(pattern) and _is_plain(replacement):
        bounded_length(len(text) + text.count(pattern) * (len(replacement) - len(pattern)))
        return text.replace(pattern, replacement)
    found = _pattern(pattern)
    return text if found is None else _replaced(text, found.all(text), replacement)


def _replaced(text: str, matches: list[Match], replacement: str) -> str:
    pieces, position, length = [], 0, len(text)
    for match in matches:
        new = _expanded(match, replacement)
        length += len(new) - (match.end() - match.start())
        bounded_length(length)
        pieces += [text[position : match.start()], new]
        position = match.end()
    return "".join([*pieces, text[position:]])


def _expanded(match: Match, replacement: str) -> str:
    if "$" not in replacement and "\\" not in replacement:
        return replacement

    def group(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        try:
            return match.group(int(found[2])) or ""
        except IndexError:
            return found[0]

    return _GROUP.sub(group, replacement)


@function(
    "split(text: string, pattern: string) -> listString",
    examples=[("split('20.45.2', '\\\\.')", ["20", "45", "2"]), ("split('a_b_', '_')", ["a", "b"])],
    literals={"pattern": regex.problem},
)
def split(text: str, pattern: str) -> Value:
    """Cut a text wherever a pattern matches; empty texts at the end are dropped."""
    found = _pattern(pattern)
    if found is None:
        return None
    pieces: list[Value] = []
    if pattern and _is_plain(pattern):
        regex.bounded_matches(text.count(pattern))
        pieces += text.split(pattern)
    else:
        pieces += _cut(text, found.all(text))
    while len(pieces) > 1 and pieces[-1] == "":
        pieces.pop()
    return pieces if pieces != [""] or not text else []


def _cut(text: str, matches: list[Match]) -> list[str]:
    pieces, position = [], 0
    for match in matches:
        # A match of nothing at either end cuts nothing off.
        if match.end() > 0 and match.start() < len(text):
            pieces.append(text[position : match.start()])
            position = match.end()
    return [*pieces, text[position:]]


@function(
    "extract(text: string, pattern: string, group?: integer) -> string",
    examples=[("extract('order 42', '\\\\d+')", "42"), ("extract('k=v', '(.)=(.)', 2)", "v")],
    literals={"pattern": regex.problem},
)
def extract(text: str, pattern: str, group: int = 0) -> Value:
    """Give the first part of a text that a pattern matches, or one of its groups; null if none."""
    found = _pattern(pattern)
    match = None if found is None else found.first(text)
    if found is None or match is None or not 0 <= group <= found.groups:
        return None
    return match.group(group)
