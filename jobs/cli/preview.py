"""The verb `preview`: what an action would send to a person, and what would keep it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from jobs.cli.author import ProjectOption
from jobs.cli.console import FINDINGS, put, say
from jobs.cli.findings import faultless
from jobs.cli.given import (
    EventOption,
    Given,
    GivenOption,
    ProfileOption,
    ValuesOption,
    completed,
    definition_given,
    situation_given,
)
from journeys.actions import ACTIONS
from journeys.definitions import ActionDefinition
from journeys.diagnostics import near
from journeys.draft import Draft, draft
from journeys.errors import JourneyError
from journeys.messages import JsonObject


class Look(StrEnum):
    """How a message is shown."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def preview(
    action: Annotated[
        str, typer.Argument(help="Id of an action of the project.", autocompletion=completed)
    ],
    project: ProjectOption = Path(),
    profile: ProfileOption = None,
    event: EventOption = None,
    given: GivenOption = None,
    values: ValuesOption = None,
    language: Annotated[
        str | None, typer.Option(help="In this language, whatever the person prefers.")
    ] = None,
    form: Annotated[Look, typer.Option("--format", help="How the message is shown.")] = Look.TEXT,
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw it into this PNG file, by $CHROMIUM or one that is found."),
    ] = None,
    width: Annotated[
        int, typer.Option(min=200, max=4_000, help="Of the picture, in pixels.")
    ] = 640,
) -> None:
    """Show what an action would send to a person, and why it would not be sent. Sends nothing."""
    read = faultless(project)
    asked = _in(language, definition_given(read, "action", action, "ACTION"))
    situation = situation_given(read, action, Given(profile, event, given, values))
    found = draft(asked, situation)
    _show(asked, found, form)
    if picture is not None and found.request is not None:
        _draw(ACTIONS[asked.channel].page(found.request.message), picture, width)
    if found.refusal is not None:
        raise typer.Exit(FINDINGS)


def _in(language: str | None, asked: ActionDefinition) -> ActionDefinition:
    """Let everybody prefer a language, if one is given."""
    if language is None:
        return asked
    spoken = asked.languages
    if spoken is None:
        message = f"the action '{asked.id}' has no `languages`"
        raise typer.BadParameter(message, param_hint="--language")
    known = [*([spoken.default] if spoken.default else []), *spoken.messages]
    every = replace(spoken, default=None, messages=dict.fromkeys(known, asked.message))
    if every.chosen(language) is None:
        message = f"the action '{asked.id}' speaks no '{language}': {near(language, known)}"
        raise typer.BadParameter(message, param_hint="--language")
    return replace(asked, languages=replace(spoken, preferred=["value", language]))


def _show(asked: ActionDefinition, found: Draft, form: Look) -> None:
    kind = ACTIONS[asked.channel]
    message = found.request.message if found.request else None
    if form is Look.JSON:
        put(orjson.dumps(_data(asked, found), option=orjson.OPT_INDENT_2).decode())
    elif form is Look.HTML and message is not None:
        put(kind.page(message))
    elif form is Look.TEXT:
        for line in _lines(asked, found):
            put(line)
    if found.refusal is not None and form is not Look.JSON:
        reason, detail = found.refusal
        say(f"It would not be sent ({reason}): {detail}")


def _lines(asked: ActionDefinition, found: Draft) -> Iterator[str]:
    yield f"{asked.id}: {asked.category}, by {asked.channel}"
    if found.request is not None:
        yield ""
        yield from ACTIONS[asked.channel].told(found.request.message)


def _data(asked: ActionDefinition, found: Draft) -> JsonObject:
    reason, detail = found.refusal or (None, None)
    return {
        "action": asked.id,
        "channel": asked.channel,
        "category": asked.category,
        "message": found.request.message if found.request else None,
        "reason": reason,
        "detail": detail,
    }


def _draw(page: str, file: Path, width: int) -> None:
    from connectors.browser import find_browser, picture  # noqa: PLC0415 - seldom asked for

    image = picture(page, width, find_browser())
    try:
        file.write_bytes(image)
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}"
        raise JourneyError(message) from error
    say(f"Drew {file}.")
