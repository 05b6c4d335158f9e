"""How what passes from one identity to another becomes text and back."""

from __future__ import annotations

from typing import Any, cast

from pydantic import TypeAdapter

from journeys import codec
from journeys.activation import (
    ActionResolved,
    AudienceChanged,
    EntryAsked,
    EntryOffered,
    EventReceived,
    FeedbackReceived,
    Hop,
    IdentityLinked,
    IdentityReleased,
    Occurrence,
    PassedOn,
    PersonGiven,
    ProfileChanged,
)
from journeys.formats import IDENTITY_VERSION, shaped, stored, to_text

MAX_PASSED_BYTES = 8 * 1024 * 1024
"""What one message may hold: a person with all that is kept of them. Far more than is ever kept."""
_OCCURRENCES: dict[str, type[Any]] = {
    "event": EventReceived,
    "profile": ProfileChanged,
    "link": IdentityLinked,
    "result": ActionResolved,
    "feedback": FeedbackReceived,
    "audience": AudienceChanged,
    "offer": EntryOffered,
    "enter": EntryAsked,
}
_WORDS = {kind: word for word, kind in _OCCURRENCES.items()}
_READ = {word: TypeAdapter(kind) for word, kind in _OCCURRENCES.items()}
_HOPS = TypeAdapter(tuple[Hop, ...])


def dump_passed(passed: PassedOn | IdentityReleased) -> str:
    """Write what passes from one identity to another.

    Raises:
        ValueError: it is too large.
    """
    value: dict[str, object] = {"v": IDENTITY_VERSION}
    match passed:
        case IdentityReleased():
            value["released"] = passed
        case PassedOn(hops, PersonGiven() as given):
            value |= {"hops": hops, "person": _given(given)}
        case PassedOn(hops, what):
            value |= {"hops": hops, _WORDS[type(what)]: what}
    text = to_text(value)
    if (size := len(text.encode())) > MAX_PASSED_BYTES:
        message = f"too much is kept of the person: {size} bytes; at most {MAX_PASSED_BYTES} fit"
        raise ValueError(message)
    return text


def _given(given: PersonGiven) -> dict[str, object]:
    """Write a person: each part as it is stored, with a version of its own."""
    return {
        "link": given.link,
        "state": codec.dump_person(given.person),
        "profile": codec.dump_profile(given.attributes),
        "history": codec.dump_history(given.history),
        "patch": given.patch,
        "at": given.at,
        "timed": given.timed,
    }


def load_passed(text: str | bytes) -> PassedOn | IdentityReleased:
    """Read what passes from one identity to another.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    value: dict[str, Any] = stored("identity", text, IDENTITY_VERSION)
    return shaped("identity", lambda: _passed(value))


def _passed(value: dict[str, Any]) -> PassedOn | IdentityReleased:
    if "released" in value:
        return IdentityReleased(**value["released"])
    hops = _HOPS.validate_python(value["hops"])
    if "person" in value:
        return PassedOn(hops, _person(value["person"]))
    word = next((word for word in _READ if word in value), "event")
    return PassedOn(hops, cast("Occurrence", _READ[word].validate_python(value[word])))


def _person(value: dict[str, Any]) -> PersonGiven:
    return PersonGiven(
        value["link"],
        codec.load_person(value["state"]),
        codec.load_profile(value["profile"]),
        codec.load_history(value["history"]),
        value["patch"],
        value["at"],
        value["timed"],
    )
