"""The verb `fmt`: definition files in one canonical form."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import FINDINGS, complain, put, say
from jobs.folder import FolderError, project_files, read_text
from journeys.errors import JourneyError
from journeys.findings.check import counted
from journeys.formatting import FormatError, format_text
from journeys.project import DEFINITIONS, holds_definitions

PathsArgument = Annotated[
    list[Path] | None, typer.Argument(help="Folders of projects, or single files.")
]
CheckOption = Annotated[
    bool, typer.Option("--check", help="Write nothing; name the files that would change.")
]
DiffOption = Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")]


def fmt(paths: PathsArgument = None, check: CheckOption = False, diff: DiffOption = False) -> None:
    """Format definition files: one form for all, with every comment kept.

    A file that cannot be read is named and left as it is.
    """
    counts = Counter(_formatted(file, check, diff) for file in _definitions(paths or [Path()]))
    said = (
        f"{counted(counts[_Became.CHANGED], 'file')} {'to change' if check or diff else 'changed'}"
    )
    say(f"{said}, {counts[_Became.SAME]} in form, {counts[_Became.FAILED]} not read")
    if counts[_Became.FAILED] or (counts[_Became.CHANGED] and (check or diff)):
        raise typer.Exit(FINDINGS)


class _Became(Enum):
    CHANGED = auto()
    SAME = auto()
    FAILED = auto()


def _formatted(file: Path, check: bool, diff: bool) -> _Became:
    if file.is_file() and not holds_definitions(file.name):
        complain(
            f"error: {file} holds no definitions: their files end with {' or '.join(DEFINITIONS)}"
        )
        return _Became.FAILED
    try:
        text = read_text(file)
        result = format_text(file.as_posix(), text)
    except (FolderError, FormatError) as error:
        complain(f"error: {error}")
        return _Became.FAILED
    if file.read_bytes() == result.encode():
        return _Became.SAME
    if not (check or diff):
        try:
            replace(file, result)
        except OSError as error:
            message = f"{file} cannot be written: {error.strerror}"
            raise JourneyError(message) from error
    put(_difference(file, text, result) if diff else file.as_posix())
    return _Became.CHANGED


def replace(file: Path, text: str) -> None:
    """Write a file at once: whoever reads it sees the old text or the new one."""
    target = file.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as writer:
            writer.write(text)
        shutil.copymode(target, fresh)
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _definitions(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
        else:
            yield from (file for file in project_files(path) if holds_definitions(file.name))


def _difference(file: Path, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), file.as_posix(), file.as_posix(), lineterm=""
    )
    return "\n".join(lines) or f"{file.as_posix()}: line ends alone"
