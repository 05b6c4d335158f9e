"""How texts, numbers and the like are written: quoted only where that is needed."""

from __future__ import annotations

import re
import textwrap

from journeys.document import plain_value
from journeys.formatting.written import BLOCKS, Scalar

_WORDS = re.compile(r"[^\W\d_][\w./+-]*( [\w./+()'-]+)*")
"""Texts that mean the same without quotes wherever they stand."""
_SWITCHES = {"y", "n", "yes", "no", "on", "off"}
"""Texts that older readers of YAML take for true or false."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff]")
_ESCAPED = re.compile(rf'{_UNPRINTABLE.pattern}|[\\"]')
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"'}


def in_line(scalar: Scalar) -> str:
    """Write a scalar that is no block in one line; nothing at all stays nothing."""
    text = scalar.text
    if scalar.style == "" and "\n" not in text:
        return text
    if _WORDS.fullmatch(text) and plain_value(text) == text and text.lower() not in _SWITCHES:
        return text
    if ('"' in text or "\\" in text) and not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


def as_block(scalar: Scalar) -> list[str] | None:
    """Give the sign of a block and its lines, not yet indented; None where it is none."""
    kept = scalar.text.rstrip("\n")
    if scalar.style not in BLOCKS or not kept:
        return None
    ends = len(scalar.text) - len(kept)
    chomping = ("-", "")[ends] if ends < 2 else "+"  # noqa: PLR2004  # none, one, several
    sign, lines = scalar.style, kept.split("\n")
    header, _, body = scalar.source.partition("\n")
    if sign == ">" and not re.search(r"\d", header.partition("#")[0]):
        lines = textwrap.dedent(body).rstrip().split("\n")
    elif sign == ">":
        sign = "|"
    first = next(line for line in lines if line)
    indicator = "2" if first.startswith(" ") else ""
    return [f"{sign}{indicator}{chomping}", *lines, *[""] * (ends - 1)]


def folded(scalar: Scalar, width: int) -> list[str] | None:
    """Break a text that its author had broken into lines; None where it was not or cannot be."""
    text = scalar.text
    if "\n" not in scalar.source or " ".join(text.split()) != text or not text:
        return None
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return [">-", *lines]
