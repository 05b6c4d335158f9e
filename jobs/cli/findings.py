"""How the verbs that check a project tell what they found."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import FINDINGS, put, say
from jobs.folder import Folder, read_folder
from journeys.diagnostics import Place
from journeys.findings import FORMATS, Check, Findings
from journeys.findings.check import counted
from journeys.project import holds_definitions

NAMED = 5
"""So many journeys are named in the last line, not more."""


class FindingsFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


FindingsFormatOption = Annotated[
    FindingsFormat, typer.Option("--format", help="How findings are written.")
]


def report(
    findings: Findings, form: FindingsFormat, closing: str, write: Callable[[str], None] = put
) -> None:
    """Write findings, by default to standard output, and what they come to, to standard error.

    Args:
        findings: what was found.
        form: how it is written.
        closing: a sentence for the last line, after the number of errors and warnings.
        write: what writes them.

    Raises:
        typer.Exit: there is an error among them.
    """
    written = FORMATS[form](findings)
    if written:
        write(written)
    if findings.codes and form is FindingsFormat.TEXT:
        say(f"More about them: journeys explain {' '.join(findings.codes)}")
    say(f"{findings.summary}. {closing}")
    if any(check.errors for check in findings.checks):
        raise typer.Exit(FINDINGS)


def faultless(folder: Path) -> Folder:
    """Read a project that must have no errors; faults are talk where a verb writes other data.

    Raises:
        typer.Exit: it has; all faults have been told.
    """
    read = read_folder(folder)
    if read.compilation.errors:
        report(project_findings(read), FindingsFormat.TEXT, readiness(read), write=say)
    return read


def runnable(folder: Path) -> Folder:
    """Read a project that the job can run.

    Raises:
        typer.Exit: it has errors, or uses what the job does not run yet; all has been told.
    """
    read = faultless(folder)
    if read.compilation.not_run:
        tell_not_run(read)
        raise typer.Exit(FINDINGS)
    return read


def tell_not_run(read: Folder) -> None:
    """Say what keeps a project without faults from the job."""
    say("`journeys publish` refuses this project: the job does not run all of it yet.")
    for diagnostic in read.compilation.not_run:
        say(diagnostic.render(read.project.files))


def project_findings(read: Folder) -> Findings:
    """Give what compiling a project found, file by file."""
    found = read.compilation.diagnostics
    names = {name for name in read.project.files if holds_definitions(name)}
    checks = (
        Check(name, Place(name), tuple(d for d in found if d.place.file == name))
        for name in sorted(names | {d.place.file for d in found})
    )
    return Findings("journeys validate", tuple(checks), read.project.files, root_of(read.path))


def root_of(folder: Path) -> str:
    """Name a folder as seen from where the command runs, if it lies there."""
    here = Path.cwd()
    within = folder.relative_to(here) if folder.is_relative_to(here) else folder
    return within.as_posix()


def readiness(read: Folder) -> str:
    """Say which journeys of a project can be published: all, or none where anything is wrong."""
    if read.compilation.errors:
        return "Nothing can be published until that is mended"
    names = [f"{plan.journey} v{plan.version}" for plan in read.compilation.plans.values()]
    if len(names) > NAMED:
        return f"Ready to be published: {counted(len(names), 'journey')}"
    return f"Ready to be published: {', '.join(names) or 'no journey'}"
