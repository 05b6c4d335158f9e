"""The verb `doctor`: whether all that the journeys need is there and well."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path

import orjson
import typer

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.stack import LocalStack
from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import FINDINGS, put
from jobs.folder import Folder, read_folder
from jobs.health import Level, Patient, Verdict, examine

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
_WIDTH = 14


def doctor(folder: FolderArgument = Path(), form: FormatOption = Format.TEXT) -> None:
    """Look whether broker, topics, cluster, job, checkpoints and endpoints are well.

    Ends with 1 where something fails.
    """
    verdicts = []
    for verdict in examine(_patient(read_folder(folder))):
        verdicts.append(verdict)
        if form is Format.TEXT:
            _put(verdict)
    if form is Format.JSON:
        rows = [asdict(verdict) for verdict in verdicts]
        put(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    if any(verdict.level is Level.FAIL for verdict in verdicts):
        raise typer.Exit(FINDINGS)


def _patient(read: Folder) -> Patient:
    """Name what is to be looked at: the settings' broker, and what runs locally."""
    try:
        stack = LocalStack.load(read.stack)
    except EmbeddedError:
        if read.settings.kafka.bootstrap is None:
            raise
        return Patient(read, read.settings.kafka.bootstrap, None)
    return Patient(read, read.settings.kafka.bootstrap or stack.bootstrap, stack.rest_url)


def _put(verdict: Verdict) -> None:
    level = f"{verdict.level:<4}"
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        level = typer.style(level, fg=_COLOURS[verdict.level])
    put(f"{level}  {verdict.what:<{_WIDTH}}  {verdict.said}")
    if verdict.advice is not None:
        put(f"{'':<{_WIDTH + 8}}to do: {verdict.advice}")
