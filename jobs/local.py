"""A project's local life: its stack, its topics, its job, its plans. What `journeys run` does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

import requests

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.flink_settings import TASKMANAGER_JAVA, THROUGHPUT, metrics_settings
from connectors.embedded.stack import LocalStack, StackOptions
from connectors.kafka.admin import create_topics
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.privileges import Role
from jobs import reporting
from jobs.client import Client
from jobs.control_topic import Control, read_control_topic, say
from jobs.flink_rest import Job, JobError, running_job
from jobs.folder import Folder
from jobs.job import JobDescription
from jobs.listening import event_types
from jobs.logins import login
from jobs.release import HOME, code_in, manifest_of_this
from jobs.settings import RunSettings, Settings
from jobs.states import (
    CHECKPOINTS,
    keep_manifest,
    latest_state,
    manifest_beside,
    require_readable,
    take_savepoint,
)
from jobs.table_topic import read_tables, send_missing
from journeys import codec
from journeys.control import Define, Publish, apply, publish_message
from journeys.definitions import ModelDefinition, SharedDefinition
from journeys.difference import homeless
from journeys.errors import JourneyError
from journeys.mode import Mode
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.scoring import fault_of

Tell = Callable[[str], None]
"""Told in one line what is being done."""
JOB_FILE = "job.json"


class PublishError(JourneyError):
    """A plan would leave people inside without a place, or a model cannot be run."""


@dataclass(frozen=True, slots=True)
class Running:
    """A job that runs for a project."""

    bootstrap: Bootstrap
    rest_url: str
    job: Job
    reporting: Job | None = None
    """The job that counts, if it runs."""
    metrics: Mapping[str, str] = field(default_factory=dict)
    """Process to where it answers Prometheus; empty where none does."""


def start(folder: Folder, tell: Tell) -> Running:
    """Start broker and cluster, publish the plans, submit the jobs, and wait until they run.

    Raises:
        DefinitionError: the project has errors.
        EmbeddedError: broker or cluster cannot be started.
        IncompatibleError: this release cannot go on from the state that lies here.
        JobError: the job cannot be started. Of the one that counts this is told only.
    """
    folder.compilation.raise_errors()
    settings = folder.settings
    resume = latest_state(folder.stack)
    if resume is not None:
        require_readable(resume, manifest_of_this(settings.job.state_backend))
    options = StackOptions(workers_of(settings), flink_settings=flink_settings(settings.job))
    stack = LocalStack.start(folder.stack, options, tell)
    try:
        return _start_on(stack, folder, resume, tell)
    except KeyboardInterrupt:
        tell("Interrupted: what was begun ends; its topics and state stay")
        stack.stop()
        raise


def _start_on(stack: LocalStack, folder: Folder, resume: str | None, tell: Tell) -> Running:
    settings = folder.settings
    with Client(stack.cluster.environment()) as client:
        bootstrap = _bootstrap(folder, stack)
        plans = list(folder.compilation.plans.values())
        tell(f"Creating the topics {settings.topics.prefix}* on {bootstrap}")
        publish(folder, bootstrap, plans)
        sent = send_missing(bootstrap, settings.topics, folder.compilation.tables)
        if sent:
            tell(f"Sent {sent} rows of tables that lie in the project")
        job = begin(folder, stack, bootstrap, client, resume, tell)
        counting = reporting.begin(folder, stack, bootstrap, client, tell)
    job.wait_until_running()
    stand_by(stack, settings)
    return Running(bootstrap, stack.rest_url, job, counting, stack.cluster.metrics_urls)


def flink_settings(job: RunSettings) -> dict[str, str | int]:
    """Give the settings of the local cluster that a project names."""
    measured = {} if job.metrics_port is None else metrics_settings(job.metrics_port)
    compiled = {TASKMANAGER_JAVA: " ".join(THROUGHPUT)} if job.optimize_for == "throughput" else {}
    return measured | compiled


def workers_of(settings: Settings) -> int:
    """Say how many TaskManagers a project's jobs take, of one slot each."""
    # One more for the reporting job: it shares no interpreter with those that run journeys.
    return settings.job.parallelism + int(settings.reporting.counts)


def stand_by(stack: LocalStack, settings: Settings) -> None:
    """Start the workers that no job takes until another one has died; nobody waits for them."""
    for _ in range(settings.job.spare_workers):
        stack.cluster.add_taskmanager()


def begin(
    folder: Folder,
    stack: LocalStack,
    bootstrap: Bootstrap,
    client: Client,
    resume: str | None,
    tell: Tell,
) -> Job:
    """Describe the job that runs journeys, and submit it.

    Raises:
        JobError: Flink did not take it.
    """
    control = read_control_topic(bootstrap, folder.settings.topics)
    description = describe(folder, bootstrap, control, resume)
    file = stack.folder / JOB_FILE
    file.write_text(description.model_dump_json(indent=2), encoding="utf-8")
    return begin_described(stack, file, client, resume, tell)


def begin_described(
    stack: LocalStack, file: Path, client: Client, resume: str | None, tell: Tell
) -> Job:
    """Submit the job of a description.

    Raises:
        JobError: Flink did not take it.
    """
    description = JobDescription.read(file)
    if resume is not None:
        tell(f"Going on from the state in {resume}")
    tell(f"Submitting the job '{description.name}' to {stack.rest_url}")
    job = Job(stack.rest_url, client.submit(file, stack.rest_url, resume))
    manifest = manifest_of_this(description.state_backend)
    keep_manifest(stack.folder / CHECKPOINTS / job.id, manifest)
    return job


def listen(folder: Folder, tell: Tell) -> None:
    """Let the job that runs here hear all events of the project, before anything is published.

    Where events of some type pass it by, it starts anew from a savepoint. A job that runs elsewhere
    refuses to listen to what passes it by.

    Raises:
        JobError: it cannot be stopped, or started again, or another release runs it.
    """
    job = running_here(folder)
    more = None if job is None else unheard(folder)
    if job is None or more is None:
        return
    tell(f"Events of {more} have passed the job by: it starts anew, to listen to them")
    stack = LocalStack.load(folder.stack)
    _require_same_release(folder, job)
    with Client(stack.cluster.environment()) as client:
        state = take_savepoint(stack.folder, job.id, job.stop_with_savepoint)
        started = begin(folder, stack, bootstrap_of(folder), client, state, tell)
    started.wait_until_running()


def unheard(folder: Folder) -> str | None:
    """Name the types of event that the project needs and that pass by the job described here."""
    file = folder.stack / JOB_FILE
    if not file.exists():
        return None
    heard = JobDescription.read(file).event_types
    wanted = event_types(folder, Plans())
    if heard is None or (wanted is not None and set(wanted) <= set(heard)):
        return None
    return "every type" if wanted is None else ", ".join(sorted(set(wanted) - set(heard)))


def _require_same_release(folder: Folder, job: Job) -> None:
    """A worker keeps the code that it ran: a job that this release describes is not for it."""
    found = manifest_beside(folder.stack / CHECKPOINTS / job.id)
    if found is not None and found.code != code_in(HOME):
        message = (
            f"release {found.name} runs the job, and this is another: nothing was changed. "
            f"`journeys deploy` lets this one take over; then publish"
        )
        raise JobError(message)


def running_here(folder: Folder) -> Job | None:
    """Find the job of the project on the stack in its folder, if there is one."""
    try:
        stack = LocalStack.load(folder.stack)
    except EmbeddedError:
        return None
    return running_job(stack.rest_url, folder.settings.name)


def find(folder: Folder) -> Running:
    """Find the job that runs for a project.

    Raises:
        EmbeddedError: no stack runs in the folder, or no job on it.
    """
    stack = LocalStack.load(folder.stack)
    job = running_job(stack.rest_url, folder.settings.name)
    if job is None:
        message = f"the stack in {folder.stack} runs, but no job: `journeys down`, then `run`"
        raise EmbeddedError(message)
    counting = reporting.find(folder, stack.rest_url)
    bootstrap = _bootstrap(folder, stack)
    return Running(bootstrap, stack.rest_url, job, counting, stack.cluster.metrics_urls)


def bootstrap_of(folder: Folder, role: Role = Role.COMMAND_LINE) -> Bootstrap:
    """Give what a role begins with in the project's Kafka: the settings', or its local stack's."""
    servers = folder.settings.kafka.bootstrap
    return login(folder, role, servers or str(LocalStack.load(folder.stack).bootstrap))


def _bootstrap(folder: Folder, stack: LocalStack) -> Bootstrap:
    servers = folder.settings.kafka.bootstrap or str(stack.bootstrap)
    return login(folder, Role.COMMAND_LINE, servers)


def publish(
    folder: Folder,
    bootstrap: Bootstrap,
    plans: Iterable[Plan],
    mode: Mode = Mode.LIVE,
    longest_wait_ms: int | None = None,
) -> list[Publish | Define]:
    """Write plans to the control topic, and what they share; give the commands for what is new.

    Raises:
        PublishError: people inside would have nowhere to go, or a model cannot be run; nothing is
            written then.
        ContradictionError: a version is published already with other content, or a newer one is;
            nothing is written then.
    """
    topics = folder.settings.topics
    plans = list(plans)
    create_topics(bootstrap, topics, (name for plan in plans for name in plan.emits))
    published = read_control_topic(bootstrap, topics).plans
    fresh = [plan for plan in plans if is_new(plan, published, mode)]
    commands: list[Publish | Define] = [
        *_shared(folder.compilation.shared, published, mode),
        *(publish_message(plan, mode, longest_wait_ms) for plan in fresh),
    ]
    say(bootstrap, topics, published, [*commands])
    return commands


def _shared(
    definitions: Iterable[SharedDefinition], published: Plans, mode: Mode
) -> Iterator[Define]:
    """Say what has changed of the definitions that belong to no journey.

    A rehearsed version brings its models along: they are held against the rules here all the same.
    """
    for definition in definitions:
        if published.defines(definition):
            continue
        command = Define(definition=definition)
        if isinstance(definition, ModelDefinition):
            _check_model(definition)
            apply(copy(published), command, 0)
            if mode is not Mode.LIVE:
                continue
        yield command


def _check_model(model: ModelDefinition) -> None:
    fault = fault_of(model)
    if fault is not None:
        message = f"model '{model.id}' version {model.version} cannot be run: {fault}"
        raise PublishError(message)


def is_new(plan: Plan, published: Plans, mode: Mode) -> bool:
    """Say whether a plan is not live as it stands.

    Raises:
        PublishError: people inside older versions would have nowhere to go.
    """
    live, life = published.live.get(plan.journey), published.life(plan.journey)
    if life is None or live is None:
        return True
    same = codec.dump_plan(plan.alone) == codec.dump_plan(live.alone)
    if live.version == plan.version and same:
        return False
    versions = published.versions(plan.journey) if mode is Mode.LIVE else []
    for version in versions:
        before = published.find(plan.journey, version)
        if before is not None and version < plan.version and life.was_live(version):
            _check_homes(before, plan)
    return True


def _check_homes(before: Plan, after: Plan) -> None:
    lost = homeless(before, after)
    if lost:
        message = (
            f"journey '{after.journey}' version {after.version}: people inside version "
            f"{before.version} at {', '.join(lost)} have nowhere to go: lead them to a step in "
            f"`map`, or name the steps under `in_flight` as `finish` or `exit`"
        )
        raise PublishError(message)


def describe(
    folder: Folder, bootstrap: Bootstrap, control: Control, resume: str | None
) -> JobDescription:
    """Describe the job of a project, with its state in the project's own folder."""
    settings = folder.settings
    return JobDescription(
        name=settings.name,
        bootstrap=login(folder, Role.JOB, bootstrap.servers),
        topics=settings.topics,
        channels=settings.channels,
        control=control.standing,
        enters_from=control.end if resume is None else 0,
        # Also after a savepoint: an answer may have come between it and the end of the job.
        after_failure=resume is not None,
        tell_values=settings.reporting.answers == "values",
        tables_until=read_tables(bootstrap, settings.topics).end,
        checkpoint_folder=(folder.stack / CHECKPOINTS).as_uri(),
        checkpoint_interval_ms=settings.job.checkpoint_interval,
        tell_inputs=settings.reporting.inputs,
        event_types=event_types(folder, control.plans),
        state_backend=settings.job.state_backend,
        parallelism=settings.job.parallelism,
        start=settings.job.start,
    )


def stop(folder: Folder, tell: Tell, *, remove_data: bool = False) -> None:
    """Stop job, cluster and broker; the next start goes on where this one ends.

    With `remove_data` nothing is kept: topics, state and logs go.

    Raises:
        EmbeddedError: nothing runs in the folder, or, with `remove_data`, nothing lies there.
    """
    try:
        stack = LocalStack.load(folder.stack)
    except EmbeddedError:
        if not (remove_data and folder.stack.is_dir()):
            raise
    else:
        if not remove_data:
            _keep_state(folder, stack, tell)
        stack.stop(remove_data=remove_data)
    if remove_data:
        shutil.rmtree(folder.stack, ignore_errors=True)


def _keep_state(folder: Folder, stack: LocalStack, tell: Tell) -> None:
    """Take savepoints; where that fails, the latest checkpoint serves, and some is done again."""
    places = {
        folder.settings.name: stack.folder,
        reporting.job_name(folder.settings): stack.folder / reporting.FOLDER,
    }
    for name, place in places.items():
        try:
            job = running_job(stack.rest_url, name)
            if job is not None:
                tell(f"Taking a savepoint of the job '{name}'")
                take_savepoint(place, job.id, job.stop_with_savepoint)
        except (JobError, requests.RequestException) as error:
            tell(f"None was taken: {error}. The next start goes on from the last checkpoint.")
