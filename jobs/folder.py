"""A project's folder: read, judged and compiled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.settings import Settings
from journeys.compiler import Compilation, compile_project
from journeys.compiler.forms import read_spec
from journeys.diagnostics import Code, Place
from journeys.errors import JourneyError
from journeys.expressions.errors import Severity
from journeys.limits import MAX_FILE_BYTES, MAX_ONNX_BYTES
from journeys.messages import JsonObject
from journeys.project import DEFINITIONS, SETTINGS, Project, holds_definitions, read_project

STACK_FOLDER = ".journeys"
"""Where a project's local stack lives, inside its folder."""
LIST = ".csv"
"""How the names of files end that may list any number of people."""
_TEXTS = (
    *DEFINITIONS,
    ".json",
    ".txt",
    ".html",
    ".htm",
    ".liquid",
    ".md",
    ".mjml",
    LIST,
    ".jsonl",
)
_ROWS = (LIST, ".jsonl")
"""How the names of files end that may hold rows of a dataset."""
_BINARIES = (".onnx",)
_NO_TEXT = "a character is not written in UTF-8"
_SAVE_IT = "save the file as UTF-8"


class FolderError(JourneyError):
    """The folder cannot be read as a project."""


class NoTextError(FolderError):
    """A file is not UTF-8 text."""

    def __init__(self, file: Path, line: int) -> None:
        super().__init__(f"{file}:{line}: {_NO_TEXT}; {_SAVE_IT}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Folder:
    """A project on disk."""

    path: Path
    project: Project
    settings: Settings
    compilation: Compilation

    @property
    def profile_schema(self) -> JsonObject:
        """The JSON Schema of profiles; empty where none is given."""
        name = self.settings.profile.payload_schema
        schema = self.project.json_file(name) if name else {}
        return schema if isinstance(schema, dict) else {}

    @property
    def stack(self) -> Path:
        """Where its local stack lives."""
        return self.path / STACK_FOLDER


def read_folder(path: Path) -> Folder:
    """Read and compile a project; what is wrong in it stands in `compilation.diagnostics`.

    Raises:
        FolderError: there is no such folder, or a file in it cannot be read.
    """
    texts, no_texts = _files(path)
    project = read_project(texts, os.environ, _binaries(path))
    for name, line in no_texts.items():
        _report_no_text(project, Place(name, line))
    settings = Settings()
    if project.settings is None:
        _report_part(project, path.resolve())
    else:
        read = read_spec(project, project.settings, Settings)
        settings = read if read is not None else settings
    compilation = compile_project(
        project, settings.profile.payload_schema, settings.channels.addresses
    )
    return Folder(path.resolve(), project, settings, compilation)


def _report_part(project: Project, path: Path) -> None:
    """Tell of a folder inside of a project: files are named from that one's folder, not from it."""
    whole = next((above for above in path.parents if (above / SETTINGS).is_file()), None)
    if whole is not None:
        message = (
            f"this folder is a part of the project in {whole}, whose settings do not hold here"
        )
        hint = "name the folder of the whole project"
        project.report(Place("."), Code.UNKNOWN_FILE, message, hint, Severity.WARNING)


def project_files(path: Path) -> Iterator[Path]:
    """Name every file of a project's folder that is read, in order.

    Raises:
        FolderError: there is no such folder.
    """
    require_folder(path)
    yield from sorted(
        file for file in _below(path) if belongs_to(file.relative_to(path)) and file.is_file()
    )


def _below(path: Path) -> Iterator[Path]:
    """Name what lies in a folder, without what is hidden: a job that runs there changes that."""
    for folder, inner, names in os.walk(path):
        inner[:] = [name for name in inner if not name.startswith(".")]
        yield from (Path(folder) / name for name in names)


def require_folder(path: Path) -> None:
    """Make sure that a folder is there.

    Raises:
        FolderError: it is not.
    """
    if not path.is_dir():
        message = f"there is no folder {path}: name the folder of a project"
        raise FolderError(message)


def belongs_to(name: Path) -> bool:
    """Say whether a file, named by its path from the project's folder, is one that is read."""
    is_read = name.suffix in (*_TEXTS, *_BINARIES) or holds_definitions(name.name)
    return is_read and not any(part.startswith(".") for part in name.parts)


def read_text(file: Path) -> str:
    """Read a file, as far as the largest may reach, without the mark by which some begin it.

    Raises:
        NoTextError: it is not UTF-8.
        FolderError: it cannot be read.
    """
    try:
        with file.open(encoding="utf-8-sig") as text:
            return text.read(MAX_FILE_BYTES + 1)
    except UnicodeDecodeError as error:
        content = file.read_bytes()
        readable = content.decode(errors="replace").partition("\ufffd")[0]
        raise NoTextError(file, readable.count("\n") + 1) from error
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise FolderError(message) from error


def _report_no_text(project: Project, place: Place) -> None:
    if holds_definitions(place.file):
        project.report(place, Code.YAML, f"this is not YAML: {_NO_TEXT}", _SAVE_IT)
        return
    # A dataset finds its rows by itself: without them it would say less, and nobody would know.
    # What is named is missed where that is done.
    is_rows = place.file.endswith(_ROWS)
    severity = Severity.ERROR if is_rows else Severity.WARNING
    what = "rows cannot be read from this file" if is_rows else "the project does without this file"
    message = f"{what}: {_NO_TEXT}"
    project.report(place, Code.UNKNOWN_FILE, message, _SAVE_IT, severity)


def _files(path: Path) -> tuple[dict[str, str], dict[str, int]]:
    """Read texts by name; of files that are none, give the line at which that shows."""
    texts, no_texts = {}, {}
    for file in project_files(path):
        # What is wrong with a large file of definitions is told when it is read.
        is_whole = holds_definitions(file.name) or file.suffix == LIST
        is_text = file.suffix in _TEXTS and file.stat().st_size <= MAX_FILE_BYTES
        if not (is_whole or is_text):
            continue
        name = file.relative_to(path).as_posix()
        try:
            texts[name] = "" if _is_long_list(file) else read_text(file)
        except NoTextError as error:
            no_texts[name] = error.line
    return texts, no_texts


def _is_long_list(file: Path) -> bool:
    """Say whether a file lists so many people that it is read only when it is sent."""
    return file.suffix == LIST and file.stat().st_size > MAX_FILE_BYTES


def _binaries(path: Path) -> dict[str, bytes]:
    return {
        file.relative_to(path).as_posix(): _read_bytes(file)
        for file in project_files(path)
        if file.suffix in _BINARIES and file.stat().st_size <= MAX_ONNX_BYTES
    }


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise FolderError(message) from error
