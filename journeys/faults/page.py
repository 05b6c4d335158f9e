"""A page on a fault: a title, what the fault means, an example that brings it, and what to do.

It is Markdown of a fixed form: `# title`, a few sentences, one block of YAML, a few sentences. The
example stands beside the definitions of the welcome journey; "```yaml alone" marks one that does
not. A block of JSON before it is the file `example.json`, a schema that the example names.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from journeys.diagnostics import Code

FAMILIES: Mapping[str, str] = {
    "JRN1": "Reading a file",
    "JRN2": "Form",
    "JRN3": "Names",
    "JRN4": "Flow",
    "JRN5": "Expressions and templates",
    "JRN6": "Scenarios",
}
"""What codes that begin alike are about."""
_PAGE = re.compile(
    r"# (?P<title>[^\n]+)\n\n(?P<meaning>.+?)\n\n"
    r"(?:```json\n(?P<schema>.+?)```\n\n)?"
    r"```yaml(?P<alone> alone)?\n(?P<example>.+?)```\n\n(?P<remedy>.+?)\n",
    re.DOTALL,
)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True)
class FaultPage:
    """All that is said of one fault. Texts are Markdown."""

    title: str
    meaning: str
    example: str
    """Definitions of which the compiler says this fault."""
    is_alone: bool
    """Whether the example is a whole project, and not one file beside the welcome journey."""
    remedy: str
    schema: str | None = None
    """The schema `example.json` that the example names, if it names one."""


@cache
def fault_page(code: Code) -> FaultPage:
    """Give the page of a fault."""
    content = pkgutil.get_data(__package__, f"{code}.md") or b""
    return read_page(content.decode())


def read_page(text: str) -> FaultPage:
    """Take a page apart.

    Raises:
        ValueError: the text has not the form of a page.
    """
    found = _PAGE.fullmatch(text)
    if found is None:
        message = "a page is a title, sentences, one block of YAML, and sentences"
        raise ValueError(message)
    return FaultPage(
        found["title"],
        found["meaning"],
        found["example"],
        bool(found["alone"]),
        found["remedy"],
        found["schema"],
    )


def without_links(text: str) -> str:
    """Leave the names of links only: their targets lie beside the page in the documentation."""
    return _LINK.sub(r"\1", text)
