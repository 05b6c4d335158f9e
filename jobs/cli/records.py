"""Verbs for records: `send` writes them, `tail` shows them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received, Writer, read_topic
from connectors.kafka.topics import CATALOGUE
from jobs import local
from jobs.cli.author import ProjectOption
from jobs.cli.console import put, say
from jobs.envelope import Envelope, EnvelopeError, read_envelope, show
from jobs.folder import read_folder
from journeys.diagnostics import near
from journeys.errors import JourneyError

STANDARD_INPUT = "-"


def send(
    file: Annotated[str, typer.Argument(help="JSONL: events or envelopes; - is standard input.")],
    project: ProjectOption = Path(),
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Do not wait for `after_ms` of the envelopes.")
    ] = False,
) -> None:
    """Send records to the project's topics, one JSON object a line.

    A line is an event, keyed by the primary identity of its `identityMap`, or an envelope:
    `{"topic": "events", "key": "person-1", "after_ms": 0, "payload": {…}}`.
    """
    read = read_folder(project)
    bootstrap, topics = local.bootstrap_of(read), read.settings.topics
    lines = _lines(file)
    sent = 0
    start = time.monotonic()
    console = Console(stderr=True)
    with (
        Writer(bootstrap) as writer,
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("Sending", total=len(lines))
        for number, line in enumerate(lines, start=1):
            try:
                envelope = read_envelope(line)
            except EnvelopeError as error:
                message = f"{file}:{number}: {error}; {sent} records before it were sent"
                raise EnvelopeError(message) from error
            if not at_once:
                _wait_until(start, envelope, writer)
            writer.write(topics.full(envelope.topic), envelope.key, envelope.value)
            sent += 1
            progress.advance(task)
    what = "record" if sent == 1 else "records"
    say(f"Sent {sent} {what} in {time.monotonic() - start:.1f} s.")


def tail(  # a command line's options
    topic: Annotated[str, typer.Argument(help="Name without prefix, such as step-events.")],
    project: ProjectOption = Path(),
    number: Annotated[int, typer.Option("-n", help="Show only the last so many.")] = 0,
    profile: Annotated[str | None, typer.Option(help="Show only this person's.")] = None,
    envelope: Annotated[
        bool, typer.Option("--json", "-J", help="Show key, partition, offset and time too.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new ones.")] = False,
) -> None:
    """Show the committed records of a topic, one a line."""
    read = read_folder(project)
    try:
        full = read.settings.topics.full(topic)
    except KeyError:
        hint = near(topic, [known.name for known in CATALOGUE])
        message = f"there is no topic '{topic}': {hint}"
        raise JourneyError(message) from None
    for record in _found(local.bootstrap_of(read), full, number, profile, follow=follow):
        put(show(record) if envelope else (record.value or b"null").decode(errors="replace"))


def _found(
    bootstrap: Bootstrap, topic: str, number: int, profile: str | None, *, follow: bool
) -> Iterator[Received]:
    """Give the last so many records, or all where that is 0, and then new ones as they come."""
    after: dict[int, int] | None = None
    if number:
        found = list(read_topic(bootstrap, topic))
        after = {record.partition: record.offset + 1 for record in found}
        ours = (r for r in found if profile in (None, r.key))
        yield from sorted(ours, key=lambda r: (r.timestamp, r.partition, r.offset))[-number:]
    if follow or not number:
        records = read_topic(bootstrap, topic, start=after, follow=follow)
        yield from (r for r in records if profile in (None, r.key))


def _lines(file: str) -> list[bytes]:
    if file == STANDARD_INPUT:
        content = sys.stdin.buffer.read()
    else:
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            message = f"{file} cannot be read: {error.strerror}"
            raise JourneyError(message) from error
    return [line for line in content.splitlines() if line.strip()]


def _wait_until(start: float, envelope: Envelope, writer: Writer) -> None:
    pause = start + envelope.after_ms / 1000 - time.monotonic()
    if pause > 0:
        writer.flush()
        time.sleep(pause)
