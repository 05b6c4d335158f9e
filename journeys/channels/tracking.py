"""What is put into an email so that its reader's doings come back: links of ours and a pixel.

Knows no key and no server: where our links lead is asked of a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape, unescape
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from journeys.channels.email import UNSUBSCRIBE, Email
from journeys.message_token import Use

MAX_LINK: Final = 4_096
"""Characters of a link of ours; one that would be longer stays as it was written."""
_TAG: Final = re.compile(r"""<(?:a|area)\s(?:[^<>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(
    r"""(?P<before>\s(?P<name>[^\s=<>"']+)\s*=\s*)(?P<value>"[^"]*"|'[^']*'|[^\s"'>]+)"""
)
_END_OF_BODY: Final = re.compile(r"</body\s*>", re.IGNORECASE)

Link: TypeAlias = Callable[[Use, str | None], str]
"""Gives our link for a use and, of a click, where it leads in the end."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What of a message is followed."""

    opens: bool
    clicks: bool


def wants_unsubscribe(email: Email) -> bool:
    """Say whether an email holds the place of a link by which its reader unsubscribes."""
    parts = (email.text, email.html, email.unsubscribe_url)
    return any(UNSUBSCRIBE in part for part in parts if part)


def tracked(email: Email, link: Link, followed: Followed) -> Email:
    """Put our links into an email, and the pixel that tells of its opening.

    Links to follow are those of `a` and `area` in HTML that lead to http or https; a text that is
    read as it stands keeps its links.
    """
    html = email.html
    if html and followed.clicks:
        html = _TAG.sub(lambda tag: _ATTRIBUTE.sub(lambda it: _led(it, link), tag[0]), html)
    if UNSUBSCRIBE in f"{email.text}{html}{email.unsubscribe_url}":
        url = link(Use.UNSUBSCRIBE, None)
        email = replace(
            email,
            text=email.text.replace(UNSUBSCRIBE, url),
            unsubscribe_url=(email.unsubscribe_url or "").replace(UNSUBSCRIBE, url) or None,
        )
        html = html and html.replace(UNSUBSCRIBE, escape(url))
    if html and followed.opens:
        html = _with_pixel(html, link(Use.OPEN, None))
    return replace(email, html=html)


def _led(attribute: re.Match[str], link: Link) -> str:
    target = unescape(attribute["value"].strip("\"'")).strip()
    if attribute["name"].lower() != "href" or not _is_followed(target):
        return attribute[0]
    url = link(Use.CLICK, target)
    return attribute[0] if len(url) > MAX_LINK else f'{attribute["before"]}"{escape(url)}"'


def _is_followed(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and UNSUBSCRIBE not in target


def _with_pixel(html: str, url: str) -> str:
    pixel = f'<img src="{escape(url)}" width="1" height="1" alt="" style="display:none">'
    ends = list(_END_OF_BODY.finditer(html))
    place = ends[-1].start() if ends else len(html)
    return html[:place] + pixel + html[place:]
