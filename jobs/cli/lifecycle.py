"""Verbs for the life of journeys on the running job: what is said goes to the control topic."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from jobs import local
from jobs.cli.author import FolderArgument, ProjectOption
from jobs.cli.console import FINDINGS, complain, put, say
from jobs.cli.findings import runnable
from jobs.control_topic import Followed, Sweep, read_control_topic
from jobs.control_topic import say as say_to_the_job
from jobs.folder import read_folder
from journeys.clock import format_instant, parse_duration
from journeys.control import (
    CloseJourney,
    ControlCommand,
    Define,
    EndRehearsal,
    EnterPerson,
    PauseJourney,
    Publish,
    ResumeJourney,
    StopJourney,
    already,
)
from journeys.definitions import ModelDefinition
from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.lifecycle import PausedFor
from journeys.messages import JsonObject
from journeys.mode import Mode
from journeys.phrases import people
from journeys.plans import Plans
from journeys.rollback import Rollback, rolled_back

JourneyArgument = Annotated[str, typer.Argument(help="Id of a published journey.")]
WaitOption = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Stay until everybody inside has followed.")
]


class As(StrEnum):
    """What a version is published for."""

    LIVE = "live"
    TEST = "test"
    DRY_RUN = "dry-run"
    SHADOW = "shadow"

    @property
    def mode(self) -> Mode:
        """The mode of its walks."""
        return Mode(self.value.replace("-", "_"))


class Then(StrEnum):
    """What becomes of people who come to an action while a journey is paused."""

    HOLD = "hold"
    DISCARD = "discard"


def publish(
    folder: FolderArgument = Path(),
    purpose: Annotated[
        As, typer.Option("--as", help="For real, or as a rehearsal that sends less or nothing.")
    ] = As.LIVE,
    longest: Annotated[
        str | None,
        typer.Option("--longest-wait", help="In a test no wait is longer; by default PT10S."),
    ] = None,
    wait: WaitOption = True,
) -> None:
    """Publish the project's journeys to the running job.

    What becomes of people inside older versions is said by `in_flight` and `map` of each journey;
    `journeys plan` shows it before.
    """
    longest_wait_ms = None if longest is None else _milliseconds("--longest-wait", longest)
    if longest is not None and purpose is not As.TEST:
        message = "it shortens the waits of a test: say --as test, or leave it out"
        raise typer.BadParameter(message, param_hint="--longest-wait")
    read = runnable(folder)
    bootstrap = local.bootstrap_of(read)
    local.listen(read, say)
    sweep = Sweep(bootstrap, read.settings.topics)
    plans = read.compilation.plans.values()
    commands = local.publish(read, bootstrap, plans, purpose.mode, longest_wait_ms)
    for command in commands:
        put(
            f"published {_published(command)}{'' if purpose is As.LIVE else f' as {purpose.value}'}"
        )
    if not commands:
        what = "publish" if purpose is As.LIVE else "rehearse"
        say(f"Nothing to {what}: every journey is live as it stands.")
    if wait and commands:
        known = read_control_topic(bootstrap, read.settings.topics).plans
        names = [command.journey_id for command in commands]
        _watch(sweep, known, [name for name in names if len(known.versions(name)) > 1])


def _published(command: Publish | Define) -> str:
    if isinstance(command, Publish):
        return f"{command.plan.journey} v{command.plan.version}"
    found = command.definition
    version = f" v{found.version}" if isinstance(found, ModelDefinition) else ""
    return f"{found.kind} {found.id}{version}"


def pause(
    journey: JourneyArgument,
    project: ProjectOption = Path(),
    then: Annotated[
        Then, typer.Option("--then", help="Hold people who come to an action, or let them out.")
    ] = Then.HOLD,
    span: Annotated[
        str | None, typer.Option("--for", help="Resume by itself after so long, such as P14D.")
    ] = None,
) -> None:
    """Pause a journey: nobody enters, and nothing is sent, until it is resumed.

    Waits and conditions go on; whoever comes to a step that acts is held there.
    """
    held: PausedFor = "hold" if then is Then.HOLD else "discard"
    lasts = None if span is None else _milliseconds("--for", span)
    if lasts is not None and lasts <= 0:
        message = "a pause lasts for some time"
        raise typer.BadParameter(message, param_hint="--for")
    until = None if lasts is None else round(time.time() * 1000) + lasts
    ends = "" if until is None else f" until {format_instant(until)}"
    command = PauseJourney(journey=journey, then=held, until=until)
    _say(project, command, f"paused {journey}{ends}", wait=False)


def resume(
    journey: JourneyArgument, project: ProjectOption = Path(), wait: WaitOption = True
) -> None:
    """Resume a paused journey: those who are held go on."""
    _say(project, ResumeJourney(journey=journey), f"resumed {journey}", wait=wait)


def close(journey: JourneyArgument, project: ProjectOption = Path()) -> None:
    """Close a journey: nobody enters any more, and those inside go on to their end."""
    _say(project, CloseJourney(journey=journey), f"closed {journey}", wait=False)


def stop(
    journey: JourneyArgument,
    project: ProjectOption = Path(),
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="End its test, dry run or shadow only.")
    ] = False,
    wait: WaitOption = True,
) -> None:
    """Stop a journey: nobody enters any more, and everybody inside exits at once.

    A stopped journey begins again only with a new version, or a rollback.
    """
    command = EndRehearsal(journey=journey) if rehearsal else StopJourney(journey=journey)
    said = f"ended the rehearsal of {journey}" if rehearsal else f"stopped {journey}"
    _say(project, command, said, wait=wait)


def rollback(
    journey: JourneyArgument,
    project: ProjectOption = Path(),
    to: Annotated[
        int | None, typer.Option("--to", help="Version; by default the one live before.")
    ] = None,
    in_flight: Annotated[
        Rollback, typer.Option("--in-flight", help="What becomes of people inside.")
    ] = Rollback.MOVE,
    wait: WaitOption = True,
) -> None:
    """Make a former version of a journey live again, and bring people back to it.

    People move to the step that they came from, or to the one that the map of the newer version
    leads back to; those at a step that has none finish the newer version.
    """
    read = read_folder(project)
    control = read_control_topic(local.bootstrap_of(read), read.settings.topics)
    command, left = rolled_back(control.texts, control.plans, journey, to, in_flight)
    for step in left:
        say(f"People at '{step}' finish the version they are in: the former one has no such step.")
    _say(project, command, f"rolled back {journey} to v{command.plan.version}", wait=wait)


def enter(
    journey: JourneyArgument,
    profile: Annotated[str, typer.Argument(help="Profile id of the person.")],
    project: ProjectOption = Path(),
    payload: Annotated[
        str, typer.Option("--payload", help="A JSON object, in place of the event's payload.")
    ] = "{}",
    name: Annotated[
        str | None, typer.Option("--id", help="A second entry of the same id is a repeat.")
    ] = None,
) -> None:
    """Let a person enter a journey as if the event had come that it begins with.

    The rules of the entry hold; `journeys trace` shows what came of it.
    """
    if name == "":
        message = "it is empty: leave it out, or name the entry"
        raise typer.BadParameter(message, param_hint="--id")
    given = _object(payload)
    command = EnterPerson(journey=journey, profile_id=profile, payload=given, id=name)
    _say(project, command, f"asked for the entry of {profile} into {journey}", wait=False)
    say(f"What comes of it: journeys trace {profile} --journey {journey}")


def _object(text: str) -> JsonObject:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"it is not JSON: {error}"
        raise typer.BadParameter(message, param_hint="--payload") from error
    if not isinstance(value, dict):
        message = "it is no JSON object"
        raise typer.BadParameter(message, param_hint="--payload")
    return value


def _say(project: Path, command: ControlCommand, done: str, *, wait: bool) -> None:
    """Say something about a journey, unless it holds already, and tell that it is done."""
    read = read_folder(project)
    bootstrap, topics = local.bootstrap_of(read), read.settings.topics
    plans = read_control_topic(bootstrap, topics).plans
    journey, lives = command.journey_id, plans.lives
    if journey not in lives:
        message = f"journey '{journey}' is not published: {near(journey, list(lives))}"
        raise JourneyError(message)
    holds = already(lives[journey], command, round(time.time() * 1000))
    if holds is not None:
        say(f"Nothing to do: journey '{journey}' {holds}.")
        return
    sweep = Sweep(bootstrap, topics)
    say_to_the_job(bootstrap, topics, plans, [command])
    put(done)
    if wait:
        _watch(sweep, read_control_topic(bootstrap, topics).plans, [journey])


def _watch(sweep: Sweep, plans: Plans, journeys: list[str]) -> None:
    """Show how people inside follow what was said."""
    if not journeys:
        return  # nobody can be in an older version
    latest: dict[tuple[str, int], Followed] = {}
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("People inside follow")
        for followed in sweep.of(plans, journeys):
            latest[followed.journey, followed.version] = followed
            behind = sum(found.behind for found in latest.values())
            known = progress.tasks[task].total
            progress.update(task, total=max(behind, known or 0), completed=(known or 0) - behind)
    behind = sum(found.behind for found in latest.values())
    if behind or not latest:
        said = people(behind) if latest else "it is not known how many"
        complain(f"not everybody inside has followed yet ({said}): does the job run?")
    for (journey, version), found in sorted(latest.items()):
        say(f"{people(found.inside)} inside {journey} v{version}")
    if behind or not latest:
        raise typer.Exit(FINDINGS)


def _milliseconds(option: str, span: str) -> int:
    try:
        return parse_duration(span)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
