"""How many parts a text message takes."""

from __future__ import annotations

import pytest

from journeys.channels.sms_parts import parts_of

PARTS = {
    "nothing": ("", "GSM-7", 0, 1),
    "one part": ("x" * 160, "GSM-7", 160, 1),
    "one more": ("x" * 161, "GSM-7", 161, 2),
    "two full parts": ("x" * 306, "GSM-7", 306, 2),
    "three": ("x" * 307, "GSM-7", 307, 3),
    "letters of many scripts": ("àÄñß ΔΩ¿§", "GSM-7", 9, 1),
    "characters that count twice": ("€[]" * 26 + "€€", "GSM-7", 160, 1),
    "one of them too many": ("€" * 81, "GSM-7", 162, 2),
    "one that would be cut": ("x" * 152 + "€" + "x" * 152, "GSM-7", 306, 3),
    "an accent that is none of them": ("ç" * 70, "UCS-2", 70, 1),
    "one more of them": ("ç" * 71, "UCS-2", 71, 2),
    "a picture": ("🙂" * 35, "UCS-2", 70, 1),
    "a picture that would be cut": ("ç" * 66 + "🙂" + "ç" * 66, "UCS-2", 134, 3),
}


@pytest.mark.parametrize(("text", "encoding", "units", "count"), PARTS.values(), ids=PARTS)
def test_parts_are_counted_as_providers_count_them(
    text: str, encoding: str, units: int, count: int
) -> None:
    found = parts_of(text)
    assert (found.encoding, found.units, found.count) == (encoding, units, count)
