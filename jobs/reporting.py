"""The reporting job beside the one that runs journeys: submitted with it, ended with it.

Journeys run without it too: what goes wrong with it is told, and stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import requests

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.stack import LocalStack
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import begins
from connectors.kafka.privileges import REPORTING, Role
from jobs.client import Client
from jobs.flink_rest import Job, JobError, running_job
from jobs.folder import Folder
from jobs.job import JobDescription
from jobs.logins import login
from jobs.reporting_description import ReportingDescription
from jobs.settings import Settings
from jobs.states import CHECKPOINTS, latest_state

Tell = Callable[[str], None]
MODULE = "jobs.reporting_job"
FOLDER = "reporting"
"""In the stack's folder: description, checkpoints and savepoints of this job."""
FILE = "job.json"
CHECKPOINT_MS = 5_000
"""It keeps nobody waiting, and its counts are written as they change: often would only cost."""
_FAULTS = (
    JobError,
    EmbeddedError,
    requests.RequestException,
)


def job_name(settings: Settings) -> str:
    """Name the job on its cluster."""
    return f"{settings.name}-{REPORTING}"


def begin(
    folder: Folder, stack: LocalStack, bootstrap: Bootstrap, client: Client, tell: Tell
) -> Job | None:
    """Submit the job, if the settings want it; where its state cannot be used, without that."""
    if not folder.settings.reporting.counts:
        return None
    own = stack.folder / FOLDER
    own.mkdir(exist_ok=True)
    resume = latest_state(own)
    description = describe(folder, own, bootstrap, resume)
    for state in dict.fromkeys((resume, None)):
        tell(f"Submitting the job '{description.job.name}'")
        try:
            return submitted(stack, description, client, state)
        except _FAULTS as error:
            what = f"the state in {state}" if state else "what its topics hold"
            tell(f"It does not start from {what}: {error}")
    tell("There are no counts and no alerts for now. Journeys run all the same.")
    return None


def submitted(
    stack: LocalStack, description: ReportingDescription, client: Client, resume: str | None
) -> Job:
    """Submit a description of the job, and wait until it runs.

    Raises:
        JobError: Flink did not take it, or it does not run; it is ended then.
    """
    file = stack.folder / FOLDER / FILE
    file.write_text(description.model_dump_json(indent=2), encoding="utf-8")
    job = Job(stack.rest_url, client.submit(file, stack.rest_url, resume, MODULE))
    try:
        job.wait_until_running()
    except JobError:
        job.cancel()
        raise
    return job


def find(folder: Folder, rest_url: str) -> Job | None:
    """Find the job that counts for a project, if it runs."""
    return running_job(rest_url, job_name(folder.settings))


def describe(
    folder: Folder, own: Path, bootstrap: Bootstrap, resume: str | None
) -> ReportingDescription:
    """Describe the job of a project."""
    settings = folder.settings
    if resume is None:
        complete = not any(begins(bootstrap, settings.topics.full("step-events")).values())
    else:
        complete = _was_complete(own / FILE)
    return ReportingDescription(
        job=JobDescription(
            name=job_name(settings),
            bootstrap=login(folder, Role.REPORTING, bootstrap.servers),
            topics=settings.topics,
            checkpoint_folder=(own / CHECKPOINTS).as_uri(),
            checkpoint_interval_ms=CHECKPOINT_MS,
            state_backend=settings.job.state_backend,
        ),
        alerts=settings.alerts.rules(settings.job.checkpoint_interval),
        complete=complete,
    )


def _was_complete(file: Path) -> bool:
    try:
        return ReportingDescription.read(file).complete
    except (OSError, ValueError):  # another release wrote it
        return False
