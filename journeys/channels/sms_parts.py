"""How a text message is cut into parts, which are what providers count (3GPP TS 23.038, 23.040)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
"""Written as two: an escape, then the character."""
_ROOM: Final = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""What one part holds if it is alone, and if there are several."""


@dataclass(frozen=True, slots=True)
class SmsParts:
    """The parts of a text message."""

    encoding: Literal["GSM-7", "UCS-2"]
    """One character outside of GSM-7 makes all of them UCS-2, of which a part holds fewer."""
    units: int
    """Septets of GSM-7, or halves of UTF-16."""
    count: int


def parts_of(text: str) -> SmsParts:
    """Say how many parts a text takes."""
    is_gsm = all(character in _BASIC or character in _EXTENDED for character in text)
    encoding: Literal["GSM-7", "UCS-2"] = "GSM-7" if is_gsm else "UCS-2"
    sizes = [_septets(character) if is_gsm else _halves(character) for character in text]
    alone, each = _ROOM[encoding]
    units = sum(sizes)
    return SmsParts(encoding, units, 1 if units <= alone else _filled(sizes, each))


def _filled(sizes: Iterable[int], room: int) -> int:
    """Count the parts; no character is cut in two."""
    count, used = 1, 0
    for size in sizes:
        if used + size > room:
            count, used = count + 1, 0
        used += size
    return count


def _septets(character: str) -> int:
    return 1 if character in _BASIC else 2


def _halves(character: str) -> int:
    return 1 if ord(character) <= 0xFFFF else 2  # noqa: PLR2004 - where UTF-16 needs a pair
