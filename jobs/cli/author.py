"""The verb `validate`, and the arguments that verbs on a project have in common (`options`)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from jobs.cli.findings import (
    FindingsFormat,
    FindingsFormatOption,
    project_findings,
    readiness,
    report,
)
from jobs.cli.options import FolderArgument, Format, FormatOption, ProjectOption
from jobs.cli.watching import WatchOption, watch
from jobs.folder import read_folder

__all__ = ["FolderArgument", "Format", "FormatOption", "ProjectOption", "validate"]


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
    report(project_findings(read), form, readiness(read))
