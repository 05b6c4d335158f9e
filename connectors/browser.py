"""Pictures of HTML pages, taken by a Chromium that is on the machine. Loads nothing from anywhere.

The page lies in a frame without scripts, under a policy that it inherits and that allows no source
but itself; besides, the browser finds no host. Each picture has a browser of its own, which leaves
nothing behind.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from html import escape
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

from journeys.errors import JourneyError

VARIABLES: Final = ("CHROMIUM", "CHROME")
"""Variables of the environment that may name the browser."""
_NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_FLAGS: Final = (
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-default-browser-check",
    "--no-first-run",
)
_LIMIT_S: Final = 60
_HIGHEST: Final = 16_000
"""Pixels; browsers draw nothing below."""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
_FRAME: Final = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}; script-src 'nonce-{nonce}'">
<style>body {{ margin: 0; background: #fff }} iframe {{ display: block; border: 0 }}</style>
<iframe sandbox="allow-same-origin" width="{width}" height="{height}" srcdoc="{page}"></iframe>
<script nonce="{nonce}">
addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument.documentElement;
  document.body.dataset.height = page.scrollHeight;
}});
</script>
"""
_HEIGHT: Final = re.compile(r'data-height="(\d+)"')


class BrowserError(JourneyError):
    """No picture can be taken."""


def find_browser(environment: Mapping[str, str] = os.environ) -> str:
    """Find the program of a browser: what a variable names, or one of a usual name.

    Args:
        environment: holds what `VARIABLES` names, and `PATH`.

    Raises:
        BrowserError: there is none.
    """
    named = next(filter(None, map(environment.get, VARIABLES)), None)
    for name in _NAMES if named is None else (named,):
        program = shutil.which(name, path=environment.get("PATH"))
        if program is not None:
            return program
    message = (
        "no Chromium is on this machine: install one (on Debian `apt-get install chromium`), "
        "or name its program in the variable CHROMIUM"
    )
    if named is not None:
        message = f"there is no browser '{named}': name its program in the variable CHROMIUM"
    raise BrowserError(message)


def picture(page: str, width: int, browser: str) -> bytes:
    """Take a picture of a whole page, as PNG.

    Args:
        page: HTML; what it would load from elsewhere is left out.
        width: in pixels; the height is the page's own.
        browser: the program.

    Raises:
        BrowserError: the browser fails, or takes too long.
    """
    with tempfile.TemporaryDirectory(prefix="journeys-picture-") as folder:
        place = Path(folder)
        told = _run(browser, place, _framed(page, width, 1), width, 600, "--dump-dom")
        found = _HEIGHT.search(told)
        if found is None:
            message = f"{browser} did not show the page: is it a Chromium?"
            raise BrowserError(message)
        height = min(max(int(found[1]), 1), _HIGHEST)
        image = place / "picture.png"
        framed = _framed(page, width, height)
        _run(browser, place, framed, width, height, f"--screenshot={image}")
        try:
            return image.read_bytes()
        except OSError as error:
            message = f"{browser} took no picture: {error.strerror}"
            raise BrowserError(message) from error


def _framed(page: str, width: int, height: int) -> str:
    return _FRAME.format(
        policy=_POLICY, nonce=token_urlsafe(), width=width, height=height, page=escape(page)
    )


def _run(browser: str, folder: Path, page: str, width: int, height: int, task: str) -> str:
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8", errors="replace")
    profile = tempfile.mkdtemp(dir=folder)
    own = [f"--user-data-dir={profile}", f"--window-size={width},{height}", task]
    if os.geteuid() == 0:
        own.append("--no-sandbox")  # it refuses to run as root with one
    try:
        done = subprocess.run(  # noqa: S603 - a program that the user names, no shell
            [browser, *_FLAGS, *own, file.as_uri()],
            capture_output=True,
            check=True,
            timeout=_LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        message = f"{browser} took no picture within {_LIMIT_S} seconds"
        raise BrowserError(message) from error
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"{browser} took no picture: {error}"
        raise BrowserError(message) from error
    return done.stdout.decode(errors="replace")
