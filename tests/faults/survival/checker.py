"""What came of a crowd, held against what must come of it: every difference in a sentence.

Nothing is lost, nothing is told twice, nobody is called without being asked for, and whatever is
done twice has a fault that excuses it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import Any, NamedTuple

from tests.faults.survival.model import BEGINS, PLACES, Expected, Trace, Walk, body

StepEvent = Mapping[str, Any]
SHOWN = 5
"""Differences of one kind that are shown."""
SLACK_S = 0.05
"""Two clocks, of the broker and of the service that is called, are read one after the other."""


class Called(NamedTuple):
    """A call, as the service that was called noted it."""

    at: float
    """Seconds since 1970."""
    key: str
    """Its `Idempotency-Key`."""
    body: Mapping[str, Any]


class Trouble(NamedTuple):
    """A time in which calls may be made again, because something was killed or stood still."""

    since: float
    until: float
    """Seconds since 1970."""
    zombie: bool = False
    """Whether a worker may have gone on that others took for dead."""


@dataclass(slots=True)
class Observed:
    """All that a run has left behind of its people, in the order of the topics."""

    events: Sequence[StepEvent] = ()
    calls: Sequence[Called] = ()
    letters: Sequence[Mapping[str, Any]] = ()
    emitted: Sequence[str] = ()
    """Person, kind and number of each event that a journey sent."""
    results: Mapping[str, float] = field(default_factory=dict)
    """Request to when its result first lay on its topic, in seconds since 1970."""
    troubles: Sequence[Trouble] = ()
    places: int = PLACES
    """Places that were free before."""


def differences(expected: Expected, observed: Observed) -> list[str]:
    """Say everything that is not as it must be; empty where all is."""
    return [line for check in CHECKS for line in _few(check.__name__, check(expected, observed))]


def _few(name: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    yield from (f"{name.replace('_', ' ')}: {line}" for line in found[:SHOWN])
    if len(found) > SHOWN:
        yield f"{name.replace('_', ' ')}: and {len(found) - SHOWN} more"


def told_once(_: Expected, observed: Observed) -> Iterator[str]:
    """Hold ids of step events against each other."""
    counted = Counter(event["event_id"] for event in observed.events)
    for event in observed.events:
        if counted.pop(event["event_id"], 1) > 1:
            yield f"twice: {_shown(event)}"


def walked(expected: Expected, observed: Observed) -> Iterator[str]:
    """Hold every walk against the ways in which it may have gone."""
    found = walks(observed.events)
    for walk, ways in expected.walks.items():
        traces = found.pop(walk, [])
        if not traces:
            yield f"lost: {walk}"
        elif len(traces) > 1:
            yield f"begun {len(traces)} times: {walk}"
        elif traces[0] not in ways:
            yield f"another way: {walk}: {traces[0]}; expected {sorted(ways)}"
    yield from (f"not expected: {walk}: {traces}" for walk, traces in found.items())


def in_order(expected: Expected, observed: Observed) -> Iterator[str]:
    """Hold what came of each person's events against the order in which they lay."""
    told: dict[str, list[str]] = defaultdict(list)
    journeys = frozenset(BEGINS.values())
    for event in observed.events:
        if event["step_id"] == "entry" and event["journey_id"] in journeys:
            outcome = event["reason"] or event["outcome"]
            line = f"{event['journey_id']} {event['trigger_event_id']} {outcome}"
            told[event["profile_id"]].append(line)
    for person in expected.entries.keys() | told.keys():
        must, did = expected.entries.get(person, []), told[person]
        if must != did:
            same = takewhile(lambda pair: pair[0] == pair[1], zip(must, did, strict=False))
            at = sum(1 for _ in same)
            yield f"{person} from {at} on: {did[at : at + 2]}; expected {must[at : at + 2]}"


def never_early(_: Expected, observed: Observed) -> Iterator[str]:
    """Hold the end of each wait against its instant."""
    due = {}
    for event in observed.events:
        place = event["instance_id"], event["step_id"]
        if event["outcome"] == "waiting" and event["due_at"]:
            due[place] = event["due_at"]
        elif event["cause"] == "timer" and event["occurred_at"] < due.get(place, ""):
            yield f"{_shown(event)} at {event['occurred_at']}; due at {due[place]}"


def places_given(expected: Expected, observed: Observed) -> Iterator[str]:
    """Hold the places that were given against those that there were."""
    given = sum(1 for e in observed.events if is_place(e))
    must = min(observed.places, expected.keen)
    if given != must:
        yield f"{given} were given; {observed.places} were free, and {expected.keen} were asked for"


def is_place(event: StepEvent) -> bool:
    """Say whether somebody was given a place."""
    return (event["journey_id"], event["step_id"], event["outcome"], event["branch"]) == (
        "keenness",
        "few",
        "passed",
        None,
    )


def called(expected: Expected, observed: Observed) -> Iterator[str]:
    """Hold calls against what was decided, and each request against its calls."""
    asked = {e["request_id"] for e in observed.events if e["outcome"] == "requested"}
    done = {e["request_id"] for e in observed.events if e["outcome"] == "succeeded"}
    keys: dict[str, set[str]] = defaultdict(set)
    for call in observed.calls:
        keys[body(**call.body)].add(call.key)
    for said, ids in keys.items():
        if said not in expected.calls:
            yield f"nobody was to be told {said}"
        if len(ids) > 1:
            yield f"under {len(ids)} ids: {said}"
    made = {call.key for call in observed.calls}
    yield from (f"no step event asks for {key}" for key in made - asked)
    # A place behind a cap is asked for without a call.
    places = {e["request_id"] for e in observed.events if e["journey_id"] == "keenness"}
    yield from (f"succeeded without a call: {key}" for key in done - made - places)


def called_again(_: Expected, observed: Observed) -> Iterator[str]:
    """Hold repeats against what excuses them: a trouble between, and no result known before."""
    calls: dict[str, list[float]] = defaultdict(list)
    for call in observed.calls:
        calls[call.key].append(call.at)
    for key, times in calls.items():
        for first, again in pairwise(times):
            excuses = [t for t in observed.troubles if first <= t.until and again >= t.since]
            if not excuses:
                yield f"{key} at {first:.3f} and at {again:.3f}, while all was well"
            known = observed.results.get(key)
            is_known = known is not None and known < again - SLACK_S
            if excuses and is_known and not any(t.zombie for t in excuses):
                yield f"{key} at {again:.3f}, though its result was known at {known:.3f}"


def dead_letters(expected: Expected, observed: Observed) -> Iterator[str]:
    """Hold dead letters against the records that nobody can read: one for each."""
    found = Counter(letter["dead_letter_id"] for letter in observed.letters)
    yield from (f"{count} of {place}" for place, count in found.items() if count > 1)
    reasons = {letter["dead_letter_id"]: letter["reason"] for letter in observed.letters}
    for place in expected.letters.keys() | reasons.keys():
        must, did = expected.letters.get(place), reasons.get(place)
        if must != did:
            yield f"{place} is {did}; expected {must}"


def sent_on(expected: Expected, observed: Observed) -> Iterator[str]:
    """Hold events that journeys send against those that they must send."""
    found = Counter(observed.emitted)
    for event in expected.emitted | found.keys():
        if found[event] != (event in expected.emitted):
            yield f"{event}: {found[event]} times"


Check = Callable[[Expected, Observed], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    told_once,
    walked,
    in_order,
    never_early,
    places_given,
    called,
    called_again,
    dead_letters,
    sent_on,
)


def walks(events: Iterable[StepEvent]) -> dict[Walk, list[Trace]]:
    """Give the traces of each walk; more than one where it was begun more than once."""
    traces: dict[tuple[Walk, str], list[str]] = defaultdict(list)
    for event in events:
        if event["instance_id"] is not None:
            walk = Walk(event["profile_id"], event["journey_id"], event["instance_key"])
            traces[walk, event["instance_id"]].append(_line(event))
    found: dict[Walk, list[Trace]] = defaultdict(list)
    for (walk, _), lines in traces.items():
        found[walk].append(tuple(lines))
    return found


def _line(event: StepEvent) -> str:
    words = (event[name] for name in ("step_id", "outcome", "branch", "reason"))
    return " ".join(word for word in words if word)


def _shown(event: StepEvent) -> str:
    return f"{event['profile_id']} {event['journey_id']}/{event['instance_key']}: {_line(event)}"
