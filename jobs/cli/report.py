"""The verb `report`: what became of people, from the step events."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from connectors.analysis.reporting import TOPICS, report_of
from jobs.analysis import Asked
from jobs.cli.console import FINDINGS, complain, put, say
from jobs.cli.options import FolderArgument, Format, FormatOption
from jobs.cli.questions import (
    FilesOption,
    JourneyOption,
    SinceOption,
    UntilOption,
    VersionOption,
    Which,
    WhichOption,
    instant,
)
from jobs.cli.report_text import show
from journeys.errors import JourneyError
from journeys.reporting.model import Report, data
from journeys.reporting.page import page


def report(
    folder: FolderArgument = Path(),
    files: FilesOption = None,
    journey: JourneyOption = None,
    version: VersionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    which: WhichOption = Which.LIVE,
    form: FormatOption = Format.TEXT,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a page with charts into this file.", dir_okay=False),
    ] = None,
) -> None:
    """Show for every journey version who entered, where people stand, and how they left.

    And how far they came, which arm of an experiment does better, what became of messages, and how
    endpoints did.
    """
    variables: dict[str, Any] = {
        "journey": journey,
        "version": version,
        "mode": which.variable,
        "since": instant(since, "--since"),
        "until": instant(until, "--until"),
    }
    begin, end = variables["since"], variables["until"]
    if begin is not None and end is not None and begin >= end:
        message = "it is not after --since: nothing lies between"
        raise typer.BadParameter(message, param_hint="--until")
    now = round(time.time() * 1000)
    asked = Asked(folder, files, variables)
    found = asked.answer(TOPICS, lambda database: report_of(database, now))
    if html is not None:
        _write(html, page(_title(found), found) + "\n")
        say(f"Written into {html}.")
    if form is Format.JSON:
        put(orjson.dumps(data(found), option=orjson.OPT_INDENT_2).decode())
    elif html is None:
        show(found)
    if not (found.versions or found.hidden) and (journey or version is not None):
        wanted = (journey or "any journey") + ("" if version is None else f" v{version}")
        complain(f"no step event tells of {wanted}")
        raise typer.Exit(FINDINGS)
    if not found.versions:
        say("Nothing is told of that: no walk began in it, and nobody was kept out.")
    if found.hidden:
        names = ", ".join(map(str, found.hidden))
        say(f"Not shown: {names}; --mode all shows everything.")


def _title(found: Report) -> str:
    journeys = sorted({part.walked.journey for part in found.versions})
    return f"Report on {', '.join(journeys) or 'journeys'}"


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}"
        raise JourneyError(message) from error
