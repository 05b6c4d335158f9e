"""The verb `inside`: who is where inside a journey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.kafka.client import read_topic
from jobs import local
from jobs.cli.author import Format, FormatOption, ProjectOption
from jobs.cli.console import FINDINGS, complain, put, say
from jobs.cli.standing import headcounts
from jobs.control_topic import read_control_topic
from jobs.folder import read_folder
from journeys import codec
from journeys.clock import format_instant
from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.phrases import people
from journeys.plans import Plans
from journeys.whereabouts import Whereabouts, whereabouts


def inside(
    journey: Annotated[str, typer.Argument(help="Id of a journey.")],
    project: ProjectOption = Path(),
    step: Annotated[str | None, typer.Option("--step", help="Show only this step.")] = None,
    most: Annotated[
        int, typer.Option("--most", min=0, help="Show so many people of each step; 0: all.")
    ] = 20,
    form: FormatOption = Format.TEXT,
) -> None:
    """Show who is where inside a journey, and hold the numbers against those that the job counts.

    Ends with 1 where they differ.
    """
    read = read_folder(project)
    bootstrap, topics = local.bootstrap_of(read), read.settings.topics
    control = read_control_topic(bootstrap, topics)
    known = control.plans.lives
    records = read_topic(bootstrap, topics.full("step-events"))
    events = (codec.load_step_event(record.value or b"") for record in records)
    found = whereabouts(events, journey)
    if journey not in known and not found:
        message = f"journey '{journey}' is not published: {near(journey, list(known))}"
        raise JourneyError(message)
    metrics = (r.value or b"{}" for r in read_topic(bootstrap, topics.full("metrics")))
    counted = {version: n for (name, version), n in headcounts(metrics).items() if name == journey}
    if step is not None:
        _check_step(journey, step, found, control.plans)
    shown = [one for one in found if step in (None, one.step)]
    if form is Format.JSON:
        rows = {"inside": [asdict(one) for one in shown], "counted_by_the_job": counted}
        option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
        put(orjson.dumps(rows, option=option).decode())
    else:
        for line in lines(shown, most):
            put(line)
        if step is not None and not shown:
            put(f"nobody is at step '{step}'")
    different = list(differences(found, counted))
    for line in different:
        complain(line)
    if different:
        raise typer.Exit(FINDINGS)
    if step is None:
        say(f"{people(len(found))} inside; the job counts the same.")


def _check_step(journey: str, step: str, found: Sequence[Whereabouts], plans: Plans) -> None:
    """Refuse a step that no version has and nobody is at.

    Raises:
        JourneyError: so it is; with what may be meant.
    """
    versions = (plans.find(journey, version) for version in plans.versions(journey))
    steps = {name for plan in versions if plan for name in plan.steps} | {one.step for one in found}
    if step not in steps:
        message = f"no version of journey '{journey}' has a step '{step}': {near(step, steps)}"
        raise JourneyError(message)


def lines(found: Sequence[Whereabouts], most: int) -> Iterator[str]:
    """Write who is where: by version and step, those first who came first."""
    for version, ours in groupby(found, key=lambda one: one.version):
        yield f"v{version}"
        for step, here in groupby(ours, key=lambda one: one.step):
            there = list(here)
            yield f"  {step}  {len(there)}"
            for one in there[: most or None]:
                until = "" if one.until is None else f"  until {format_instant(one.until)}"
                mode = "" if one.mode == "live" else f"  ({one.mode})"
                yield f"    {one.profile_id}  since {format_instant(one.since)}{until}{mode}"
            if most and len(there) > most:
                yield f"    and {len(there) - most} more"


def differences(found: Sequence[Whereabouts], counted: Mapping[int, int]) -> Iterator[str]:
    """Say of which versions the job counts other numbers than the step events tell."""
    for version in sorted({one.version for one in found} | counted.keys()):
        told = sum(one.version == version for one in found)
        number = counted.get(version, 0)
        if told != number:
            yield (
                f"v{version}: step events tell of {people(told)} inside, and the job counts "
                f"{number}: look again in some seconds; a difference that stays is a fault"
            )
