"""Verbs for the job on this machine: `run`, `publish`, `status`, `stop`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs import local
from jobs.cli.author import FolderArgument
from jobs.cli.console import FINDINGS, put, say
from jobs.cli.findings import faultless, tell_not_run
from jobs.folder import Folder, read_folder


def run(folder: FolderArgument = Path()) -> None:
    """Start a local broker and cluster, publish the project's journeys, and submit the job.

    They go on running when this command has ended: `journeys stop` ends them.
    """
    read = _runnable(folder)
    running = local.start(read, say)
    say("The job runs.")
    put(f"kafka {running.bootstrap}")
    put(f"flink {running.rest_url}")
    put(f"job {running.job.id}")


def publish(folder: FolderArgument = Path()) -> None:
    """Publish the project's journeys to the running job, without a restart."""
    read = _runnable(folder)
    fresh = local.publish(read, local.bootstrap_of(read), read.compilation.plans.values())
    for plan in fresh:
        put(f"published {plan.journey} v{plan.version}")
    if not fresh:
        say("Nothing to publish: every journey is published as it stands.")


def status(folder: FolderArgument = Path()) -> None:
    """Show whether the job runs, and what is published."""
    read = read_folder(folder)
    running = local.find(read)
    put(f"kafka {running.bootstrap}")
    put(f"flink {running.rest_url}")
    put(f"job {running.job.id} {running.job.state()}")
    put(f"restarts {running.job.restarts()}")
    put(f"checkpoints {running.job.checkpoints()}")
    topic = read.settings.topics.full("control")
    for plan in local.published(running.bootstrap, topic).values():
        put(f"published {plan.journey} v{plan.version}")


def stop(
    folder: FolderArgument = Path(),
    remove_data: Annotated[
        bool, typer.Option("--remove-data", help="Remove topics, checkpoints and logs too.")
    ] = False,
) -> None:
    """Stop the project's job with a savepoint, and the local broker and cluster.

    The next `journeys run` goes on from there: people inside stay where they are, and no event is
    read twice.
    """
    read = read_folder(folder)
    local.stop(read, say, remove_data=remove_data)
    say(f"Stopped what ran in {read.stack}.")


def _runnable(folder: Path) -> Folder:
    read = faultless(folder)
    if read.compilation.not_run:
        tell_not_run(read)
        raise typer.Exit(FINDINGS)
    return read
