"""Versions of all that is stored or sent, and the way from older ones to the present.

Every value carries a format version `v`. A change of shape gets a new version, an upgrade from the
one before, and a golden file of the old text that must load for ever (`tests/golden/state`). A
value written by a newer release is refused by name, never guessed at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from msgspec import MsgspecError

from journeys.errors import CodecError, UnknownVersionError
from journeys.messages import JsonObject
from journeys.upgrades import (
    lifecycle_from_1,
    message_from_1,
    plan_from_1,
    plan_from_2,
    plan_from_3,
    profile_from_1,
    reading_from_1,
    state_from_1,
    state_from_2,
    state_from_3,
)

T = TypeVar("T")
Upgrade = Callable[[JsonObject], JsonObject]
"""Takes a value of one version to the next."""

STATE_VERSION = 4
PROFILE_VERSION = 2
HISTORY_VERSION = 1
PLAN_VERSION = 4
LIFECYCLE_VERSION = 2
DEFINITION_VERSION = 1
SWEEP_VERSION = 1
READING_VERSION = 2
MESSAGE_VERSION = 2
IDENTITY_VERSION = 1
COUNT_VERSION = 1
QUOTA_VERSION = 1
TALLY_VERSION = 1
WEIGHTS_VERSION = 1
ROW_VERSION = 1
WATCH_VERSION = 1
ANSWER_VERSION = 1
MANIFEST_VERSION = 1
UPGRADES: dict[str, list[Upgrade]] = {
    "state": [state_from_1, state_from_2, state_from_3],
    "profile": [profile_from_1],
    "history": [],
    "plan": [plan_from_1, plan_from_2, plan_from_3],
    "lifecycle": [lifecycle_from_1],
    "definition": [],
    "sweep": [],
    "reading": [reading_from_1],
    "message": [message_from_1],
    "identity": [],
    "count": [],
    "quota": [],
    "tally": [],
    "weights": [],
    "row": [],
    "watch": [],
    "answer": [],
    "manifest": [],
}
"""For each kind of value the steps from version 1 to the present one, in order."""
PRESENT = {kind: len(steps) + 1 for kind, steps in UPGRADES.items()}
"""For each kind of value the version that this release writes, the last that it reads."""


def to_text(value: object) -> str:
    """Write a value as one line of JSON."""
    return orjson.dumps(value).decode()


def stored(kind: str, text: str | bytes, version: int) -> JsonObject:
    """Read a stored value and bring it to the present version.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    return at_present(kind, from_text(kind, text), version)


def from_text(kind: str, text: str | bytes) -> Any:  # noqa: ANN401  # whatever JSON there is
    """Read JSON.

    Raises:
        CodecError: the text is none.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"a stored {kind} is not JSON: {error}"
        raise CodecError(message) from error


def at_present(kind: str, value: Any, version: int) -> JsonObject:  # noqa: ANN401  # as above
    """Bring a value that was read to the present version.

    Raises:
        CodecError: it names no version.
        UnknownVersionError: a newer release wrote it.
    """
    found = value.get("v") if isinstance(value, dict) else None
    if type(found) is not int or found < 1:
        message = f"a stored {kind} has no format version `v`"
        raise CodecError(message)
    if found > version:
        what = f"a stored {kind}"
        raise UnknownVersionError(what, found, version)
    return value if found == version else shaped(kind, lambda: _upgraded(kind, value, found))


def _upgraded(kind: str, value: JsonObject, found: int) -> JsonObject:
    for upgrade in UPGRADES[kind][found - 1 :]:
        value = upgrade(value)
    return value


def shaped(kind: str, build: Callable[[], T]) -> T:
    """Build a value from what was read.

    Raises:
        CodecError: it has not the shape of its version.
    """
    try:
        return build()
    except (AttributeError, KeyError, TypeError, ValueError, MsgspecError) as error:
        message = f"a stored {kind} has not the shape of its version: {error}"
        raise CodecError(message) from error
