"""The metrics that are counted over step events: their names, and those that others are made of.

A record's key names the metric and every dimension, the journey first: the last record of a key is
the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson

from journeys.clock import parse_instant
from journeys.fixed import fixed
from journeys.outcomes import Outcome, Reason

STEPS = "journeys_steps_total"
"""Every step event counts in exactly one record of it."""
WALKS = "journeys_walks_total"
"""Who came into a version and who left it, since counting began."""
MESSAGES = "journeys_messages_total"
LATENCY = "journeys_latency_ms"
DEAD_LETTERS = "journeys_dead_letters_total"
INSIDE = "journeys_inside"
"""How many people are inside, as the job that runs journeys says by its own state."""
DRIFT = "journeys_ledger_drift"


@fixed
class Counted:
    """What was counted of one minute: a record of `journeys_steps_total`."""

    minute: int
    """Beginning of the minute, in milliseconds."""
    version: int
    outcome: Outcome
    reason: Reason | None
    action: str | None
    value: int


@fixed
class Moved:
    """Who came or left in all, of one kind: a record of `journeys_walks_total`."""

    version: int
    outcome: Outcome
    value: int
    latest: int
    """When the latest of them came or left, in milliseconds."""


@fixed
class Inside:
    """How many are inside: a record of `journeys_inside`."""

    version: int
    value: int


def read_metric(text: str | bytes) -> Counted | Moved | Inside | None:
    """Read a record of the three; what is none of them is None."""
    with suppress(KeyError, TypeError, ValueError):
        found: dict[str, Any] = orjson.loads(text)
        read = _READ.get(found["metric"])
        return None if read is None else read(found)
    return None


def _counted(found: dict[str, Any]) -> Counted:
    reason = found["reason"]
    return Counted(
        parse_instant(found["window_start"]),
        found["journey_version"],
        Outcome(found["outcome"]),
        None if reason is None else Reason(reason),
        found["action_id"],
        found["value"],
    )


def _moved(found: dict[str, Any]) -> Moved:
    outcome, latest = Outcome(found["outcome"]), parse_instant(found["latest"])
    return Moved(found["journey_version"], outcome, found["value"], latest)


def _inside(found: dict[str, Any]) -> Inside:
    return Inside(found["journey_version"], found["value"])


_READ: Mapping[str, Callable[[dict[str, Any]], Counted | Moved | Inside]] = {
    STEPS: _counted,
    WALKS: _moved,
    INSIDE: _inside,
}
