"""The verb `init`: a new project that works, to be changed into one's own."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import put, say
from jobs.library import Template, project_texts, summary
from journeys.errors import JourneyError

_OVERLOOKED = {".git"}
"""A folder with nothing else in it counts as empty."""


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write it; made where missing.")] = Path(),
    template: Annotated[
        Template, typer.Option("--template", "-t", help="What to begin with.")
    ] = Template.WELCOME,
    listed: Annotated[bool, typer.Option("--list", help="Show the templates.")] = False,
) -> None:
    """Begin a project: a journey that works, with its tests, emails and sample events.

    The folder must be empty, because definitions of two projects in one folder would mix.
    """
    if listed:
        _put_templates()
        return
    _require_empty(folder)
    texts = project_texts(template, folder.resolve().name)
    _write(folder, texts)
    say(f"Wrote {len(texts)} files to {folder}, by the template '{template}'. See README.md.")
    say("Next:")
    for command in _next(folder):
        say(f"  {command}")


def _put_templates() -> None:
    width = max(map(len, Template))
    for template in Template:
        for number, line in enumerate(summary(template)):
            put(f"{'' if number else template:<{width}}  {line}")


def _require_empty(folder: Path) -> None:
    try:
        found = sorted({entry.name for entry in folder.iterdir()} - _OVERLOOKED)
    except FileNotFoundError:
        return
    except OSError as error:
        message = f"{folder} cannot be read: {error.strerror}"
        raise JourneyError(message) from error
    if found:
        message = f"{folder} is not empty ({found[0]}): name a new folder, such as my-journeys"
        raise JourneyError(message)


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        file = folder / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            message = f"{file} cannot be written: {error.strerror}"
            raise JourneyError(message) from error


def _next(folder: Path) -> list[str]:
    there = [] if folder == Path() else [f"cd {shlex.quote(str(folder))}"]
    return [
        *there,
        "journeys validate",
        "journeys test --coverage",
        "journeys graph --output journeys.html",
    ]
