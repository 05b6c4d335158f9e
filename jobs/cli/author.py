"""Verbs for authors: `validate`, `compile`. They need no broker and no cluster."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from jobs.cli.console import FINDINGS, put, say
from jobs.folder import Folder, read_folder
from journeys import codec

FolderArgument = Annotated[Path, typer.Argument(help="The project's folder.")]


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How findings are written.")]


def validate(folder: FolderArgument = Path(), form: FormatOption = Format.TEXT) -> None:
    """Check every definition of a project and report all faults at once."""
    read = read_folder(folder)
    _report(read, form)
    if read.compilation.errors:
        raise typer.Exit(FINDINGS)


def compile_(folder: FolderArgument = Path()) -> None:
    """Write the plan of every journey to standard output, one JSON object a line."""
    for plan in faultless(folder).compilation.plans.values():
        put(codec.plan_text(plan))


def faultless(folder: Path) -> Folder:
    """Read a project that must have no errors; say them all and stop if it has."""
    read = read_folder(folder)
    if read.compilation.errors:
        _report(read, Format.TEXT)
        raise typer.Exit(FINDINGS)
    return read


def _report(read: Folder, form: Format) -> None:
    diagnostics = read.compilation.diagnostics
    if form is Format.JSON:
        rows = [
            {
                "file": d.place.file,
                "line": d.place.line,
                "column": d.place.column,
                "severity": d.severity,
                "code": d.code,
                "message": d.message,
                "hint": d.hint,
            }
            for d in diagnostics
        ]
        put(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    for diagnostic in diagnostics:
        put(diagnostic.render(read.project.files))
    errors = len(read.compilation.errors)
    warnings = len(diagnostics) - errors
    journeys = ", ".join(f"{p.journey} v{p.version}" for p in read.compilation.plans.values())
    counted = f"{_number(errors, 'error')}, {_number(warnings, 'warning')}"
    say(f"{counted}. Journeys without errors: {journeys or 'none'}")


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
