"""The verb `check`: whether the topic of events is fed, and with what the journeys can use."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.kafka.admin import lag
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import ends, last_record, read_topic
from jobs import local
from jobs.cli.author import Format, FormatOption, ProjectOption
from jobs.cli.console import FINDINGS, complain, put, say
from jobs.control_topic import read_control_topic
from jobs.envelope import EnvelopeError, read_envelope
from jobs.folder import Folder, read_folder
from journeys.clock import format_instant, parse_duration
from journeys.errors import JourneyError
from journeys.feed import Feed
from journeys.plans import Plans
from journeys.records import Record

_SHORT = re.compile(r"([0-9]{1,6})(s|m|h)")
_SOMEBODY = "somebody"
"""The key of a line that is no JSON: it is not for lack of a key that nothing can be read."""
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000}


def check() -> None:
    """Check what comes in: whether the topic of events is fed, with what the journeys can use."""


check_verbs = typer.Typer(callback=check, no_args_is_help=True, rich_markup_mode=None)


@check_verbs.command()
def events(
    project: ProjectOption = Path(),
    span: Annotated[str, typer.Option("--for", help="How long to listen: 30s, PT1M.")] = "30s",
    most: Annotated[int, typer.Option("--most", help="Stop after so many records; 0: never.")] = 0,
    file: Annotated[
        Path | None,
        typer.Option(help="Check records of a file before they are sent, as `send` takes them."),
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Listen to the topic of events, live, and judge each record as the job would.

    Ends with 1 where nothing comes, something cannot be used, or no journey listens to any of it.
    """
    read = read_folder(project)
    now = round(time.time() * 1000)
    if file is not None:
        feed = Feed(_drafts(read), now)
        for record in _of_file(file, now):
            feed.take(record)
        _tell(feed, form, None)
        return
    seconds = _milliseconds(span) / 1000
    bootstrap, topics = local.bootstrap_of(read), read.settings.topics
    feed = Feed(read_control_topic(bootstrap, topics).plans, now)
    topic = topics.full("events")
    say(f"Listening to {topic} for {seconds:g} s.")
    begun = time.monotonic()
    for record in _live(bootstrap, topic, seconds):
        feed.take(record)
        if most and feed.count >= most:
            break
    took = time.monotonic() - begun
    if not feed.count:
        last = last_record(bootstrap, topic)
        when = "there is none" if last is None else f"the last came {format_instant(last)}"
        complain(f"No record has come to {topic}: {when}.")
    behind = lag(bootstrap, read.settings.name, topic)
    told = "not known" if behind is None else f"{behind} records"
    say(f"The job is behind by: {told}.")
    _tell(feed, form, took)


def _tell(feed: Feed, form: Format, seconds: float | None) -> None:
    if form is Format.JSON:
        put(orjson.dumps(_row(feed, seconds), option=orjson.OPT_INDENT_2).decode())
    else:
        for line in feed.lines(seconds):
            put(line)
    if not feed.is_sound:
        raise typer.Exit(FINDINGS)


def _row(feed: Feed, seconds: float | None) -> dict[str, object]:
    return {
        "records": feed.count,
        "seconds": seconds,
        "partitions": {str(number): count for number, count in feed.partitions.items()},
        "matched": feed.matched,
        "not_heard": feed.unheard,
        "kept_out": feed.kept_out,
        "without_id": feed.without_id,
        "repeats": feed.repeats,
        "without_namespace": feed.strangers,
        "faults": [{**vars(fault), "advice": fault.advice} for fault in feed.faults.values()],
    }


def _milliseconds(span: str) -> int:
    short = _SHORT.fullmatch(span)
    if short is not None:
        return int(short[1]) * _UNITS[short[2]]
    try:
        return parse_duration(span)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error


def _drafts(read: Folder) -> Plans:
    """Give the journeys as the project has them: they will judge what will be sent."""
    read.compilation.raise_errors()
    plans = Plans(read.compilation.plans.values())
    for definition in read.compilation.shared:
        plans.define(definition)
    return plans


def _live(bootstrap: Bootstrap, topic: str, seconds: float) -> Iterator[Record]:
    deadline = time.monotonic() + seconds
    found = read_topic(
        bootstrap,
        topic,
        start=ends(bootstrap, topic),
        follow=True,
        idle_s=0.25,
        patience_s=seconds,
        until=deadline,
    )
    for one in found:
        place = (one.topic, one.partition, one.offset, one.timestamp)
        yield Record(*place, one.key, one.value, len(one.value or b""))


def _of_file(file: Path, now: int) -> Iterator[Record]:
    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise JourneyError(message) from error
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            envelope = read_envelope(line)
        except EnvelopeError as error:
            # The job will say what it is: what is no JSON, or else has no key.
            key = _SOMEBODY if isinstance(error.__cause__, orjson.JSONDecodeError) else None
            yield Record(str(file), 0, number, now, key, line, len(line))
            continue
        if envelope.topic == "events":
            key = None if envelope.key is None else envelope.key.decode()
            value = envelope.value
            yield Record(str(file), 0, number, now, key, value, len(value or b""))
