"""What is wrong with a text that is no Liquid, where, and what may have been meant.

As `liquid_text`, this is imported where the first such text is met.
"""

from __future__ import annotations

import re

from journeys.liquid_text import CLOSINGS, ENVIRONMENTS, OPENING, Dialect, LiquidError

_WORDS = {
    "elseif": "write {% elsif … %}",
    "elif": "write {% elsif … %}",
    "endfor": "every {% for %} needs one {% endfor %}, and no more",
    "endif": "every {% if %} needs one {% endif %}, and no more",
    "include": "a text stands alone: write what the other file says here",
    "render": "a text stands alone: write what the other file says here",
    "set": "write {% assign name = value %}",
    "=": "write '==' to compare",
    "&": "write 'and'",
    "+": "write a filter: {{ … | plus: 1 }}",
    "(": "Liquid has filters and no functions: {{ … | upcase }}",
    "end": "write {% endif %}, {% endfor %} or the end of whatever tag it is",
}
"""What the library did not expect, to what may be meant by it."""
_TAG = re.compile(r"\{%-?\s*(\w+)")
_BLOCKS = frozenset({
    "capture", "case", "comment", "doc", "for", "if", "ifchanged", "raw", "tablerow", "unless",
})  # fmt: skip
_VERBATIM = ("comment", "doc", "raw")
"""Tags within which there are no others."""


def explained(error: LiquidError, text: str, dialect: Dialect) -> tuple[int, str, str]:
    """Explain why a text could not be read.

    Returns:
        Where that shows, what is wrong there, and a hint.
    """
    word, start = (error.token.value, error.token.start_index) if error.token else ("", -1)
    left_open = _unclosed(text)
    if left_open is not None and word.startswith("end"):  # of a tag, or of the text
        tag, start = left_open
        return start, f"the tag '{tag}' is not ended", f"write {{% end{tag} %}} where it is to end"
    hint = _WORDS.get(word, "check the braces and tags here and above")
    return _first_broken(text, dialect) if start < 0 else start, error.args[0], hint


def _unclosed(text: str) -> tuple[str, int] | None:
    """Find the innermost tag of a text that a later one must end and none does, and its place."""
    open_tags: list[tuple[str, int]] = []
    for found in _TAG.finditer(text):
        name, start = found[1], found.start()
        within = open_tags[-1][0] if open_tags else ""
        if open_tags and name == f"end{within}":
            open_tags.pop()
        elif name in _BLOCKS and within not in _VERBATIM:
            open_tags.append((name, start))
    return open_tags[-1] if open_tags else None


def _first_broken(text: str, dialect: Dialect) -> int:
    """Find the first hole or tag of a text that cannot be read by itself; 0 where each one can."""
    for found in OPENING.finditer(text):
        start = found.start()
        end = text.find(CLOSINGS[found[0]], start) + len(found[0])
        piece, tag = text[start:end], _TAG.match(text, start)
        if tag is not None and tag[1] not in _BLOCKS:
            continue
        try:
            ENVIRONMENTS[dialect].from_string(f"{piece}{{% end{tag[1]} %}}" if tag else piece)
        except LiquidError:
            return start
    return 0
