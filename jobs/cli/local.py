"""Verbs for the job on this machine: `run`, `status`, `down`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from jobs import local
from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import put, say
from jobs.cli.findings import runnable
from jobs.cli.standing import lines, standings_of
from jobs.folder import read_folder


def run(folder: FolderArgument = Path()) -> None:
    """Start a local broker and cluster, publish the project's journeys, and submit the jobs.

    They go on running when this command has ended: `journeys down` ends them.
    """
    read = runnable(folder)
    running = local.start(read, say)
    say("The job runs.")
    put(f"kafka {running.bootstrap}")
    put(f"flink {running.rest_url}")
    put(f"job {running.job.id}")
    if running.reporting is not None:
        put(f"reporting {running.reporting.id}")
    for name, url in running.metrics.items():
        put(f"metrics {name} {url}")


def status(folder: FolderArgument = Path(), form: FormatOption = Format.TEXT) -> None:
    """Show whether the job runs, and what is published."""
    read = read_folder(folder)
    running = local.find(read)
    job, found = running.job, standings_of(read)
    absent = "NOT RUNNING" if read.settings.reporting.counts else "OFF"
    state: dict[str, object] = {
        "kafka": str(running.bootstrap),
        "flink": running.rest_url,
        "job": job.id,
        "state": job.standing(),
        "restarts": job.restarts(),
        "checkpoints": job.checkpoints(),
        "reporting": running.reporting.standing() if running.reporting else absent,
    }
    if form is Format.JSON:
        state["metrics"] = dict(running.metrics)
        journeys = [standing.row() for standing in found]
        put(orjson.dumps({**state, "journeys": journeys}, option=orjson.OPT_INDENT_2).decode())
        return
    for name, value in state.items():
        put(f"{name:<11}  {value}")
    for name, url in running.metrics.items():
        put(f"{'metrics':<11}  {name} {url}")
    put("")
    for line in lines(found):
        put(line)


def down(
    folder: FolderArgument = Path(),
    remove_data: Annotated[
        bool, typer.Option("--remove-data", help="Remove topics, checkpoints and logs too.")
    ] = False,
) -> None:
    """End what `journeys run` began: the jobs with savepoints, cluster and broker.

    The next `journeys run` goes on from there: people inside stay where they are, and no event is
    read twice. No journey is stopped by it: that is `journeys stop`.
    """
    read = read_folder(folder)
    local.stop(read, say, remove_data=remove_data)
    say(f"Stopped what ran in {read.stack}.")
