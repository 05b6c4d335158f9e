"""Both jobs of a project on a cluster that others keep, in containers or elsewhere.

    python -m jobs.cluster_jobs check PROJECT --flink http://jobmanager:8081 --state /state
    python -m jobs.cluster_jobs start PROJECT --flink http://jobmanager:8081 --state /state
    python -m jobs.cluster_jobs stop PROJECT --flink http://jobmanager:8081 --state /state
    python -m jobs.cluster_jobs describe PROJECT --state s3://bucket/journeys --to FOLDER

The first three need a folder that every worker reaches too: there the jobs go on from. The last
writes what a cluster is given that submits jobs by itself and knows where they go on from. `check`
says, before a release is stopped for this one, whether this one can go on from its state.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from connectors.kafka.bootstrap import Bootstrap
from jobs import local, reporting
from jobs.client import MAIN_JOB, Client
from jobs.control_topic import read_control_topic
from jobs.flink_rest import Job, running_job
from jobs.folder import Folder, read_folder
from jobs.job import JobDescription
from jobs.release import manifest_of_this
from jobs.reporting_description import ReportingDescription
from jobs.states import (
    CHECKPOINTS,
    keep_manifest,
    latest_state,
    require_readable,
    require_successor,
    take_savepoint,
)
from jobs.table_topic import send_missing
from journeys.errors import JourneyError


class PlaceError(JourneyError):
    """The project does not say where Kafka is."""


def check(folder: Folder, flink: str, state: Path) -> None:
    """Make sure that this release can go on from where the job that runs journeys stands.

    Raises:
        IncompatibleError: it cannot; with every reason.
    """
    present = manifest_of_this(folder.settings.job.state_backend)
    job, latest = running_job(flink, folder.settings.name), latest_state(state)
    if job is not None:
        require_successor(state / CHECKPOINTS / job.id, present)
    elif latest is not None:
        require_readable(latest, present)
    _tell(f"Release {present.name} can go on from there. Nothing was changed.")


def start(folder: Folder, flink: str, state: Path) -> None:
    """Publish the project, and submit each of its jobs that does not run.

    Each goes on from the latest savepoint or checkpoint in its folder.

    Raises:
        DefinitionError: the project has errors.
        IncompatibleError: this release cannot go on from there; nothing was changed.
        PlaceError: the project names no Kafka.
        JobError: a job cannot be started.
    """
    check(folder, flink, state)
    present = manifest_of_this(folder.settings.job.state_backend)
    bootstrap = _publish(folder)
    with Client(os.environ) as client:
        for name, place, module in _jobs(folder, state):
            if running_job(flink, name) is not None:
                _tell(f"The job '{name}' runs already")
                continue
            resume = latest_state(place)
            _tell(f"Submitting the job '{name}', going on from {resume or 'nothing'}")
            place.mkdir(parents=True, exist_ok=True)
            file = place / local.JOB_FILE
            description = _description(folder, bootstrap, module, place, resume)
            file.write_text(description.model_dump_json(indent=2), encoding="utf-8")
            job = Job(flink, client.submit(file, flink, resume, module))
            keep_manifest(place / CHECKPOINTS / job.id, present)
            job.wait_until_running()


def stop(folder: Folder, flink: str, state: Path) -> None:
    """Stop each job that runs, with a savepoint in its folder.

    Raises:
        JobError: a job took none; it runs on.
    """
    for name, place, _ in _jobs(folder, state):
        job = running_job(flink, name)
        if job is not None:
            kept = take_savepoint(place, job.id, job.stop_with_savepoint)
            _tell(f"Stopped the job '{name}': its state is kept in {kept}")


def describe(folder: Folder, state: str, to: Path) -> None:
    """Publish the project, and write `journeys.json` and `reporting.json` into a folder.

    What lies there from before says since when the jobs run; keep it for as long as their state.

    Raises:
        DefinitionError: the project has errors.
        PlaceError: the project names no Kafka.
    """
    bootstrap = _publish(folder)
    control = read_control_topic(bootstrap, folder.settings.topics)
    journeys = _placed(local.describe(folder, bootstrap, control, None), state)
    to.mkdir(parents=True, exist_ok=True)
    file = to / "journeys.json"
    if file.is_file():
        since = JobDescription.read(file).enters_from
        journeys = journeys.model_copy(update={"enters_from": since})
    file.write_text(journeys.model_dump_json(indent=2), encoding="utf-8")
    file = to / "reporting.json"
    counts = reporting.describe(folder, to, bootstrap, None)
    complete = ReportingDescription.read(file).complete if file.is_file() else counts.complete
    job = _placed(counts.job, f"{state}/{reporting.FOLDER}")
    counts = counts.model_copy(update={"job": job, "complete": complete})
    file.write_text(counts.model_dump_json(indent=2), encoding="utf-8")


def _jobs(folder: Folder, state: Path) -> Iterator[tuple[str, Path, str]]:
    """Give each job's name, folder and module."""
    yield folder.settings.name, state, MAIN_JOB
    if folder.settings.reporting.counts:
        yield reporting.job_name(folder.settings), state / reporting.FOLDER, reporting.MODULE


def _publish(folder: Folder) -> Bootstrap:
    folder.compilation.raise_errors()
    if folder.settings.kafka.bootstrap is None:
        message = "journeys.yaml names no `kafka.bootstrap`: write where the cluster finds Kafka"
        raise PlaceError(message)
    bootstrap = local.bootstrap_of(folder)
    local.publish(folder, bootstrap, folder.compilation.plans.values())
    send_missing(bootstrap, folder.settings.topics, folder.compilation.tables)
    return bootstrap


def _description(
    folder: Folder, bootstrap: Bootstrap, module: str, place: Path, resume: str | None
) -> JobDescription | ReportingDescription:
    if module == reporting.MODULE:
        return reporting.describe(folder, place, bootstrap, resume)
    control = read_control_topic(bootstrap, folder.settings.topics)
    return _placed(local.describe(folder, bootstrap, control, resume), place.as_uri())


def _placed(job: JobDescription, state: str) -> JobDescription:
    # A cluster that starts jobs again by itself goes on from a checkpoint, and cannot say so.
    update = {"checkpoint_folder": f"{state}/{CHECKPOINTS}", "after_failure": True}
    return job.model_copy(update=update)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> None:
    """Do what the command line says; what is wrong is told in one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("check", "start", "stop", "describe"))
    parser.add_argument("project", type=Path, help="the folder of a project")
    parser.add_argument("--flink", help="address of Flink's REST interface")
    parser.add_argument("--state", required=True, help="where state is kept")
    parser.add_argument("--to", type=Path, help="folder for what `describe` writes")
    given = parser.parse_args()
    needed = "to" if given.verb == "describe" else "flink"
    if getattr(given, needed) is None:
        parser.error(f"{given.verb} needs --{needed}")
    try:
        folder = read_folder(given.project)
        match given.verb:
            case "check":
                check(folder, given.flink, Path(given.state))
            case "start":
                start(folder, given.flink, Path(given.state))
            case "stop":
                stop(folder, given.flink, Path(given.state))
            case _:
                describe(folder, given.state, given.to)
    except JourneyError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
