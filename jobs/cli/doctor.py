"""The verb `doctor`: whether all that the journeys need is there and well."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.stack import LocalStack
from connectors.kafka.privileges import Role, commands
from jobs import local
from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import FINDINGS, put
from jobs.folder import Folder, read_folder
from jobs.health import Level, Patient, Verdict, examine, permissions
from jobs.logins import needed, principal

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
_WIDTH = 14


def doctor(
    folder: FolderArgument = Path(),
    form: FormatOption = Format.TEXT,
    role: Annotated[
        Role | None,
        typer.Option("--as", help="Look only at what this role may do in Kafka, logged in as it."),
    ] = None,
    acls: Annotated[
        bool, typer.Option("--acls", help="Only say what each role needs, for kafka-acls.")
    ] = False,
) -> None:
    """Look whether broker, topics, privileges, cluster, job, checkpoints and endpoints are well.

    Ends with 1 where something fails.
    """
    read = read_folder(folder)
    if acls:
        _put_acls(read, [role] if role else list(Role))
        return
    verdicts = []
    found = examine(_patient(read)) if role is None else permissions(read, role)
    for verdict in found:
        verdicts.append(verdict)
        if form is Format.TEXT:
            _put(verdict)
    if form is Format.JSON:
        rows = [asdict(verdict) for verdict in verdicts]
        put(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    if any(verdict.level is Level.FAIL for verdict in verdicts):
        raise typer.Exit(FINDINGS)


def _put_acls(read: Folder, roles: Iterable[Role]) -> None:
    """Write what an administrator runs, role by role."""
    for role in roles:
        who = principal(read, role)
        put(f"# {role}")
        for line in commands(needed(read, role), who):
            put(line)


def _patient(read: Folder) -> Patient:
    """Name what is to be looked at: the settings' broker, and what runs locally."""
    try:
        stack = LocalStack.load(read.stack)
    except EmbeddedError:
        if read.settings.kafka.bootstrap is None:
            raise
        return Patient(read, local.bootstrap_of(read), None)
    return Patient(read, local.bootstrap_of(read), stack.rest_url)


def _put(verdict: Verdict) -> None:
    level = f"{verdict.level:<4}"
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        level = typer.style(level, fg=_COLOURS[verdict.level])
    put(f"{level}  {verdict.what:<{_WIDTH}}  {verdict.said}")
    if verdict.advice is not None:
        put(f"{'':<{_WIDTH + 8}}to do: {verdict.advice}")
