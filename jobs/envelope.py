"""Records as lines of text: what `journeys send` reads and `journeys tail --json` shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from connectors.kafka.client import Received
from connectors.kafka.topics import CATALOGUE
from journeys.diagnostics import near
from journeys.errors import JourneyError

_FIELDS = {"topic", "key", "payload", "after_ms"}


class EnvelopeError(JourneyError):
    """A line is no record."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A record to send."""

    topic: str
    """Name without prefix."""
    key: bytes | None
    value: bytes | None
    after_ms: int = 0
    """When to send it, counted from the start."""


def read_envelope(line: bytes) -> Envelope:
    """Read a line as an envelope or, where it has no `payload`, as an event.

    Raises:
        EnvelopeError: the line is neither.
    """
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        message = f"the line is not JSON: {error}"
        raise EnvelopeError(message) from error
    if not isinstance(value, dict):
        message = f"the line holds {value!r:.40}; expected a JSON object"
        raise EnvelopeError(message)
    if "payload" not in value:
        return Envelope("events", identity(value), line)
    return _envelope(value)


def _envelope(value: dict[str, Any]) -> Envelope:
    unknown = sorted(set(value) - _FIELDS)
    if unknown:
        message = f"an envelope has no field '{unknown[0]}': {near(unknown[0], _FIELDS)}"
        raise EnvelopeError(message)
    topic, key, after = value.get("topic", "events"), value.get("key"), value.get("after_ms", 0)
    names = [known.name for known in CATALOGUE]
    if topic not in names:
        message = f"there is no topic '{topic}': {near(str(topic), names)}"
        raise EnvelopeError(message)
    if not isinstance(after, int) or not (key is None or isinstance(key, str)):
        message = "`key` must be a text and `after_ms` a whole number of milliseconds"
        raise EnvelopeError(message)
    payload = value["payload"]
    data = None if payload is None else orjson.dumps(payload)
    return Envelope(topic, None if key is None else key.encode(), data, after)


def identity(event: dict[str, Any]) -> bytes:
    """Find whom an event is about: the primary identity of its `identityMap`, or the only one.

    Raises:
        EnvelopeError: it names nobody, or several.
    """
    named = event.get("identityMap")
    identities = [
        identity
        for group in (named.values() if isinstance(named, dict) else ())
        for identity in (group if isinstance(group, list) else ())
        if isinstance(identity, dict) and isinstance(identity.get("id"), str)
    ]
    primary = [i for i in identities if i.get("primary") is True]
    found = primary or identities
    if len(found) != 1:
        message = (
            f"the event names {len(found)} primary identities: give its `identityMap` one with "
            '`"primary": true`, or wrap it as {"key": …, "payload": {…}}'
        )
        raise EnvelopeError(message)
    return str(found[0]["id"]).encode()


def show(record: Received) -> str:
    """Write a record with its origin, by the names that kcat uses."""
    try:
        payload = None if record.value is None else orjson.loads(record.value)
    except orjson.JSONDecodeError:
        payload = (record.value or b"").decode(errors="replace")
    return orjson.dumps(
        {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "tstype": "create",
            "ts": record.timestamp,
            "key": record.key,
            "payload": payload,
        }
    ).decode()
