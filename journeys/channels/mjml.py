"""MJML, the markup for emails that look the same everywhere, turned into HTML when compiled.

Holes (`{{ … }}`) pass through as they stand and are filled for each person later.
"""

from __future__ import annotations

from functools import lru_cache

import mrml

from journeys.errors import JourneyError

_OPTIONS = mrml.RenderOptions(fonts={})
"""No fonts are loaded from elsewhere: who opens an email is not told to anyone else."""


class MjmlError(JourneyError):
    """A text that is no MJML."""


@lru_cache(maxsize=256)
def html_of(text: str) -> str:
    """Turn MJML into HTML. Nothing is read from outside of the text.

    Raises:
        MjmlError: the text is no MJML, or includes a file.
    """
    try:
        return str(mrml.to_html(text, None, _OPTIONS).content)
    except OSError as error:
        message = str(error).replace(" in root template", "")
        raise MjmlError(message) from error
