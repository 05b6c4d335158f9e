"""What a backtest counts: facts, and how often each of them was so.

A fact is a short tuple that begins with its kind. Counts of any parts of the people add up, in any
order, and travel as lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeAlias

import orjson

from journeys.step_event import StepEvent

Fact: TypeAlias = tuple[str | int | None, ...]
Tally: TypeAlias = Counter[Fact]


class Kind(StrEnum):
    """Kinds of facts, each with what follows it."""

    RECORD = "record"
    """Topic: a record that was read."""
    LEFT_OUT = "left_out"
    """Why: a record that came to nobody."""
    ANSWER = "answer"
    """Where an answer is from: `said`, `recorded` or `modelled`."""
    PERSON = "person"
    """Somebody of whom anything was recorded."""
    ENTERED = "entered"
    """Journey, version: somebody who entered at least once."""
    STEP = "step"
    """Journey, version, step, outcome, branch, reason: a step event."""
    INSIDE = "inside"
    """Journey, version, step: a walk that stands there at the end."""
    MESSAGE = "message"
    """Action, channel: something that was to be sent."""
    MESSAGES = "messages"
    """How many were to be sent to somebody."""
    PLACE = "place"
    """Cap, its places: somebody asked for one."""
    ONLY_HERE = "only_here"
    """Journey: somebody who enters it on this side of two, and not on the other."""
    EXAMPLE = "example"
    """Journey, person: one of them."""


def fact_of(event: StepEvent) -> Fact:
    """Give what of a step event is counted."""
    return (
        Kind.STEP,
        event.journey_id,
        event.journey_version,
        event.step_id,
        event.outcome,
        event.branch,
        event.reason,
    )


def of_kind(tally: Tally, kind: Kind) -> Iterator[tuple[Fact, int]]:
    """Give the facts of a kind, without their kind, each with how often it was so."""
    return ((fact[1:], count) for fact, count in tally.items() if fact[0] == kind)


def dump_tallies(tallies: Iterable[Tally]) -> bytes:
    """Write tallies; whoever reads them is of the same release."""
    return orjson.dumps([[[[*fact], n] for fact, n in tally.items()] for tally in tallies])


def load_tallies(data: bytes) -> list[Tally]:
    """Read tallies."""
    return [Counter({tuple(fact): n for fact, n in tally}) for tally in orjson.loads(data)]
