"""Identifiers that are hashes of what they name, so that the same fact has the same id on replay.

Source: design §5, "Ids are hashes". BLAKE2b is in the standard library and the fastest there.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

_SIZE = 16
"""128 bits: a collision needs about 10^19 ids."""


def _digest(kind: bytes, *parts: object) -> str:
    # Length-prefixed parts: ("a", "bc") and ("ab", "c") must not meet.
    digest = blake2b(digest_size=_SIZE, person=kind)
    for part in parts:
        encoded = str(part).encode("utf-8", "surrogatepass")
        digest.update(b"%d:%s" % (len(encoded), encoded))
    return digest.hexdigest()


def instance_id(journey: str, profile: str, key: str | None, event: str, record: str) -> str:
    """Name one walk of one person by the event that began it and the record that brought it.

    The record's place is part of the name because a producer may send the same event id again
    long after the walk has ended: that begins another walk, whose step events need other ids.
    """
    return _digest(b"instance", journey, profile, "" if key is None else f"k{key}", event, record)


def request_id(instance: str, step: str, visit: int) -> str:
    """Name one decision to act; it travels to the provider and makes repeats recognisable."""
    return _digest(b"request", instance, step, visit)


def step_event_id(instance: str, step: str, visit: int, outcome: str) -> str:
    """Name one report of one visit of one step."""
    return _digest(b"step", instance, step, visit, outcome)


def discard_id(instance: str, record: str) -> str:
    """Name the report that a walk could not keep an event."""
    return _digest(b"discard", instance, record)


def refusal_id(journey: str, version: int, profile: str, record: str) -> str:
    """Name one refusal to enter, for which there is no instance."""
    return _digest(b"refusal", journey, version, profile, record)


def emitted_id(instance: str, step: str, visit: int) -> str:
    """Name an event that a walk sends."""
    return _digest(b"emitted", instance, step, visit)


def draw(kind: str, *names: object) -> float:
    """Draw a number from 0 up to, but not, 1, that is the same whenever the same is drawn for."""
    return int(_digest(b"draw", kind, *names)[:13], 16) / 2**52


def experiment_id(journey: str, version: int, step: str) -> str:
    """Name an experiment of a journey version, which is counted by itself."""
    return f"{journey}/{version}/{step}"


def rule_id(texts: Iterable[str]) -> str:
    """Name a rule by the expressions that it is made of."""
    return _digest(b"rule", *texts)


def record_id(topic: str, partition: int, offset: int) -> str:
    """Name an event that brings no id of its own by the place where it lies."""
    return f"{topic}/{partition}/{offset}"


def row_event_id(dataset: str, key: str, content: str) -> str:
    """Name an event of a file that brings no id of its own by what it says."""
    return _digest(b"row", dataset, key, content)
