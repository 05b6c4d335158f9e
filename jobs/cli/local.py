"""Verbs for the job on this machine: `run`, `status`, `down`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs import local
from jobs.cli.author import FolderArgument
from jobs.cli.console import put, say
from jobs.cli.findings import runnable
from jobs.cli.lifecycle import standings
from jobs.control_topic import read_control_topic
from jobs.folder import read_folder


def run(folder: FolderArgument = Path()) -> None:
    """Start a local broker and cluster, publish the project's journeys, and submit the job.

    They go on running when this command has ended: `journeys down` ends them.
    """
    read = runnable(folder)
    running = local.start(read, say)
    say("The job runs.")
    put(f"kafka {running.bootstrap}")
    put(f"flink {running.rest_url}")
    put(f"job {running.job.id}")


def status(folder: FolderArgument = Path()) -> None:
    """Show whether the job runs, and what is published."""
    read = read_folder(folder)
    running = local.find(read)
    put(f"kafka {running.bootstrap}")
    put(f"flink {running.rest_url}")
    put(f"job {running.job.id} {running.job.state()}")
    put(f"restarts {running.job.restarts()}")
    put(f"checkpoints {running.job.checkpoints()}")
    for line in standings(read_control_topic(running.bootstrap, read.settings.topics).plans):
        put(line)


def down(
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
