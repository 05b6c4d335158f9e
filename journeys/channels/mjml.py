"""MJML, the markup for emails that look the same everywhere, turned into HTML when compiled.

Holes (`{{ … }}`) pass through as they stand and are filled for each person later.
"""

from __future__ import annotations

import re
from functools import lru_cache

import mrml

from journeys.errors import JourneyError
from journeys.limits import MAX_TAGS_DEPTH

_OPTIONS = mrml.RenderOptions(fonts={})
"""No fonts are loaded from elsewhere: who opens an email is not told to anyone else."""


_TAG = re.compile(r"<(?P<closes>/?)[A-Za-z][^<>]*>")
_VOID = re.compile(r"<(?:br|img|hr|input|link|meta|wbr|col)\b|.*/>\Z", re.IGNORECASE | re.DOTALL)


class MjmlError(JourneyError):
    """A text that is no MJML."""


@lru_cache(maxsize=256)
def html_of(text: str) -> str:
    """Turn MJML into HTML. Nothing is read from outside of the text.

    Raises:
        MjmlError: the text is no MJML, includes a file, or is nested too deeply.
    """
    _check_depth(text)
    try:
        return str(mrml.to_html(text, None, _OPTIONS).content)
    except OSError as error:
        message = str(error).replace(" in root template", "")
        raise MjmlError(message) from error


def _check_depth(text: str) -> None:
    """Refuse what the library, which calls itself for each level, has no stack for."""
    depth = 0
    for tag in _TAG.finditer(text):
        if tag["closes"]:
            depth -= 1
        elif not _VOID.match(tag[0]):
            depth += 1
        if depth > MAX_TAGS_DEPTH:
            line = text.count("\n", 0, tag.start()) + 1
            message = f"in line {line} tags are nested deeper than {MAX_TAGS_DEPTH} levels"
            raise MjmlError(message)
