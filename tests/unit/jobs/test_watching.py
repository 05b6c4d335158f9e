"""Running again on change, with a real watch on a real folder, in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.cli.app import app

CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A shell lets what runs in its background ignore Ctrl-C, these tests among it."""
COMMAND = (sys.executable, "-c", f"{CTRL_C}; from jobs.cli import main; main()")
WAITING = "Waiting for changes; Ctrl-C ends.\n"
GOOD = "kind: event\nid: e\n"


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "events.yaml").write_text(GOOD)
    process = subprocess.Popen(
        [*COMMAND, "validate", str(tmp_path), "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def said(process: subprocess.Popen[str]) -> list[str]:
    """Read what a run says, up to the line that it waits."""
    assert process.stderr is not None
    lines: list[str] = []
    while (line := process.stderr.readline()) != WAITING:
        assert line, f"the watch ended: {lines}"
        lines.append(line)
    return lines


def test_each_change_is_checked_once_and_ctrl_c_ends_silently(
    tmp_path: Path, watching: subprocess.Popen[str]
) -> None:
    assert said(watching) == ["0 errors, 0 warnings. Ready to be published: no journey\n"]
    (tmp_path / "notes.log").write_text("not ours")
    (tmp_path / ".hidden.yaml").write_text("kind: [")
    (tmp_path / "events.yaml").write_text("kind: evnt\nid: e\n")
    blank, head, more, counts = said(watching)
    assert blank == "\n"
    assert head.endswith(" events.yaml changed ────\n")
    assert more == "More about them: journeys explain JRN104\n"
    assert counts.startswith("1 error, ")
    (tmp_path / "events.yaml").write_bytes(b"\xff")
    assert said(watching)[2] == "More about them: journeys explain JRN101\n"
    (tmp_path / "events.yaml").write_text(GOOD)
    assert said(watching)[2].startswith("0 errors, ")
    watching.send_signal(signal.SIGINT)
    _, rest = watching.communicate(timeout=10)
    assert watching.returncode == 130
    assert rest == ""


def test_a_folder_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["validate", str(tmp_path / "nowhere"), "--watch"])
    assert "there is no folder" in str(done.exception)


def test_a_picture_that_is_drawn_into_its_project_is_not_drawn_for_ever(tmp_path: Path) -> None:
    (tmp_path / "events.yaml").write_text(GOOD)
    picture = tmp_path / "journeys.html"
    process = subprocess.Popen(
        [*COMMAND, "graph", str(tmp_path), "--watch", "--output", str(picture)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert said(process)[0].startswith("Drawn in ")
        said(process)  # the picture is a change of its own, which changes nothing more
        (tmp_path / "events.yaml").write_text(GOOD.replace("id: e", "id: f"))
        assert said(process)[1].endswith(" events.yaml changed ────\n")
    finally:
        process.kill()
        process.communicate()
