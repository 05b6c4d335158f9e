"""Talk for people on standard error; standard output is for data."""

from __future__ import annotations

import os
import sys

import typer

FINDINGS = 1
"""Exit code where something is wrong with what was given or found."""


def say(text: str) -> None:
    """Say in one line what is being done."""
    typer.echo(text, err=True)


def complain(text: str) -> None:
    """Say what went wrong, in red where that can be shown and is wanted (https://no-color.org)."""
    typer.secho(text, err=True, fg=None if os.environ.get("NO_COLOR") else "red")


def put(text: str) -> None:
    """Write one line of data, at once: talk that follows stands behind it where both go."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
