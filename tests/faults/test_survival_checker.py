"""The checker can fail: whatever is planted - a loss, a repeat, another order - is told."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from tests.faults.survival.checker import Called, Observed, Trouble, differences
from tests.faults.survival.crowd import Size, closing, erasure, storm
from tests.faults.survival.model import Expected, expected_of
from tests.faults.survival.simulated import played

SIZE = Size(people=12, hot=40)
SEED = 3


@cache
def _run() -> tuple[Expected, Observed]:
    parts = [storm(SEED, SIZE), closing(SEED, SIZE), erasure(SEED, SIZE)]
    lying, observed = played(parts)
    return expected_of(lying), observed


@pytest.fixture
def expected() -> Expected:
    return _run()[0]


@pytest.fixture
def observed() -> Observed:
    """Give what came of a run in which nothing failed, to be falsified."""
    return deepcopy(_run()[1])


def test_a_run_in_which_nothing_fails_is_green(expected: Expected, observed: Observed) -> None:
    assert differences(expected, observed) == []


def test_every_loss_of_one_record_is_told(expected: Expected, observed: Observed) -> None:
    for name in ("events", "calls", "letters", "emitted"):
        whole = list(getattr(observed, name))
        for at in range(len(whole)):
            setattr(observed, name, whole[:at] + whole[at + 1 :])
            assert differences(expected, observed), whole[at]
        setattr(observed, name, whole)


def test_every_repeat_of_one_record_is_told(expected: Expected, observed: Observed) -> None:
    for name in ("events", "calls", "letters", "emitted"):
        whole = list(getattr(observed, name))
        for at in range(0, len(whole), 7):
            setattr(observed, name, [*whole, whole[at]])
            assert differences(expected, observed), whole[at]
        setattr(observed, name, whole)


def test_every_exchange_of_two_step_events_of_a_walk_is_told(
    expected: Expected, observed: Observed
) -> None:
    events = list(observed.events)
    for at in range(len(events) - 1):
        one, other = events[at], events[at + 1]
        if one["instance_id"] == other["instance_id"] is not None:
            observed.events = [*events[:at], other, one, *events[at + 2 :]]
            assert differences(expected, observed), (one, other)


def test_every_exchange_of_two_entries_of_a_person_is_told(
    expected: Expected, observed: Observed
) -> None:
    events = list(observed.events)
    entries = [at for at, e in enumerate(events) if e["step_id"] == "entry" and e["event_type"]]
    by_events = [at for at in entries if events[at]["journey_id"] != "relayed"]
    exchanged = 0
    for one, other in pairwise(by_events):
        if events[one]["profile_id"] == events[other]["profile_id"]:
            moved = list(events)
            moved[one], moved[other] = moved[other], moved[one]
            observed.events = moved
            assert any(line.startswith("in order") for line in differences(expected, observed))
            exchanged += 1
    assert exchanged > 50


def _second_walk(observed: Observed) -> None:
    walk = next(e["instance_id"] for e in observed.events if e["journey_id"] == "receipts")
    again = [e for e in observed.events if e["instance_id"] == walk]
    copies = [{**e, "instance_id": "other", "event_id": f"other {e['event_id']}"} for e in again]
    observed.events = [*observed.events, *copies]


def _changed(of: str, **fields: Any) -> Callable[[Observed], None]:
    def plant(observed: Observed) -> None:
        events = [dict(e) for e in observed.events]
        next(e for e in events if e["outcome"] == of).update(fields)
        observed.events = events

    return plant


def _early(observed: Observed) -> None:
    events = [dict(e) for e in observed.events]
    next(e for e in events if e["cause"] == "timer")["occurred_at"] = "2026-01-01T00:00:00Z"
    observed.events = events


def _one_place_more(observed: Observed) -> None:
    observed.places = 1


def _other_total(observed: Observed) -> None:
    """State was lost, or counted twice: the sum that a person is told is another."""
    calls = list(observed.calls)
    at = next(n for n, call in enumerate(calls) if "total" in call.body)
    call = calls[at]
    calls[at] = call._replace(body={**call.body, "total": call.body["total"] + 1})
    observed.calls = calls


def _phantom(observed: Observed) -> None:
    observed.calls = [*observed.calls, observed.calls[0]._replace(key="nobody asked")]


def _other_reason(observed: Observed) -> None:
    observed.letters = [{**observed.letters[0], "reason": "unworkable"}, *observed.letters[1:]]


def _letter_of_a_good_record(observed: Observed) -> None:
    letter = {**observed.letters[0], "dead_letter_id": "events/0/999999"}
    observed.letters = [*observed.letters, letter]


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (_second_walk, "begun 2 times"),
        (_changed("succeeded", outcome="error"), "another way"),
        (_changed("entered", profile_id="a stranger"), "not expected"),
        (_early, "never early"),
        (_one_place_more, "places given"),
        (_other_total, "nobody was to be told"),
        (_phantom, "no step event asks for"),
        (_other_reason, "is unworkable; expected"),
        (_letter_of_a_good_record, "expected None"),
    ],
)
def test_what_is_planted_is_told(
    plant: Callable[[Observed], None], told: str, expected: Expected, observed: Observed
) -> None:
    plant(observed)
    assert any(told in line for line in differences(expected, observed))


@pytest.mark.parametrize(
    ("trouble", "known", "told"),
    [
        (None, None, "while all was well"),
        (Trouble(0, 1), None, "while all was well"),
        (Trouble(100.5, 101), None, None),
        (Trouble(90, 103), None, None),
        (Trouble(100.5, 101), 103.0, None),
        (Trouble(100.5, 101), 100.1, "though its result was known"),
        (Trouble(100.5, 101, zombie=True), 100.1, None),
    ],
)
def test_a_call_is_made_again_only_with_an_excuse(
    trouble: Trouble | None, known: float | None, told: str | None
) -> None:
    calls = [Called(100, "k", {}), Called(102, "k", {})]
    results = {} if known is None else {"k": known}
    observed = Observed(calls=calls, results=results, troubles=[trouble] if trouble else [])
    lines = [line for line in differences(Expected(calls={"{}"}), observed) if "again" in line]
    assert bool(lines) == bool(told)
    assert all(str(told) in line for line in lines)


def test_of_many_differences_some_are_shown(expected: Expected, observed: Observed) -> None:
    events = list(observed.events)
    Random(1).shuffle(events)
    observed.events = events
    lines = differences(expected, observed)
    assert len(lines) < 20
    assert any("more" in line for line in lines)
