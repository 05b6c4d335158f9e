"""Verbs on single people: `trace` shows their way, `compare` tells for whom a shadow differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.kafka.client import Received, read_topic
from jobs import local
from jobs.asking import NoAnswerError, ask
from jobs.cli.author import Format, FormatOption, ProjectOption
from jobs.cli.console import FINDINGS, complain, put, say
from jobs.cli.telling import live_lines
from jobs.control_topic import read_control_topic
from jobs.folder import Folder, read_folder
from journeys import codec
from journeys.clock import parse_instant
from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.inquiry import LiveState
from journeys.path import Path as Walk
from journeys.path import line, paths
from journeys.shadow import blind_steps
from journeys.shadow import compare as compare_walks

_IDENTITIES = 10
"""Identities that are followed to the person whom they belong to."""


def trace(
    person: Annotated[str, typer.Argument(help="Profile id.")],
    project: ProjectOption = Path(),
    journey: Annotated[str | None, typer.Option(help="Show only this journey.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    live: Annotated[
        bool, typer.Option("--live/--no-live", help="Ask the running job, too.")
    ] = True,
    values: Annotated[
        bool, typer.Option("--values", help="Show values of attributes, not their names only.")
    ] = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Show the way of a person: each step of each walk, why they did not enter, and what is now.

    What is now - where they stand, what they wait for, the next timer, calls under way - the
    running job answers itself.
    """
    read = read_folder(project)
    records = (r for r in _records(read, follow=follow) if r.key == person)
    if follow:
        for record in records:
            event = codec.load_step_event(record.value or b"")
            if journey in (None, event.journey_id):
                put(line(event) if form is Format.TEXT else codec.dump_step_event(event))
        return
    events = [codec.load_step_event(record.value or b"") for record in records]
    walks = paths(event for event in events if journey in (None, event.journey_id))
    if form is Format.TEXT:
        if not walks:
            say(f"Nothing is told of {person}{'' if journey is None else f' in {journey}'}.")
        for text in lines(walks):
            put(text)
    known, fault = _known(read, person, values=values) if live else ([], None)
    if form is Format.JSON:
        row = {"walks": [_walk(walk) for walk in walks], "live": [asdict(one) for one in known]}
        put(orjson.dumps(row, option=orjson.OPT_INDENT_2).decode())
    else:
        for state in known:
            for text in ("", *live_lines(state, events)):
                put(text)
    if values and any(state.values is None for state in known):
        say("The job keeps values to itself: `reporting.answers` is `names`.")
    if fault is not None:
        complain(f"error: {fault}; --no-live shows what the topics tell")
        raise typer.Exit(FINDINGS)


def _known(
    read: Folder, person: str, *, values: bool
) -> tuple[list[LiveState], NoAnswerError | None]:
    """Ask the job about a person, and about whom this identity belongs to."""
    asked = (local.bootstrap_of(read), read.settings.topics)
    known: list[LiveState] = []
    name: str | None = person
    try:
        while name is not None and len(known) < _IDENTITIES:
            known.append(ask(*asked, name, values=values))
            name = known[-1].merged_into
    except NoAnswerError as error:
        return known, error
    return known, None


def lines(walks: Iterable[Walk]) -> Iterator[str]:
    """Write walks for people, with a blank line between any two."""
    for number, walk in enumerate(walks):
        if number:
            yield ""
        yield from walk.lines()


def _walk(walk: Walk) -> dict[str, object]:
    events = [orjson.loads(codec.dump_step_event(event)) for event in walk.step_events]
    return {**walk.walked._asdict(), "instance_id": walk.instance_id, "step_events": events}


def compare(
    journey: Annotated[str, typer.Argument(help="Id of a journey with a shadow.")],
    project: ProjectOption = Path(),
    version: Annotated[
        int | None, typer.Option(help="Of the shadow; by default the latest that ran.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Leave out what came before, such as 2026-03-01T08:00:00Z.")
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Compare a shadow with the live version: for whom do they decide differently, and where?"""
    read = read_folder(project)
    begin = None if since is None else _instant(since)
    plans = read_control_topic(local.bootstrap_of(read), read.settings.topics).plans
    known = [plan for plan in plans if plan.journey == journey]
    blind = {plan.version: blind_steps(plan) for plan in known}
    events = (codec.load_step_event(record.value or b"") for record in _records(read))
    found = compare_walks(events, journey, version, begin, blind)
    if found is None and journey not in plans.lives:
        message = f"journey '{journey}' is not published: {near(journey, list(plans.lives))}"
        raise JourneyError(message)
    if found is None and since is not None:
        message = f"nobody has come to journey '{journey}' as a shadow since {since}"
        raise JourneyError(message)
    if found is None:
        which = "" if version is None else f"version {version} of "
        message = (
            f"nobody has come to {which}journey '{journey}' as a shadow: begin one with "
            f"`journeys publish --as shadow`"
        )
        raise JourneyError(message)
    if form is Format.JSON:
        put(orjson.dumps(found.row(), option=orjson.OPT_INDENT_2).decode())
        return
    for text in found.lines():
        put(text)


def _records(read: Folder, *, follow: bool = False) -> Iterator[Received]:
    topic = read.settings.topics.full("step-events")
    return read_topic(local.bootstrap_of(read), topic, follow=follow)


def _instant(text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        message = f"{error}; expected an instant such as 2026-03-01T08:00:00Z"
        raise typer.BadParameter(message, param_hint="--since") from error
