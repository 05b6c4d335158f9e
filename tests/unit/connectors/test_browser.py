"""Pictures by a real browser, where there is one."""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors.browser import VARIABLES, BrowserError, find_browser, picture

ENOUGH_S = 180
"""Two starts of a browser on a busy machine."""


@pytest.fixture(scope="module")
def browser() -> str:
    """Find one; a variable that names one must name one that is there."""
    try:
        return find_browser()
    except BrowserError:
        if any(os.environ.get(variable) for variable in VARIABLES):
            raise
        pytest.skip("no Chromium is on this machine")


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """Serve anything on loopback, and note what is asked for."""
    paths: list[str] = []

    class _Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", paths
    server.shutdown()
    thread.join()
    server.server_close()


def size(image: bytes) -> tuple[int, int]:
    """Read the width and the height of a PNG."""
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", image[16:24])
    return width, height


@pytest.mark.timeout(ENOUGH_S)
def test_a_picture_is_as_high_as_its_page(browser: str) -> None:
    page = "<style>body { margin: 0 } div { height: 1234px }</style><div>é &amp; \"quotes'</div>"
    assert size(picture(page, 480, browser)) == (480, 1234)


@pytest.mark.timeout(ENOUGH_S)
def test_a_page_loads_nothing_and_runs_nothing(
    browser: str, asked: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, paths = asked
    (tmp_path / "secret.html").write_text("<div style='height: 999px'></div>", encoding="utf-8")
    page = f"""<html><head><meta http-equiv="refresh" content="0; url={url}/refresh">
<link rel="stylesheet" href="{url}/style"><link rel="preload" as="image" href="{url}/preload">
<style>@import url({url}/import); body {{ margin: 0; background: url({url}/back) }}</style></head>
<body><img src="{url}/image"><iframe src="{url}/frame"></iframe><object data="{url}/o"></object>
<iframe src="{(tmp_path / "secret.html").as_uri()}"></iframe><video src="{url}/video"></video>
<script>document.body.innerHTML = "<p style='height: 5000px'>x</p>"; fetch("{url}/script")</script>
<img src="x" onerror="fetch('{url}/onerror')"><svg onload="fetch('{url}/svg')"></svg>
"></iframe><script>fetch("{url}/escaped")</script>
</body></html>"""
    width, height = size(picture(page, 640, browser))
    assert paths == []
    assert width == 640
    assert height < 2000


def test_what_is_no_browser_is_told(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho nothing\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(BrowserError, match="is it a Chromium"):
        picture("<p>x</p>", 640, str(program))
    program.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    with pytest.raises(BrowserError, match="took no picture"):
        picture("<p>x</p>", 640, str(program))


def test_a_browser_is_found_by_the_environment_then_by_name(tmp_path: Path) -> None:
    for name in ("theirs", "google-chrome"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    here = {"PATH": str(tmp_path)}
    found = [
        find_browser({**here, "CHROMIUM": "theirs", "CHROME": "others"}),
        find_browser({**here, "CHROME": str(tmp_path / "theirs")}),
        find_browser(here),
    ]
    assert [Path(path).name for path in found] == ["theirs", "theirs", "google-chrome"]


@pytest.mark.parametrize(
    ("variables", "told"),
    [({"CHROME": "nowhere"}, "there is no browser 'nowhere'"), ({}, "install one")],
)
def test_without_a_browser_it_says_what_to_do(
    tmp_path: Path, variables: dict[str, str], told: str
) -> None:
    with pytest.raises(BrowserError, match=told):
        find_browser({"PATH": str(tmp_path), **variables})
