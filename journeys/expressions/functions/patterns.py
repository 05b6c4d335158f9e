"""Functions of regular expressions, matched in linear time; no pattern can hang an evaluation.

Patterns are RE2's: as in Java, but without looking ahead or behind and without back references.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol, cast

import re2

from journeys.expressions.function import OnNull, function
from journeys.expressions.values import LimitError, Value, bounded_length

MAX_PATTERN = 1_000
"""Characters in a pattern."""
MAX_SEARCHED = 32_768
"""Characters in a text that is searched again and again, which takes longer than one match."""
MAX_MATCHES = 10_000
_MEMORY = 1 << 20

_GROUP = re.compile(r"\\(.)|\$([0-9])", re.DOTALL)
_JAVA_CLASS = re.compile(r"\\.|[\[\]]", re.DOTALL)
_POSIX = re.compile(
    r"\\([pP])\{(Lower|Upper|Alpha|Digit|Alnum|Punct|Graph|Print|Blank|Cntrl|XDigit|Space)\}"
)
_SIGNS = frozenset("\\^$.|?*+()[]{}")


class _Match(Protocol):
    def start(self) -> int: ...
    def end(self) -> int: ...
    def group(self, number: int) -> str | None: ...


class _Pattern(Protocol):
    @property
    def groups(self) -> int: ...
    def search(self, text: str) -> _Match | None: ...
    def fullmatch(self, text: str) -> _Match | None: ...
    def finditer(self, text: str) -> Iterable[_Match]: ...


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> _Pattern | str:
    """Compile a pattern, or say what is wrong with it."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern is {len(pattern)} characters long, at most {MAX_PATTERN} are allowed"
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return cast("_Pattern", re2.compile(_translated(pattern), options))
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        return f"the pattern cannot be used: {reason}"


def _translated(pattern: str) -> str:
    """Write Java's names of classes, such as Alpha and Digit, as those of RE2."""
    if "\\p{" not in pattern and "\\P{" not in pattern:
        return pattern
    depth, written, position = 0, [], 0
    while position < len(pattern):
        posix = _POSIX.match(pattern, position)
        sign = _JAVA_CLASS.match(pattern, position)
        if posix:
            name = f"[:{'^' * (posix[1] == 'P')}{posix[2].lower()}:]"
            written.append(name if depth else f"[{name}]")
            position = posix.end()
            continue
        piece = sign[0] if sign else pattern[position]
        depth += (piece == "[") - (piece == "]" and depth > 0)
        written.append(piece)
        position += len(piece)
    return "".join(written)


def pattern_problem(pattern: str) -> str | None:
    """Say what is wrong with a pattern, if anything is."""
    compiled = _compiled(pattern)
    return compiled if isinstance(compiled, str) else None


def _found(pattern: str, text: str) -> list[_Match] | None:
    compiled = _compiled(pattern)
    if isinstance(compiled, str):
        return None
    if len(text) > MAX_SEARCHED:
        message = f"a text of {len(text)} characters is too long to search: at most {MAX_SEARCHED}"
        raise LimitError(message)
    found: list[_Match] = []
    for match in compiled.finditer(text):
        found.append(match)
        if len(found) > MAX_MATCHES:
            message = f"the pattern is found more than {MAX_MATCHES} times"
            raise LimitError(message)
    return found


@function(
    "matchRegExp(text: string, pattern: string) -> boolean",
    examples=[("matchRegExp('12345', '\\\\d+')", True), ("matchRegExp('a1', '\\\\d')", False)],
    on_null=OnNull.FALSE,
    literals={"pattern": pattern_problem},
)
def match_reg_exp(text: str, pattern: str) -> Value:
    """Say whether a pattern matches a whole text."""
    compiled = _compiled(pattern)
    return not isinstance(compiled, str) and compiled.fullmatch(text) is not None


@function(
    "replace(text: string, pattern: string, replacement: string) -> string",
    examples=[("replace('Hello World', 'l', 'x')", "Hexlo World")],
    literals={"pattern": pattern_problem},
)
def replace(text: str, pattern: str, replacement: str) -> Value:
    """Replace the first part of a text that a pattern matches; `$1` is the first group."""
    compiled = _compiled(pattern)
    match = None if isinstance(compiled, str) else compiled.search(text)
    return text if match is None else _replaced(text, [match], replacement)


@function(
    "replaceAll(text: string, pattern: string, replacement: string) -> string",
    examples=[
        ("replaceAll('Hello World', 'l', 'x')", "Hexxo Worxd"),
        ("replaceAll('2026-03-01', '(\\\\d+)-(\\\\d+)', '$2/$1')", "03/2026-01"),
    ],
    literals={"pattern": pattern_problem},
)
def replace_all(text: str, pattern: str, replacement: str) -> Value:
    """Replace all parts of a text that a pattern matches; `$1` is the first group."""
    if not _SIGNS.intersection(pattern) and not _SIGNS.intersection(replacement) and pattern:
        bounded_length(len(text) + text.count(pattern) * (len(replacement) - len(pattern)))
        return text.replace(pattern, replacement)
    return _replaced(text, _found(pattern, text) or [], replacement)


def _replaced(text: str, matches: list[_Match], replacement: str) -> str:
    pieces, position, length = [], 0, len(text)
    for match in matches:
        new = _expanded(match, replacement)
        length += len(new) - (match.end() - match.start())
        bounded_length(length)
        pieces += [text[position : match.start()], new]
        position = match.end()
    return "".join([*pieces, text[position:]])


def _expanded(match: _Match, replacement: str) -> str:
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
    literals={"pattern": pattern_problem},
)
def split(text: str, pattern: str) -> Value:
    """Cut a text wherever a pattern matches; empty texts at the end are dropped."""
    matches = _found(pattern, text)
    if matches is None:
        return None
    pieces: list[Value] = []
    position = 0
    for match in matches:
        if match.end() > 0 and match.start() < len(text):
            pieces.append(text[position : match.start()])
            position = match.end()
    pieces.append(text[position:])
    while len(pieces) > 1 and pieces[-1] == "":
        pieces.pop()
    return pieces


@function(
    "extract(text: string, pattern: string, group?: integer) -> string",
    examples=[("extract('order 42', '\\\\d+')", "42"), ("extract('k=v', '(.)=(.)', 2)", "v")],
    literals={"pattern": pattern_problem},
)
def extract(text: str, pattern: str, group: int = 0) -> Value:
    """Give the first part of a text that a pattern matches, or one of its groups; null if none."""
    compiled = _compiled(pattern)
    match = None if isinstance(compiled, str) else compiled.search(text)
    if match is None or isinstance(compiled, str) or not 0 <= group <= compiled.groups:
        return None
    return match.group(group)
