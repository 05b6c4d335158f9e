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
_MJ_TAG = re.compile(r"<(mj-[a-z0-9-]+)", re.IGNORECASE)
TAGS = frozenset({
    "mj-accordion", "mj-accordion-element", "mj-accordion-text", "mj-accordion-title", "mj-all",
    "mj-attributes", "mj-body", "mj-breakpoint", "mj-button", "mj-carousel", "mj-carousel-image",
    "mj-class", "mj-column", "mj-divider", "mj-font", "mj-group", "mj-head", "mj-hero",
    "mj-html-attribute", "mj-html-attributes", "mj-image", "mj-include", "mj-navbar",
    "mj-navbar-link", "mj-preview", "mj-raw", "mj-section", "mj-selector", "mj-social",
    "mj-social-element", "mj-spacer", "mj-style", "mj-table", "mj-text", "mj-title", "mj-wrapper",
})  # fmt: skip
"""All tags of MJML (https://documentation.mjml.io)."""
_VOID = re.compile(r"<(?:br|img|hr|input|link|meta|wbr|col)\b|.*/>\Z", re.IGNORECASE | re.DOTALL)


class MjmlError(JourneyError):
    """A text that is no MJML; with the tag that there is not, if that is why."""

    def __init__(self, message: str, tag: str | None = None) -> None:
        super().__init__(message)
        self.tag = tag


@lru_cache(maxsize=256)
def html_of(text: str) -> str:
    """Turn MJML into HTML. Nothing is read from outside of the text.

    Raises:
        MjmlError: the text is no MJML, includes a file, or is nested too deeply.
    """
    _check_depth(text)
    _check_tags(text)
    try:
        return str(mrml.to_html(text, None, _OPTIONS).content)
    except OSError as error:
        message = str(error).replace(" in root template", "")
        raise MjmlError(message) from error


def _check_tags(text: str) -> None:
    """Refuse tags that the library leaves as they stand, which mail programs then leave out."""
    for found in _MJ_TAG.finditer(_without_comments(text)):
        if found[1] not in TAGS:
            message = f"there is no tag '{found[1]}'"
            raise MjmlError(message, found[1])


def _without_comments(text: str) -> str:
    """Leave comments out; a pattern would search for the end of each anew."""
    parts, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        parts.append(text[at:start])
        end = text.find("-->", start)
        if end < 0:
            return "".join(parts)
        at = end + len("-->")
    return "".join([*parts, text[at:]])


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
