"""Dead letters as they are read from their topic: what they say, and whom they are about."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import orjson

from journeys.clock import parse_instant
from journeys.errors import JourneyError
from journeys.identity_map import FIELD
from journeys.messages import JsonObject


class LetterError(JourneyError):
    """A text is no dead letter."""


@dataclass(frozen=True)
class Letter:
    """A record that could not be used, and why."""

    id: str
    """Place of the record: topic, partition and offset."""
    reason: str
    detail: str
    topic: str
    partition: int
    offset: int
    key: str | None
    size: int
    """Bytes of its value."""
    recorded_at: int | None
    """When the broker took it, in milliseconds."""
    sample: bytes | None
    """How its value begins."""

    @property
    def is_whole(self) -> bool:
        """Say whether the sample is the whole value."""
        return len(self.sample or b"") == self.size

    @property
    def payload(self) -> JsonObject | None:
        """The value as an object, where it is one and lies here whole."""
        return object_of(self.sample)


def read_letter(text: bytes) -> Letter:
    """Read a dead letter.

    Raises:
        LetterError: the text is none.
    """
    try:
        value: dict[str, Any] = orjson.loads(text)
        return _letter(value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"a record of the topic of dead letters is none: {error}"
        raise LetterError(message) from error


def _letter(value: dict[str, Any]) -> Letter:
    sample, recorded = value["sample"], value["recorded_at"]
    if sample is not None:
        is_text = value["sample_encoding"] == "utf-8"
        sample = sample.encode() if is_text else base64.b64decode(sample)
    return Letter(
        id=value["dead_letter_id"],
        reason=value["reason"],
        detail=value["detail"],
        topic=value["topic"],
        partition=value["partition"],
        offset=value["offset"],
        key=value["key"],
        size=value["size"],
        recorded_at=None if recorded is None else parse_instant(recorded),
        sample=sample,
    )


def object_of(value: bytes | None) -> JsonObject | None:
    """Read a value as a JSON object; None where it is none."""
    try:
        found = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def names(payload: JsonObject | None, person: str) -> list[str]:
    """Name the namespaces in which the identity map of a payload names a person."""
    identities = (payload or {}).get(FIELD)
    if not isinstance(identities, dict):
        return []
    return [
        namespace
        for namespace, named in identities.items()
        if isinstance(named, list)
        and any(isinstance(one, dict) and one.get("id") == person for one in named)
    ]
