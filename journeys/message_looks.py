"""How a message is shown to whoever wants to see it before it leaves: as lines, and as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Final

from journeys.messages import JsonValue

_PAGE: Final = """<!doctype html>
<html><head><meta charset="utf-8"><style>
body {{ margin: 0; padding: 24px; background: {ground}; font: 16px/1.4 sans-serif; color: #1c1c1e }}
pre {{ margin: 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }}
.card {{ max-width: 420px; padding: 14px 18px; border-radius: 18px; background: #fff }}
.title {{ font-weight: bold }}
.foot {{ margin-top: 10px; color: #6e6e73; font-size: 13px; overflow-wrap: anywhere }}
</style></head><body>{body}</body></html>
"""


def field_lines(fields: Mapping[str, JsonValue]) -> list[str]:
    """Write each field that has a value on a line, and what has several lines below its name."""
    given = {name: value for name, value in fields.items() if value not in (None, {}, [])}
    width = max(map(len, given), default=0)
    lines: list[str] = []
    for name, value in given.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
        if "\n" in text:
            lines += [name, *(f"  {line}" for line in text.splitlines())]
        else:
            lines.append(f"{name:<{width}}  {text}".rstrip())
    return lines


def text_page(text: str) -> str:
    """Write a plain text as a page."""
    return _PAGE.format(ground="#fff", body=f"<pre>{escape(text)}</pre>")


def card_page(title: str, text: str, foot: str) -> str:
    """Write a short message as a page: a card as phones show it, and a line on it."""
    parts = {"title": title, "text": text, "foot": foot}
    body = "".join(
        f'<pre class="{name}">{escape(part)}</pre>' for name, part in parts.items() if part
    )
    return _PAGE.format(ground="#e5e5ea", body=f'<div class="card">{body}</div>')
