"""How what is told to parts of the people, and what they remember, becomes text and back."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from journeys.command import PersonKnown, StartReading
from journeys.formats import READING_VERSION, shaped, stored, to_text
from journeys.readings import Agenda, Schedule, Survey, Told

_AGENDA = TypeAdapter(Agenda)
_TOLD: dict[str, TypeAdapter[Any]] = {
    "schedule": TypeAdapter(Schedule),
    "survey": TypeAdapter(Survey),
    "start": TypeAdapter(StartReading),
    "person": TypeAdapter(PersonKnown),
}


def dump_told(told: Told) -> str:
    """Write what a part of the people is told."""
    match told:
        case Schedule():
            word = "schedule"
        case Survey():
            word = "survey"
        case StartReading():
            word = "start"
        case PersonKnown():
            word = "person"
    return to_text({"v": READING_VERSION, word: _TOLD[word].dump_python(told)})


def load_told(text: str) -> Told:
    """Read what a part of the people is told.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    value: dict[str, Any] = stored("reading", text, READING_VERSION)
    word = next((word for word in _TOLD if word in value), "schedule")
    told: Told = shaped(word, lambda: _TOLD[word].validate_python(value[word]))
    return told


def dump_agenda(agenda: Agenda) -> str:
    """Write what a part of the people has to read."""
    return to_text({"v": READING_VERSION, "agenda": _AGENDA.dump_python(agenda)})


def load_agenda(text: str | None) -> Agenda:
    """Read what a part of the people has to read; nothing stored is nothing.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return Agenda()
    value: dict[str, Any] = stored("reading", text, READING_VERSION)
    return shaped("agenda", lambda: _AGENDA.validate_python(value["agenda"]))
