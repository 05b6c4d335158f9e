"""HTML for people who read none, and the line that mail programs show before a mail is opened.

Works on templates as well as on filled texts: holes (`{{ … }}`, `{% … %}`) stay as they are.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from typing import Final

_HOLE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_KEPT_HOLE: Final = re.compile("\ue000(\\d+)\ue001")
"""How a hole is written while tags are read: in characters for private use."""
_SILENT: Final = frozenset({"head", "script", "style", "template", "title"})
_HIDDEN: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta"})
_BLOCKS: Final = frozenset(
    (
        *("address", "article", "aside", "blockquote", "center", "div", "dl", "fieldset"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
        *("main", "nav", "ol", "p", "pre", "section", "table", "tbody", "thead", "tr", "ul"),
    )
)
_BODY: Final = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_PREHEADER: Final = (
    '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all" aria-hidden="true">'
    "{text}{space}</div>"
)
_SPACE: Final = "&#847;&zwnj;&nbsp;" * 60
"""Keeps mail programs from showing the text itself behind a short line."""


def text_of(html: str) -> str:
    """Write a page as plain text: paragraphs, items of lists, and where links lead."""
    holes: list[str] = []

    def kept(hole: re.Match[str]) -> str:
        holes.append(hole[0])
        return f"\ue000{len(holes) - 1}\ue001"

    reader = _Reader()
    reader.feed(_HOLE.sub(kept, html.replace("\ue000", "").replace("\ue001", "")))
    reader.close()
    return _KEPT_HOLE.sub(lambda mark: holes[int(mark[1])], reader.text())


def with_preheader(html: str, preheader: str) -> str:
    """Put a line before a page that only lists of mails show."""
    line = _PREHEADER.format(text=escape(preheader), space=_SPACE)
    body = _BODY.search(html)
    at = body.end() if body else 0
    return html[:at] + line + html[at:]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._silent, self._depth = "", 0
        """The tag of what nobody sees, and how often it is open."""
        self._links: list[tuple[str, int]] = []
        """Where open links lead, and the piece that their text begins with."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._silent or tag in _SILENT or _HIDDEN.search(given.get("style") or ""):
            if tag not in _VOID:
                self._silent = self._silent or tag
                self._depth += tag == self._silent
            return
        match tag:
            case "br":
                self._pieces.append("\n")
            case "li":
                self._pieces.append("\n- ")
            case "td" | "th":
                self._pieces.append(" ")
            case "img":
                self._pieces.append(given.get("alt") or "")
            case "a":
                self._links.append((given.get("href") or "", len(self._pieces)))
            case _ if tag in _BLOCKS:
                self._pieces.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._depth -= tag == self._silent
            self._silent = self._silent if self._depth else ""
        elif tag == "a" and self._links:
            target, start = self._links.pop()
            said = "".join(self._pieces[start:]).strip()
            if target and not target.startswith("#") and target != said:
                self._pieces.append(f" ({target})" if said else target)
        elif tag in _BLOCKS:
            self._pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def text(self) -> str:
        lines = (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
