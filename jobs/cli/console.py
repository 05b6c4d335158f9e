"""Talk for people on standard error; standard output is for data."""

from __future__ import annotations

import sys

from rich.console import Console

FINDINGS = 1
"""Exit code where something is wrong with what was given or found."""

talk = Console(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """Say in one line what is being done."""
    talk.print(text, markup=False, highlight=False)


def put(text: str) -> None:
    """Write one line of data."""
    sys.stdout.write(text + "\n")
