"""Talk for people on standard error; standard output is for data."""

from __future__ import annotations

import os
import re
import sys

import typer

FINDINGS = 1
"""Exit code where something is wrong with what was given or found."""


_CONTROL = re.compile(r"\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal does instead of showing it; colours and ends of lines are meant."""


def harmless(text: str) -> str:
    """Write out the control characters of a text: ids and payloads come from anywhere."""
    return _CONTROL.sub(lambda f: f[0] if len(f[0]) > 1 else f"\\x{ord(f[0]):02x}", text)


def say(text: str) -> None:
    """Say in one line what is being done."""
    typer.echo(harmless(text), err=True)


def complain(text: str) -> None:
    """Say what went wrong, in red where that can be shown and is wanted (https://no-color.org)."""
    typer.secho(harmless(text), err=True, fg=None if os.environ.get("NO_COLOR") else "red")


def put(text: str) -> None:
    """Write one line of data, at once: talk that follows stands behind it where both go.

    Whoever reads it by a program gets it as it is; a terminal, without control characters.
    """
    sys.stdout.write((harmless(text) if sys.stdout.isatty() else text) + "\n")
    sys.stdout.flush()
