"""The arguments that verbs on a project have in common. Loads nothing of the compiler."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

FolderArgument = Annotated[Path, typer.Argument(help="The project's folder.")]
ProjectOption = Annotated[Path, typer.Option("--project", "-p", help="The project's folder.")]


class Format(StrEnum):
    """How data are written."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How data are written.")]
