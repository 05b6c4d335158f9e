"""The verb for audiences from lists: who is in goes to the topic `profiles`."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received, Writer, read_topic
from jobs import local
from jobs.cli.author import ProjectOption
from jobs.cli.console import say
from jobs.folder import Folder, read_folder
from jobs.lists import ListError, read_list
from journeys.compiler.forms import read_definitions
from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.memberships import MembershipError, membership, split
from journeys.phrases import people

TOPIC = "profiles"


def members(
    audience: Annotated[str, typer.Argument(help="Id of an audience with `members`.")],
    file: Annotated[
        Path | None,
        typer.Argument(help="A .txt, .csv or .parquet file; by default the audience's own."),
    ] = None,
    project: ProjectOption = Path(),
    column: Annotated[
        str | None, typer.Option("--column", help="The column that holds the profile ids.")
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take those who are listed out of the audience.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take those out, too, who are not listed any more.")
    ] = False,
) -> None:
    """Send who is in an audience from a list to the running job.

    Each person gets a record on the topic `profiles`. Whoever is in already stays so, so that a
    list can be sent again.
    """
    if remove and replace:
        message = "it says who stays, and --remove who goes: give one of them"
        raise typer.BadParameter(message, param_hint="--replace")
    read = read_folder(project)
    own = own_file(read, audience)
    chosen = file or own
    listed = dict.fromkeys(read_list(chosen, column))
    if replace and not listed:
        message = f"{chosen} lists nobody: with --replace everybody would go"
        raise ListError(message)
    bootstrap, topic = local.bootstrap_of(read), read.settings.topics.full(TOPIC)
    _send(bootstrap, topic, audience, listed, inside=not remove)
    if replace:
        known = still_inside(read_topic(bootstrap, topic), audience)
        gone = [name for name in known if name not in listed]
        _send(bootstrap, topic, audience, gone, inside=False)


def own_file(read: Folder, audience: str) -> Path:
    """Give the file that an audience of the project names.

    Raises:
        JourneyError: there is no such audience, or it names none.
    """
    found = read_definitions(read.project).found["audience"]
    files: dict[str, str | None] = {d.spec.id: d.spec.members for d in found}
    if audience not in files:
        message = f"there is no audience '{audience}' in the project: {near(audience, files)}"
        raise JourneyError(message)
    file = files[audience]
    if file is None:
        message = f"a rule decides who is in the audience '{audience}': give it `members` instead"
        raise JourneyError(message)
    return read.path / file


def still_inside(records: Iterable[Received], audience: str) -> list[str]:
    """Name those whom the records of the topic `profiles` say to be in an audience."""
    inside: dict[str, None] = {}
    for record in records:
        if record.key is None:
            continue
        if record.value is None:
            inside.pop(record.key, None)
        elif audience.encode() in record.value:
            for since in _said(record.value, audience):
                inside.pop(record.key, None)
                if since is not None:
                    inside[record.key] = None
    return list(inside)


def _said(value: bytes, audience: str) -> Iterator[int | None]:
    try:
        patch = orjson.loads(value)
        told = split(patch)[1] if isinstance(patch, dict) else {}
    except (orjson.JSONDecodeError, MembershipError):
        return  # the job told it as a dead letter
    if audience in told:
        yield told[audience]


def _send(
    bootstrap: Bootstrap, topic: str, audience: str, names: Collection[str], *, inside: bool
) -> None:
    began = time.time()
    value = orjson.dumps(membership(audience, round(began * 1000), inside=inside))
    console = Console(stderr=True)
    with (
        Writer(bootstrap) as writer,
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        for name in progress.track(names, description="Sending"):
            writer.write(topic, name.encode(), value)
    where = "in" if inside else "out of"
    say(f"Sent {people(len(names))} as {where} '{audience}' in {time.time() - began:.1f} s.")
