"""Objects that are given on the command line, in place or in a file, and what is made of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import orjson
import typer

from jobs.folder import Folder, FolderError, read_folder
from journeys.attributes import Attributes
from journeys.definitions import ActionDefinition
from journeys.diagnostics import near
from journeys.draft import Situation
from journeys.messages import JsonObject
from journeys.profile import Profile

ProfileOption = Annotated[
    str | None, typer.Option(help="The person's attributes: JSON, or a file that holds it.")
]
EventOption = Annotated[
    list[str] | None,
    typer.Option(help="ID={…} or ID=FILE: the payload of an event that has come before."),
]
GivenOption = Annotated[
    list[str] | None,
    typer.Option(help="action.STEP={…} or source.ID={…}, or =FILE: what came back from there."),
]
ValuesOption = Annotated[
    str | None, typer.Option("--with", help="Values as under `with`: JSON, or a file of it.")
]


NOBODY = "somebody"
"""Id of a person who has none."""


class Given(NamedTuple):
    """What was written of a person, and of what has happened to them."""

    profile: str | None
    events: list[str] | None
    answers: list[str] | None
    values: str | None


def situation_given(read: Folder, called: str, given: Given) -> Situation:
    """Read the situation in which an action, or a source, is called.

    Raises:
        typer.BadParameter: something is wrong with what was given.
    """
    person = object_given("--profile", given.profile)
    name, answers = str(person.pop("id", NOBODY)), answers_given(read, "--given", given.answers)
    return Situation(
        Profile(name, lambda: Attributes(person)),
        time.time_ns() // 1_000_000,
        events=events_given(read, "--event", given.events),
        actions=answers["action"],
        sources=answers["source"],
        arguments=object_given("--with", given.values),
        rules=read.compilation.rules_of(called),
    )


def completed(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Give the actions of the project that begin so, or the sources if the verb is told so."""
    try:
        read = read_folder(Path(context.params.get("project") or "."))
    except FolderError:
        return []
    known = _known(read, context.params.get("kind") or "action")
    return [(name, known[name].channel) for name in sorted(known) if name.startswith(incomplete)]


def definition_given(read: Folder, kind: str, name: str, where: str) -> ActionDefinition:
    """Find an action, or a source, of a project.

    Raises:
        typer.BadParameter: there is none; `where` is the argument that names it.
    """
    known = _known(read, kind)
    if name not in known:
        message = f"there is no {kind} '{name}': {near(name, known)}"
        raise typer.BadParameter(message, param_hint=where)
    return known[name]


def _known(read: Folder, kind: str) -> Mapping[str, ActionDefinition]:
    compilation = read.compilation
    return compilation.actions if kind == "action" else compilation.sources


def object_given(option: str, written: str | None) -> JsonObject:
    """Read an object that is written in place, or in a file; nothing is an empty one.

    Raises:
        typer.BadParameter: it is none, or the file cannot be read.
    """
    if written is None:
        return {}
    try:
        in_place = written.lstrip().startswith("{")
        value = orjson.loads(written if in_place else Path(written).read_bytes())
    except OSError as error:
        message = f"{written} cannot be read: {error.strerror}"
        raise typer.BadParameter(message, param_hint=option) from error
    except orjson.JSONDecodeError as error:
        message = f"this is not JSON: {error}"
        raise typer.BadParameter(message, param_hint=option) from error
    if not isinstance(value, dict):
        message = 'it must be an object, such as {"city": "Lyon"}'
        raise typer.BadParameter(message, param_hint=option)
    return value


def events_given(read: Folder, option: str, written: list[str] | None) -> dict[str, JsonObject]:
    """Read payloads of events of a project.

    Raises:
        typer.BadParameter: there is no such event, or its payload cannot be read.
    """
    values = [document.value for document in read.project.documents]
    known = [str(v["id"]) for v in values if isinstance(v, dict) and v.get("kind") == "event"]
    events = _objects(option, written)
    for name in events:
        if name not in known:
            message = f"there is no event '{name}': {near(name, known)}"
            raise typer.BadParameter(message, param_hint=option)
    return events


def answers_given(
    read: Folder, option: str, written: list[str] | None
) -> dict[str, dict[str, JsonObject]]:
    """Read what the actions of steps and the sources have answered, by `action` and `source`.

    Raises:
        typer.BadParameter: one is of neither, of a step or source that is not there, or cannot be
            read.
    """
    compiled = read.compilation
    known = {
        "action": {step for plan in compiled.plans.values() for step in plan.steps},
        "source": {*compiled.sources, *compiled.tables},
    }
    answers: dict[str, dict[str, JsonObject]] = {"action": {}, "source": {}}
    for path, answer in _objects(option, written).items():
        kind, _, name = path.partition(".")
        if kind not in answers or not name:
            message = f"'{path}' is no answer: write action.STEP or source.ID"
            raise typer.BadParameter(message, param_hint=option)
        if name not in known[kind]:
            what = "step" if kind == "action" else kind
            message = f"there is no {what} '{name}': {near(name, known[kind])}"
            raise typer.BadParameter(message, param_hint=option)
        answers[kind][name] = answer
    return answers


def _objects(option: str, written: list[str] | None) -> dict[str, JsonObject]:
    """Read objects that are written as `NAME={…}` or `NAME=FILE`."""
    objects = {}
    for text in written or ():
        name, sign, value = text.partition("=")
        if not sign:
            message = f"{text!r} has no value: write NAME={{…}} or NAME=FILE"
            raise typer.BadParameter(message, param_hint=option)
        objects[name] = object_given(option, value)
    return objects
