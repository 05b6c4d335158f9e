"""The verb `export`: topics into files for analysts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.analysis.archive_folder import ArchiveFolder
from connectors.analysis.columns import TOPICS
from connectors.analysis.dimensions import write_dimensions
from jobs import local
from jobs.cli.author import Format, FormatOption, ProjectOption
from jobs.cli.console import complain, put, say
from jobs.control_topic import read_control_topic
from jobs.export import Source
from jobs.export import export as write
from jobs.export import follow as go_on
from jobs.folder import Folder, read_folder
from journeys.archive import Size
from journeys.clock import parse_duration
from journeys.diagnostics import near
from journeys.step_event import ENGINE_VERSION

_NAMES_MS = 60_000
"""How often a follower looks at what is published."""


def export(
    folder: Annotated[Path, typer.Argument(help="Where files go.", file_okay=False)],
    project: ProjectOption = Path(),
    topics: Annotated[
        list[str] | None, typer.Option("--topic", help="Only this one; may be said again.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    every: Annotated[
        str, typer.Option(help="With --follow: how long a record waits for its file.")
    ] = "PT1M",
    form: FormatOption = Format.TEXT,
) -> None:
    """Write step events and all that lies beside them into Parquet files, each record once.

    It goes on where the files in the folder end: run it again and again, or let it follow.
    """
    names, age_ms = _names(topics), _duration(every)
    read = read_folder(project)
    source = Source(local.bootstrap_of(read), read.settings.topics)
    archive = ArchiveFolder(folder, ENGINE_VERSION)
    with archive.alone():
        _write_names(folder, read, source)
        done = write(source, names, archive, _now, complain)
        for exported in done if form is Format.TEXT else ():
            say(f"{exported.topic}: {exported.records} records in {exported.files} files")
        if form is Format.JSON:
            rows = [{"topic": e.topic, "records": e.records, "files": e.files} for e in done]
            put(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        if not follow:
            return
        told = _now()
        for _ in go_on(source, names, archive, Size(age_ms=age_ms), _now, complain):
            if _now() - told >= _NAMES_MS:
                _write_names(folder, read, source)
                told = _now()


def _write_names(folder: Path, read: Folder, source: Source) -> None:
    plans = read_control_topic(source.bootstrap, read.settings.topics).plans
    write_dimensions(folder, plans)


def _names(topics: list[str] | None) -> list[str]:
    for topic in topics or ():
        if topic not in TOPICS:
            message = f"'{topic}' is not exported: {near(topic, TOPICS)}"
            raise typer.BadParameter(message, param_hint="--topic")
    return topics or list(TOPICS)


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--every") from error


def _now() -> int:
    return round(time.time() * 1000)
