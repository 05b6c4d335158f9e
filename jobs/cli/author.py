"""The verb `validate`, and the arguments that verbs on a project have in common."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.findings import (
    FindingsFormat,
    FindingsFormatOption,
    good_journeys,
    project_findings,
    report,
)
from jobs.cli.watching import WatchOption, watch
from jobs.folder import read_folder

FolderArgument = Annotated[Path, typer.Argument(help="The project's folder.")]
ProjectOption = Annotated[Path, typer.Option("--project", "-p", help="The project's folder.")]


class Format(StrEnum):
    """How data are written."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How data are written.")]


def validate(
    folder: FolderArgument = Path(),
    form: FindingsFormatOption = FindingsFormat.TEXT,
    again: WatchOption = False,
) -> None:
    """Check every definition of a project and report all faults at once."""
    if again:
        watch(folder, partial(_validate, folder, form))
    else:
        _validate(folder, form)


def _validate(folder: Path, form: FindingsFormat) -> None:
    read = read_folder(folder)
    report(project_findings(read), form, good_journeys(read))
