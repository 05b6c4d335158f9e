"""The verb `report`: what became of people, from the step events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.kafka.client import read_topic
from jobs import local
from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import put, say
from jobs.folder import read_folder
from journeys.mode import Mode
from journeys.report import VersionReport, Walked, parts
from journeys.report import report as add_up

_NARROWEST = 12
"""Of the column of steps: what stands above has one of this width too."""


class Which(StrEnum):
    """Which walks are counted."""

    LIVE = "live"
    TEST = "test"
    DRY_RUN = "dry-run"
    SHADOW = "shadow"
    ALL = "all"

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes of those walks."""
        return tuple(Mode) if self is Which.ALL else (Mode(self.value.replace("-", "_")),)


def report(
    folder: FolderArgument = Path(),
    which: Annotated[
        Which, typer.Option("--mode", help="What really happened, or what did in rehearsals.")
    ] = Which.LIVE,
    form: FormatOption = Format.TEXT,
) -> None:
    """Show for every journey version who entered, where people stand, and how they left."""
    read = read_folder(folder)
    topic = read.settings.topics.full("step-events")
    records = read_topic(local.bootstrap_of(read), topic)
    versions = add_up(orjson.loads(record.value or b"{}") for record in records)
    shown = {walked: found for walked, found in versions.items() if walked.mode in which.modes}
    if form is Format.JSON:
        rows = [{**walked._asdict(), **_row(found)} for walked, found in shown.items()]
        put(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    for line in lines(shown):
        put(line)
    hidden = [str(walked) for walked in versions if walked not in shown]
    if hidden:
        say(f"Not shown: {', '.join(hidden)}; --mode all shows everything.")


def lines(versions: Mapping[Walked, VersionReport]) -> Iterator[str]:
    """Write reports for people, those of rehearsals under their mode."""
    for walked, found in versions.items():
        yield str(walked)
        yield from found.lines()
        if found.steps:
            yield "  steps"
        width = max(_NARROWEST, *map(len, found.steps), 0)
        for step, seen in found.steps.items():
            yield f"    {step:<{width}} {parts(seen)}"
        arms = found.experiment_lines()
        yield from ["  experiments", *arms] if arms else []


def _row(found: VersionReport) -> dict[str, object]:
    return {
        "entered": found.entered,
        "not_entered": found.not_entered,
        "moved_in": found.moved_in,
        "moved_out": found.moved_out,
        "inside": found.inside,
        "completed": found.completed,
        "exited": found.exited,
        "failed": found.failed,
        "steps": found.steps,
        "experiments": found.experiment_rows(),
        "drift": found.drift,
    }
