"""Verbs for the job and its state: `deploy` and `savepoint`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs import deployment, local
from jobs.cli.author import FolderArgument
from jobs.cli.console import put, say
from jobs.cli.findings import runnable
from jobs.folder import read_folder
from jobs.states import path_of, take_savepoint


def deploy(
    folder: FolderArgument = Path(),
    origin: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Go back to this savepoint. What happened since is read again, and decided again.",
            exists=True,
            file_okay=False,
            resolve_path=True,
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether it could be done.")
    ] = False,
) -> None:
    """Let this release, with the project's settings, take over from the job that runs.

    Before anything is stopped, the state of the job is held against this release, and new workers
    are started. A job that does not come up gives way to the one from before.
    """
    state = None if origin is None else origin.as_uri()
    prepared = deployment.prepared(runnable(folder), state)
    former, present = prepared.former, prepared.present
    wrote = "one that left no manifest" if former is None else former.name
    put(f"release {wrote} → {present.name}")
    put(f"parallelism {prepared.job.parallelism()} → {prepared.folder.settings.job.parallelism}")
    if check:
        say("This release can go on from there. Nothing was changed.")
        return
    running = deployment.deploy(prepared, say)
    say("The job runs.")
    put(f"job {running.job.id}")
    if running.reporting is not None:
        put(f"reporting {running.reporting.id}")
    for name, url in running.metrics.items():
        put(f"metrics {name} {url}")


def savepoint(folder: FolderArgument = Path()) -> None:
    """Take a savepoint of the job that runs, which runs on: `journeys deploy --from` goes back."""
    read = read_folder(folder)
    job = local.find(read).job
    put(str(path_of(take_savepoint(read.stack, job.id, job.savepoint))))
