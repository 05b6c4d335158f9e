"""A message in several languages, and which of them a person gets. Knows no channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from journeys.messages import JsonValue
from journeys.template import Template

TAG_PATTERN: Final = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
"""A language tag (BCP 47), such as `fr` or `fr-CA`, as a regular expression."""
_LONGEST: Final = 35
"""Characters of a tag that are looked at; RFC 5646 (4.4.1) asks for no more."""


@dataclass(frozen=True)
class Languages:
    """The same message in other languages."""

    preferred: Template
    """Gives the person's language, or several, the dearest first."""
    default: str | None
    """The language of the message itself; None: nobody says."""
    messages: Mapping[str, Template]
    """Language tag to the whole message."""

    def chosen(self, preferred: JsonValue) -> str | None:
        """Give the first language that a person prefers and there is, else the default.

        A language is found by RFC 4647 (3.4): `fr-CA` finds `fr` where there is no `fr-CA`.
        """
        wanted = preferred if isinstance(preferred, list) else [preferred]
        for tag in (tag for each in wanted if isinstance(each, str) for tag in _from_long(each)):
            if tag in self._known:
                return self._known[tag]
        return self.default

    @cached_property
    def _known(self) -> dict[str, str]:
        default = [] if self.default is None else [self.default]
        return {tag.lower(): tag for tag in (*default, *self.messages)}


def _from_long(text: str) -> Iterator[str]:
    """Give a tag, then ever more general ones."""
    tag = text.strip().replace("_", "-").lower()[:_LONGEST]
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
        if tag[-2:-1] == "-":  # a letter that only opens what followed
            tag = tag[:-2]
