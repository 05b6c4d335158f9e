"""Where in its source each character of a YAML scalar is written: escapes and line folds undone."""

from __future__ import annotations

_ESCAPES = {"x": 4, "u": 6, "U": 10}
"""Characters that a numeric escape takes; every other takes two."""
_BLOCKS = ("|", ">")


def source_offsets(source: str, value: str, style: str | None) -> list[int]:
    """Give for each character of a value its offset in the source, from the opening quote or sign.

    Args:
        source: the scalar as written, with its quotes or its block sign.
        value: what YAML reads from it.
        style: the quote, the sign of a block, or nothing for a plain scalar.
    """
    at = source.find("\n") + 1 if style in _BLOCKS else len(style or "")
    offsets = []
    for character in value:
        at = _skipped(source, at, character, style)
        offsets.append(min(at, len(source)))
        at += _width(source, at, character, style)
    return offsets


def _skipped(source: str, at: int, character: str, style: str | None) -> int:
    """Skip what stands for nothing: indentation, folded line ends and escaped ones."""
    while at < len(source):
        if style == '"' and source.startswith("\\\n", at):
            at += 2
        elif source[at].isspace() and not character.isspace():
            at += 1
        else:
            break
    return at


def _width(source: str, at: int, character: str, style: str | None) -> int:
    if style == '"' and source.startswith("\\", at):
        return _ESCAPES.get(source[at + 1 : at + 2], 2)
    if style == "'" and source.startswith("''", at):
        return 2
    # A folded line end stays where it is: it may stand for several characters.
    return int(source.startswith(character, at))
