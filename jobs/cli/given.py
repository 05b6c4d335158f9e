"""Objects that are given on the command line, in place or in a file, and what is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from jobs.folder import Folder
from journeys.diagnostics import near
from journeys.messages import JsonObject

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


def answers_given(option: str, written: list[str] | None) -> dict[str, dict[str, JsonObject]]:
    """Read what the actions of steps and the sources have answered, by `action` and `source`.

    Raises:
        typer.BadParameter: one is of neither, or cannot be read.
    """
    answers: dict[str, dict[str, JsonObject]] = {"action": {}, "source": {}}
    for path, answer in _objects(option, written).items():
        kind, _, name = path.partition(".")
        if kind not in answers or not name:
            message = f"'{path}' is no answer: write action.STEP or source.ID"
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
