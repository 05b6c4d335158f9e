"""The verb `why`: whether a person entered a journey, and why or why not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received, offsets_at, read_topic
from jobs import local
from jobs.asking import NoAnswerError, ask
from jobs.cli.author import Format, FormatOption, ProjectOption
from jobs.cli.console import FINDINGS, complain, put, say
from jobs.cli.telling import rule_lines, stay_lines
from jobs.control_topic import read_control_topic
from jobs.folder import Folder, read_folder
from journeys import codec
from journeys.clock import format_instant, parse_duration
from journeys.diagnosis import Diagnosis, Evidence, Offer, diagnose
from journeys.letters import Letter, LetterError, names, object_of, read_letter
from journeys.outcomes import Outcome
from journeys.records import Record
from journeys.step_event import StepEvent

_BEFORE = 5
"""Earlier offers that are shown."""


def why(
    person: Annotated[str, typer.Argument(help="Profile id.")],
    journey: Annotated[str, typer.Argument(help="Id of a journey.")],
    project: ProjectOption = Path(),
    within: Annotated[
        str, typer.Option("--within", help="Look at events of so long, such as P7D.")
    ] = "P1D",
    live: Annotated[
        bool, typer.Option("--live/--no-live", help="Ask the running job, too.")
    ] = True,
    form: FormatOption = Format.TEXT,
) -> None:
    """Say whether a person entered a journey, and why or why not, rule by rule.

    Ends with 1 where they did not enter.
    """
    read = read_folder(project)
    evidence = _evidence(read, person, _reach(within))
    found = diagnose(person, journey, evidence)
    if live and found.version is not None:
        payload = found.latest.payload if found.latest else None
        try:
            told = ask(
                local.bootstrap_of(read),
                read.settings.topics,
                person,
                journey=journey,
                payload=payload,
            )
            found = diagnose(person, journey, replace(evidence, live=told))
            if told.merged_into is not None:
                say(f"{person} belongs to {told.merged_into}: ask why of that identity, too.")
        except NoAnswerError as error:
            complain(f"{error}; what follows is from the topics alone")
    if form is Format.JSON:
        option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
        put(orjson.dumps(asdict(found), option=option).decode())
    else:
        for line in lines(found):
            put(line)
    if found.word != Outcome.ENTERED:
        raise typer.Exit(FINDINGS)


def _reach(within: str) -> int:
    try:
        return parse_duration(within)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--within") from error


def _evidence(read: Folder, person: str, reach_ms: int) -> Evidence:
    """Gather what lies on the topics about a person."""
    bootstrap, topics = local.bootstrap_of(read), read.settings.topics
    now = round(time.time() * 1000)
    control = read_control_topic(bootstrap, topics)
    return Evidence(
        control.plans,
        now,
        list(_step_events(read_topic(bootstrap, topics.full("step-events")), person)),
        list(_letters(read_topic(bootstrap, topics.full("dead-letters")), person)),
        list(_records(_latest(bootstrap, topics.full("events"), now - reach_ms), person)),
        control.turned,
    )


def _latest(bootstrap: Bootstrap, topic: str, since: int) -> Iterator[Received]:
    return read_topic(bootstrap, topic, start=offsets_at(bootstrap, topic, since))


def _step_events(records: Iterator[Received], person: str) -> Iterator[StepEvent]:
    return (codec.load_step_event(r.value or b"") for r in records if r.key == person)


def _letters(records: Iterator[Received], person: str) -> Iterator[Letter]:
    wanted = person.encode()
    for record in records:
        if record.value is None or wanted not in record.value:
            continue
        try:
            letter = read_letter(record.value)
        except LetterError:
            continue
        if letter.key == person or names(letter.payload, person):
            yield letter


def _records(records: Iterator[Received], person: str) -> Iterator[Record]:
    wanted = person.encode()
    for found in records:
        value = found.value or b""
        is_own = found.key == person
        if is_own or (wanted in value and names(object_of(value), person)):
            place = (found.topic, found.partition, found.offset, found.timestamp)
            yield Record(*place, found.key, found.value, len(value))


# Words.


def lines(found: Diagnosis) -> Iterator[str]:
    """Write a diagnosis for people: the answer first, then what it rests on."""
    entered = found.word == Outcome.ENTERED
    version = "" if found.version is None else f" v{found.version}"
    verb = "entered" if entered else "did not enter"
    yield f"{found.person} {verb} {found.journey}{version}{'' if entered else f': {found.word}'}"
    if found.said:
        yield f"  {found.said}"
    if found.latest is not None:
        yield f"  {_occasion(found.latest)}"
    if found.advice is not None:
        yield f"  what to do: {found.advice}"
    for walk in found.walks:
        yield ""
        yield "Inside now:"
        yield from (f"  {line}" for line in stay_lines(walk))
        yield from rule_lines(walk.conditions)
    yield from _kept_back(found)
    if found.rules:
        of = "with that event" if found.latest and found.latest.payload else "before any event"
        yield ""
        yield f"The rules of the entry now, {of} and what is known of the person now:"
        yield from rule_lines(found.rules)
    if found.before:
        yield ""
        yield "Before:"
        for offer in found.before[:_BEFORE]:
            yield f"  {offer.word}: {_occasion(offer)}"
        if len(found.before) > _BEFORE:
            yield f"  and {len(found.before) - _BEFORE} more"


def _occasion(offer: Offer) -> str:
    what = f"event {offer.event_type}" if offer.event_type else "an occasion without an event"
    name = f", _id {offer.event_id}" if offer.event_id else ""
    place = f", at {offer.place}" if offer.place and offer.place != offer.event_id else ""
    return f"{format_instant(offer.at)}  {what}{name}{place}"


def _kept_back(found: Diagnosis) -> Iterator[str]:
    if found.kept_back:
        yield ""
        yield "What the latest walk did not get:"
    for kept in found.kept_back:
        said = f": {kept.said}" if kept.said else ""
        outcome = kept.outcome.replace("_", " ")
        yield f"  {format_instant(kept.at)}  {kept.step} {outcome} ({kept.word}){said}"
        if kept.advice is not None:
            yield f"    what to do: {kept.advice}"
    if found.messages:
        yield ""
        yield "What would keep messages back now:"
        yield from rule_lines(found.messages)
