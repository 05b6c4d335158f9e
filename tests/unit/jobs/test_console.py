"""What is shown of texts that come from anywhere."""

from __future__ import annotations

import io
import sys

import pytest
import typer

from jobs.cli.console import complain, harmless, put, say


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë\tanswers\nin two lines", "Zoë\tanswers\nin two lines"),
        (typer.style("ok", fg="green"), typer.style("ok", fg="green")),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b[2J\x1b[1;1Hgone", r"\x1b[2J\x1b[1;1Hgone"),
        ("a\rb\x00\x7f\x9b31m", r"a\x0db\x00\x7f\x9b31m"),
    ],
)
def test_control_characters_are_written_out_and_colours_are_kept(text: str, shown: str) -> None:
    assert harmless(text) == shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_no_control_characters_and_a_program_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put("a\rb")
    say("c\rd")
    complain("e\rf")
    found = capsys.readouterr()
    assert found.out == "a\rb\n"
    assert r"c\x0dd" in found.err
    assert r"e\x0df" in found.err
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    put("a\rb")
    assert terminal.getvalue() == "a\\x0db\n"
