"""Near names: what an author may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MOST = 8
_LONGEST = 64


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Give a hint that names the nearest known names, or, if none is near, what is known."""
    names = sorted(set(known))
    if not names:
        return None
    folded = {candidate.lower(): candidate for candidate in names}
    near = get_close_matches(name[:_LONGEST].lower(), folded, n=2, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(repr(folded[match]) for match in near)}?"
    listed = ", ".join(names[:_MOST])
    return f"known: {listed}{', …' if len(names) > _MOST else ''}"
