"""Talk for people on standard error; standard output is for data."""

from __future__ import annotations

import sys

import typer

FINDINGS = 1
"""Exit code where something is wrong with what was given or found."""


def say(text: str) -> None:
    """Say in one line what is being done."""
    typer.echo(text, err=True)


def complain(text: str) -> None:
    """Say what went wrong, in red where that can be shown."""
    typer.secho(text, err=True, fg="red")


def put(text: str) -> None:
    """Write one line of data."""
    sys.stdout.write(text + "\n")
