"""How much room a text takes, without a font to ask: estimated by a wide one, so that it fits."""

from __future__ import annotations

import unicodedata

from journeys.phrases import ELLIPSIS

_WIDTHS = (
    ("'ijlIJ,. ", 0.34),
    ("/:;\\|-", 0.37),
    ("ft()[]!r", 0.43),
    ('"*_`sczk?L', 0.57),
    ("ABCDGHKNOQRUVXZ&#+<=>^~→", 0.82),
    ("mwMW@%…", 1.0),
)
_OTHERS = 0.65
_FULL = 1.0
_OF_ONE = {character: width for some, width in _WIDTHS for character in some}
_BOLD = 1.12
"""How much wider bold letters are."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate how wide a text is, in the unit of the font's size."""
    return sum(map(_width, text)) * size * (_BOLD if bold else 1)


def _width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return _FULL
    return _OF_ONE.get(character, _OTHERS)


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Cut a text so that it fits into a room, and show that it was cut."""
    if width(text, size, bold=bold) <= room:
        return text
    kept = len(text)
    while kept and width(text[:kept] + ELLIPSIS, size, bold=bold) > room:
        kept -= 1
    return text[:kept].rstrip() + ELLIPSIS


def wrapped(text: str, room: float, size: float) -> list[str]:
    """Break a text that is too long for one line into two; what is still too long is cut."""
    words = text.split(" ")
    count = len(words)
    while count > 1 and width(" ".join(words[:count]), size) > room:
        count -= 1
    lines = [" ".join(words[:count]), " ".join(words[count:])]
    return [fitted(line, room, size) for line in lines if line]
