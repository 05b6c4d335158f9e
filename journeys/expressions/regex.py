"""Regular expressions as Java writes them, matched in linear time by RE2. Knows no functions.

What RE2 writes otherwise is translated. What it cannot do in linear time (looking ahead or behind,
back references, possessive and atomic groups) or would read as something else (`&&` in a class) is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Protocol, cast

import re2

from journeys.expressions.values import LimitError

MAX_PATTERN = 1_000
"""Characters in a pattern."""
MAX_SEARCHED = 32_768
"""Characters in a text that is searched again and again, which takes longer than one match."""
MAX_MATCHES = 10_000
MAX_STEPS = 10_000_000
"""Instructions of a pattern times characters of a text: the longest that one match may take."""
_MAX_RESCANNED = 50_000_000
"""Matches times characters of a text: each match may have looked as far as the end."""
_MEMORY = 1 << 20

_SPACES = r"\t-\r "
_BLANKS = r"\t \x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}"
_LINE_ENDS = r"\n-\r\x{85}\x{2028}\x{2029}"
_SETS = {"s": _SPACES, "h": _BLANKS, "v": _LINE_ENDS}
_POSIX = frozenset(
    {
        "ASCII", "Alnum", "Alpha", "Blank", "Cntrl", "Digit", "Graph", "Lower", "Print", "Punct",
        "Space", "Upper", "XDigit",
    }
)  # fmt: skip
_PROPERTIES = {
    "alphabetic": "L", "letter": "L", "digit": "Nd", "punctuation": "P", "control": "Cc",
    "uppercase": "Lu", "lowercase": "Ll", "titlecase": "Lt",
}  # fmt: skip
_PIECE = re.compile(
    r"\\Q.*?(?:\\E|$)|\\p\{\w+\}|\\P\{\w+\}|\\u[0-9a-fA-F]{4}|\\0[0-3]?[0-7]{1,2}|\\c[@-_]"
    r"|\\.|\[:\^?[a-z]+:\]|\[\^?|&&|.",
    re.DOTALL,
)
_HALVES = re.compile("[\ud800-\udfff]")
_REASONS = (
    ("invalid perl operator", "RE2, which matches in linear time, has no"),
    ("invalid escape sequence", "RE2, which matches in linear time, has no"),
    ("invalid character class range", "there is no class"),
    ("bad repetition operator", "RE2, which matches in linear time, has no"),
    ("invalid repetition size", "at most 1000 repetitions are possible, not"),
)


class Match(Protocol):
    """Where a pattern was found."""

    def start(self) -> int:
        """Give the place of its first character."""
        ...

    def end(self) -> int:
        """Give the place after its last character."""
        ...

    def group(self, number: int) -> str | None:
        """Give the text of a group; 0 is all of it."""
        ...


class _Compiled(Protocol):
    @property
    def groups(self) -> int: ...
    @property
    def programsize(self) -> int: ...
    def search(self, text: str) -> Match | None: ...
    def fullmatch(self, text: str) -> Match | None: ...
    def finditer(self, text: str) -> Iterable[Match]: ...


class Pattern:
    """A pattern ready to match. Every method raises a LimitError where it could take too long."""

    __slots__ = ("_compiled", "groups")

    def __init__(self, compiled: _Compiled) -> None:
        self._compiled = compiled
        self.groups = compiled.groups
        """How many groups it has."""

    def matches(self, text: str) -> bool:
        """Say whether it matches a whole text."""
        return self._compiled.fullmatch(self._bounded(text)) is not None

    def first(self, text: str) -> Match | None:
        """Find it for the first time."""
        return self._compiled.search(self._bounded(text))

    def all(self, text: str) -> list[Match]:
        """Find it wherever it is, one after the other."""
        if len(text) > MAX_SEARCHED:
            message = f"a text of {len(text)} characters is too long to search: at most "
            raise LimitError(message + str(MAX_SEARCHED))
        most = min(MAX_MATCHES, _MAX_RESCANNED // max(len(text), 1))
        found: list[Match] = []
        for match in self._compiled.finditer(self._bounded(text)):
            found.append(match)
            bounded_matches(len(found), most)
        return found

    def _bounded(self, text: str) -> str:
        most = MAX_STEPS // self._compiled.programsize
        if len(text) > most:
            message = f"a text of {len(text)} characters is too long for this pattern: at most "
            raise LimitError(message + str(most))
        # Half of a surrogate pair is no character, and UTF-8 has no bytes for it.
        return text if text.isascii() else _HALVES.sub("\ufffd", text)


def bounded_matches(count: int, most: int = MAX_MATCHES) -> None:
    """Check how often a pattern is found."""
    if count > most:
        message = f"the pattern is found more than {most} times"
        raise LimitError(message)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Pattern | str:
    """Compile a pattern, or say what is wrong with it."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern is {len(pattern)} characters long, at most {MAX_PATTERN} are allowed"
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        translated = _translated(_HALVES.sub("\ufffd", pattern))
        return Pattern(cast("_Compiled", re2.compile(translated, options)))
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        return f"the pattern cannot be used: {_in_words(reason)}"
    except ValueError as error:
        return f"the pattern cannot be used: {error}"


def problem(pattern: str) -> str | None:
    """Say what is wrong with a pattern, if anything is."""
    found = compiled(pattern)
    return found if isinstance(found, str) else None


def _in_words(reason: str) -> str:
    for theirs, ours in _REASONS:
        if reason.startswith(f"{theirs}: "):
            return f"{ours} {reason[len(theirs) + 2 :]!r}"
    return reason


def _translated(pattern: str) -> str:
    """Write what Java and RE2 write differently as RE2 does."""
    depth, written = 0, []
    for found in _PIECE.finditer(pattern):
        piece = found[0]
        if piece[0] == "\\" and len(piece) > 1:
            written.append(_escape(piece, inside=depth > 0))
        elif depth and piece[0] == "[" and piece[-1] != "]":
            depth += 1
            if piece == "[^":
                message = "a class within a class cannot be negated"
                raise ValueError(message)
        elif depth and piece == "&&":
            message = "classes cannot be intersected with '&&'"
            raise ValueError(message)
        else:
            depth += (piece in {"[", "[^"}) - (piece == "]" and depth > 0)
            if piece != "]" or depth == 0:
                written.append(piece)
    return "".join(written)


def _escape(piece: str, *, inside: bool) -> str:
    letter = piece[1]
    if letter in "pP" and len(piece) > 2:  # noqa: PLR2004 - more than the letter
        return _property(piece[3:-1], negated=letter == "P", inside=inside)
    if letter.lower() in _SETS and not (inside and letter.isupper()):
        members = _SETS[letter.lower()]
        return members if inside else f"[{'^' * letter.isupper()}{members}]"
    if letter == "R" and not inside:
        return rf"(?:\r\n|[{_LINE_ENDS}])"
    if len(piece) > 2 and letter in _NUMBERED:  # noqa: PLR2004 - more than the letter
        return rf"\x{{{_NUMBERED[letter](piece[2:]):x}}}"
    return r"\x{1b}" if letter == "e" else piece


_NUMBERED: dict[str, Callable[[str], int]] = {
    "u": lambda digits: int(digits, 16),
    "0": lambda digits: int(digits, 8),
    "c": lambda sign: ord(sign) ^ 64,
}
"""Escapes that give the number of a character, and how to read it."""


def _property(name: str, *, negated: bool, inside: bool) -> str:
    if name in _POSIX:
        members = f"[:{'^' * negated}{name.lower()}:]"
        return members if inside else f"[{members}]"
    short = name.removeprefix("Is").removeprefix("java")
    return rf"\{'P' if negated else 'p'}{{{_PROPERTIES.get(short.lower(), short)}}}"
