"""Another release, or other settings, in the place of the job that runs: `journeys deploy`.

What can fail does so before the job that runs is stopped: its state is held against this release,
and the new workers are up. When the new job does not come up all the same, the one from before goes
on from the same savepoint, by the release that it ran, as long as that still lies where it was:

    python -m jobs.deployment PROJECT SAVEPOINT
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
import requests

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.stack import LocalStack
from connectors.kafka.bootstrap import Bootstrap
from jobs import local, reporting
from jobs.client import Client
from jobs.flink_rest import Job, JobError, flink_of, running_job
from jobs.folder import Folder, read_folder
from jobs.local import JOB_FILE, Running, Tell
from jobs.release import code_in, flink_version, manifest_of_this
from jobs.states import (
    CHECKPOINTS,
    latest_state,
    manifest_beside,
    require_readable,
    require_successor,
    savepoints,
    take_savepoint,
)
from journeys.errors import JourneyError
from journeys.manifest import IncompatibleError, Manifest

_PATIENCE_S = 400
FAULTS = (JourneyError, requests.RequestException, subprocess.TimeoutExpired, OSError)
"""What may go wrong while a job begins."""


class DeploymentError(JourneyError):
    """The new job did not come up; says what runs instead."""


@dataclass(frozen=True)
class Deployment:
    """What is to take the place of what."""

    folder: Folder
    stack: LocalStack
    running: Running
    former: Manifest | None
    """What the running job was begun by; None: by a release that left no manifest."""
    present: Manifest
    """This release."""
    origin: str | None
    """A savepoint to go back to; None: the job goes on where it is."""

    @property
    def job(self) -> Job:
        """The job that runs."""
        return self.running.job


def prepared(folder: Folder, origin: str | None = None) -> Deployment:
    """Look whether this release can take over, and change nothing.

    Raises:
        DefinitionError: the project has errors.
        EmbeddedError: no job runs here, or its cluster runs another Flink.
        IncompatibleError: this release cannot go on from the state; with every reason.
    """
    folder.compilation.raise_errors()
    running = local.find(folder)
    stack = LocalStack.load(folder.stack)
    present = manifest_of_this(folder.settings.job.state_backend)
    advice = _advice(stack.folder, present)
    if origin is not None:
        require_readable(origin, present, advice)
        former = manifest_beside(_held(stack, running.job))
    else:
        # It goes on writing as it does until it stops: its savepoint will be like its checkpoints.
        former = require_successor(_held(stack, running.job), present, advice)
    _require_same_flink(stack)
    return Deployment(folder, stack, running, former, present, origin)


def deploy(deployment: Deployment, tell: Tell) -> Running:
    """Put the new job in the place of the one that runs.

    Raises:
        EmbeddedError: the new workers do not come up; nothing was stopped.
        JobError: the job that runs takes no savepoint; it runs on.
        DeploymentError: the new job did not come up; says what runs instead.
    """
    folder, stack = deployment.folder, deployment.stack
    former = (stack.folder / JOB_FILE).read_bytes()
    with (
        _fresh_workers(deployment, tell) as old,
        Client(stack.cluster.environment()) as client,
        _to_the_end(tell),
    ):
        savepoint = _stop(deployment, tell)
        try:
            stack.cluster.stop_taskmanagers(old)
            stack.cluster.wait_for_slots(local.workers_of(folder.settings))
            running = _begun(deployment, client, savepoint, tell)
        except FAULTS as error:
            tell(f"The new job does not come up: {error}")
            (stack.folder / JOB_FILE).write_bytes(former)
            raise DeploymentError(_rolled_back(deployment, savepoint, tell)) from error
        local.stand_by(stack, folder.settings)
    return running


def _held(stack: LocalStack, job: Job) -> Path:
    return stack.folder / CHECKPOINTS / job.id


def _advice(folder: Path, present: Manifest) -> str:
    """Name the latest savepoint that this release can go back to, if there is one."""
    for metadata in savepoints(folder):
        try:
            require_readable(metadata.parent.as_uri(), present)
        except IncompatibleError:
            continue
        return (
            f", or go back to what this release reads, and let happen again what happened since:\n"
            f"  journeys deploy --from {metadata.parent}"
        )
    return ""


def _require_same_flink(stack: LocalStack) -> None:
    runs, here = flink_of(stack.rest_url), flink_version()
    if runs != here:
        message = (
            f"the cluster runs Flink {runs}, and this release brings {here}: nothing was changed. "
            f"`journeys down` by the release that runs, then `journeys run` by this one"
        )
        raise EmbeddedError(message)


@contextmanager
def _fresh_workers(deployment: Deployment, tell: Tell) -> Iterator[list[int]]:
    """Start workers beside those that run, and give these; a worker keeps the code that it ran.

    Unless the job that runs has been stopped, the new ones go again where something fails.
    """
    stack, count = deployment.stack, local.workers_of(deployment.folder.settings)
    # It would start workers again in the environment of the release before.
    stack.watch_no_more()
    old, running = stack.cluster.taskmanagers(), stack.cluster.running_taskmanagers()
    tell(f"Starting {count} workers beside the {len(running)} that run")
    new = [stack.cluster.add_taskmanager() for _ in range(count)]
    try:
        stack.cluster.wait_for_slots(len(running) + count)
        yield old
    except DeploymentError:
        raise  # whoever has rolled back has brought workers, and somebody who watches over them
    except BaseException:
        stack.cluster.stop_taskmanagers(new)
        stack.watch()
        raise
    stack.watch()


@contextmanager
def _to_the_end(tell: Tell) -> Iterator[None]:
    """Hold Ctrl-C back: between two jobs there is none, and nobody's journey would go on."""

    def hold(*_: object) -> None:
        tell("One job is taking the place of the other: that goes on to its end")

    before = signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(deployment: Deployment, tell: Tell) -> str:
    """Stop both jobs, and give what the one that runs journeys goes on from."""
    stack, job = deployment.stack, deployment.job
    tell(f"Stopping the job '{deployment.folder.settings.name}' with a savepoint")
    try:
        state = take_savepoint(stack.folder, job.id, job.stop_with_savepoint)
    except (JobError, requests.RequestException):
        if job.tasks_running():
            raise
        # A job that fails again and again takes none: what mends it must be deployed all the same.
        state = _last_checkpoint(stack, job, tell)
    counting = deployment.running.reporting
    if counting is not None:
        own = stack.folder / reporting.FOLDER
        try:
            take_savepoint(own, counting.id, counting.stop_with_savepoint)
        except FAULTS as error:
            tell(f"The job that counts takes no savepoint: {error}")
            _end(counting)
    return state


def _end(job: Job | None) -> None:
    if job is not None:
        with suppress(*FAULTS):
            job.end()


def _last_checkpoint(stack: LocalStack, job: Job, tell: Tell) -> str:
    job.end()
    state = latest_state(stack.folder)
    if state is None:
        message = f"job {job.id} was failing and has left no state: `journeys down`, then `run`"
        raise JobError(message)
    tell(f"It is failing and takes none: its latest checkpoint serves, {state}")
    return state


def _begun(deployment: Deployment, client: Client, savepoint: str, tell: Tell) -> Running:
    folder, stack, origin = deployment.folder, deployment.stack, deployment.origin
    bootstrap = deployment.running.bootstrap
    job = local.begin(folder, stack, bootstrap, client, origin or savepoint, tell)
    try:
        counting = reporting.begin(folder, stack, bootstrap, client, tell)
        job.wait_until_kept()
    except FAULTS:
        _end(job)
        raise
    return Running(bootstrap, stack.rest_url, job, counting, stack.cluster.metrics_urls)


def _rolled_back(deployment: Deployment, savepoint: str, tell: Tell) -> str:
    """Let the release from before go on from where it stopped, and say what came of it."""
    former, present = deployment.former, deployment.present
    there = former is not None and code_in(Path(former.home)) == former.code
    release = former if former is not None and there else present
    if not there:
        tell("The code of the release that ran is not there any more: this one goes on")
    tell(f"Rolling back to release {release.name}, from {savepoint}")
    project = str(deployment.folder.path)
    command = [release.python, "-m", "jobs.deployment", project, savepoint]
    done = subprocess.run(  # noqa: S603  # our own command line, no shell
        command,
        env={**os.environ, "PYTHONPATH": release.home},
        cwd=release.home,
        stdout=sys.stderr,
        timeout=_PATIENCE_S,
        check=False,
    )
    if done.returncode == 0:
        return (
            f"the new job did not come up. The job from before runs again, from its savepoint "
            f"{savepoint}: nobody is lost, and nothing was told twice"
        )
    return (
        f"the new job did not come up, and neither did the one from before: no job runs. Its state "
        f"is kept in {savepoint}: `journeys down`, then `journeys run` goes on from there"
    )


def go_back(project: Path, savepoint: str, tell: Tell) -> None:
    """Run the job of the description that lies there, with workers of this release.

    Raises:
        EmbeddedError: the workers do not come up.
        JobError: the job does not come up.
    """
    folder = read_folder(project)
    stack = LocalStack.load(folder.stack)
    file = stack.folder / JOB_FILE
    # As data: a release must read what another one described.
    described = orjson.loads(file.read_bytes())
    bootstrap = Bootstrap.model_validate(described["bootstrap"])
    # Of the time between, somebody may have been called for.
    file.write_bytes(orjson.dumps({**described, "enters_from": 0, "after_failure": True}))
    workers = described["parallelism"] + int(folder.settings.reporting.counts)
    _end(running_job(stack.rest_url, described["name"]))
    _end(reporting.find(folder, stack.rest_url))
    stack.watch_no_more()
    stack.cluster.stop_taskmanagers(stack.cluster.taskmanagers())
    stack.cluster.wait_for_slots(0)
    for _ in range(workers):
        stack.cluster.add_taskmanager()
    stack.cluster.wait_for_slots(workers)
    stack.watch()
    with Client(stack.cluster.environment()) as client:
        job = local.begin_described(stack, file, client, savepoint, tell)
        reporting.begin(folder, stack, bootstrap, client, tell)
    job.wait_until_kept()
    local.stand_by(stack, folder.settings)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> None:
    """Go back as the command line says; what is wrong is told in one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path, help="the folder of a project")
    parser.add_argument("savepoint", help="what the job goes on from")
    given = parser.parse_args()
    try:
        go_back(given.project, given.savepoint, _say)
    except FAULTS as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
