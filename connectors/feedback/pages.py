"""What a reader sees who unsubscribes. Pages that load nothing and remember nobody."""

from __future__ import annotations

from typing import Final

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 20vh auto }}
button {{ font: inherit; padding: .5rem 1.5rem }}
</style>
<h1>{title}</h1>
{body}
</html>
"""
_FORM: Final = """<p>You will get no more of these messages.</p>
<form method="post"><button name="List-Unsubscribe" value="One-Click">Unsubscribe</button></form>"""

ASK: Final = _PAGE.format(title="Unsubscribe?", body=_FORM)
"""Asks for the one click: following the link changes nothing, since programs follow links too."""
DONE: Final = _PAGE.format(title="You are unsubscribed", body="<p>You may close this page.</p>")
LATER: Final = _PAGE.format(
    title="This did not work", body="<p>Please try again in some minutes.</p>"
)
UNKNOWN: Final = _PAGE.format(
    title="This link is not known", body="<p>It is not complete, or it is no longer valid.</p>"
)
PIXEL: Final = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A transparent GIF of one pixel."""
