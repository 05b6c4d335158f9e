"""What must come of a crowd: a second, simple telling of what the definitions say.

Kept small on purpose, and apart from the engine: it imports nothing of it. It reads the records as
they lie on their topics, for a producer that meets a fault may send one twice; who is inside, what
is remembered and what is counted is worked out anew, one person after the other, without time,
state or topics of its own. The definitions are `tests/e2e/probe/survival.yaml`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.faults.survival.crowd import OTHER_TIMES, PREFIX

REMEMBERED = 64
"""Ids of events that are remembered of a person."""
KEEN = 3
"""Events `seen` that make a person keen."""
PLACES = 25
"""People who find a place in the journey of the keen."""
BEGINS = {
    "paid": "receipts",
    "lingered": "lingering",
    "asked": "asking",
    "passed_on": "passing_on",
    "closing": "closing",
}
"""Kind of event to the journey that it begins."""
EMITTED = ("relayed", "shouted")
"""Kinds of events that a journey sends: to its own topic, and to another."""
HEARD = ("answered", "left")
"""Kinds of events that matter to those who are asked something."""

Trace = tuple[str, ...]
"""Step and outcome of each step event of a walk, and branch or reason where there is one."""
_CALLED = ("tell requested", "tell succeeded", "tell completed")
_NOTED = ("entry entered", "note passed", *_CALLED)
_LINGERED = ("entry entered", "pause waiting", "pause passed")
_ASKED = ("entry entered", "hear waiting")
_KEEN = ("entry entered", "few waiting")
WALKED: dict[str, frozenset[Trace]] = {
    "receipts": frozenset({_NOTED}),
    "closing": frozenset({_NOTED}),
    "settling": frozenset({("entry entered", *_CALLED)}),
    "lingering": frozenset(
        {
            (*_LINGERED, *_CALLED),
            # The service that it calls may be dead for longer than a call is tried.
            *(
                (
                    *_LINGERED,
                    "tell requested",
                    f"tell {end} {end} action_{end}",
                    f"lost failed action_{end}",
                )
                for end in ("error", "timeout")
            ),
        }
    ),
    "passing_on": frozenset({("entry entered", "shout passed", "tell passed", "tell completed")}),
    "relayed": frozenset({("entry entered", "hear completed")}),
    "keenness": frozenset(
        {
            (*_KEEN, "few passed", "place completed"),
            (*_KEEN, "few passed full cap", "late completed"),
        }
    ),
}
"""Journey to the ways in which it may be walked; `asking` depends on what comes."""


class Lying(NamedTuple):
    """A record as it lies on a topic."""

    topic: str
    """Its name without a prefix."""
    place: str
    """Name of the topic, partition and offset."""
    key: str | None
    value: bytes | None
    planted: str
    """The reason that its dead letter must give; empty where it can be read."""


class Walk(NamedTuple):
    """One walk of one person."""

    person: str
    journey: str
    key: str | None
    """The value of the entry's key, where it has one."""


@dataclass(slots=True)
class Expected:
    """All that must be told and done, and nothing else may be."""

    walks: dict[Walk, frozenset[Trace]] = field(default_factory=dict)
    """Every walk, and the ways in which it may have gone."""
    entries: dict[str, list[str]] = field(default_factory=dict)
    """Person to what came of each event that could begin a walk, in order."""
    calls: set[str] = field(default_factory=set)
    """Bodies of the calls of which each is made, as JSON."""
    letters: dict[str, str] = field(default_factory=dict)
    """Place of each record that nobody can read to the reason."""
    emitted: set[str] = field(default_factory=set)
    """Events that journeys send, each once: person, kind and number."""

    @property
    def keen(self) -> int:
        """Count those who ask for a place."""
        return sum(1 for walk in self.walks if walk.journey == "keenness")


def expected_of(records: Iterable[Lying]) -> Expected:
    """Work out what must come of records, given in the order in which they lie."""
    expected = Expected()
    people: dict[str, _Person] = {}
    for record in records:
        if record.planted:
            expected.letters[record.place] = record.planted
            continue
        name = str(record.key)
        person = people.setdefault(name, _Person(name, expected))
        if record.topic == "events":
            person.event(json.loads(record.value or b"null"), record.place)
        elif record.value is None:
            person.erased = True
        else:
            person.patch(json.loads(record.value))
    for person in people.values():
        person.end()
    return expected


def body(**fields: object) -> str:
    """Write the body of a call so that it can be compared."""
    return json.dumps(fields, sort_keys=True)


@dataclass(slots=True)
class _Person:
    name: str
    expected: Expected
    remembered: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    total: int = 0
    recently_paid: int = 0
    seen: int = 0
    asking: dict[str, Trace] = field(default_factory=dict)
    """Walks that wait for an answer, by their number."""
    points: tuple[str, int] = ("", 0)
    """Since when they are so, and how many."""
    erased: bool = False

    def event(self, event: dict[str, Any], place: str) -> None:
        kind, n = event["eventType"].removeprefix(PREFIX), str(event["n"])
        if kind == EMITTED[0]:  # by a journey, as is known since the event that it walked for
            return
        name, journey = event.get("_id", place), BEGINS.get(kind)
        if name in self.remembered:
            self._tell(journey, name, "duplicate")
            return
        if journey or kind == "seen" or (kind in HEARD and self.asking):
            self.remembered.append(name)
        self._tell(journey, name, "entered")
        match kind:
            case "paid":
                self._pay(event, n)
            case "seen":
                self._see(event)
            case "lingered":
                self._walk("lingering", n)
                self._call(of="lingering", n=event["n"])
            case "asked":
                self.asking[n] = _ASKED
            case "answered":
                self._leave([n], "hear passed answered", "hear completed")
            case "left":
                self._leave([*self.asking], "hear exited left exit_criteria")
            case "passed_on":
                self._walk("passing_on", n)
                self._walk("relayed", n)
                self.expected.emitted.update(f"{self.name} {kind} {n}" for kind in EMITTED)
            case "closing":
                self._walk("closing", None)
                self._call(of="closing", total=self.total, seen=self.seen)

    def patch(self, patch: dict[str, Any]) -> None:
        if "points" in patch:
            self.points = max(self.points, (patch["_timestamp"], patch["points"]))
        if patch.get("settled"):
            self._walk("settling", None)
            self._call(of="settling", points=self.points[1] or None)

    def end(self) -> None:
        """Walks that still wait do so, or end where the person is erased."""
        for n in [*self.asking]:
            self._leave([n], *(["hear exited erased"] if self.erased else []))

    def _pay(self, event: dict[str, Any], n: str) -> None:
        self.total += event["amount"]
        self.recently_paid += event.get("timestamp") not in OTHER_TIMES
        self._walk("receipts", n)
        self._call(of="receipts", n=event["n"], total=self.total, recent=self.recently_paid)

    def _see(self, event: dict[str, Any]) -> None:
        self.seen += 1
        if self.seen == KEEN:
            self._walk("keenness", None)

    def _leave(self, numbers: list[str], *lines: str) -> None:
        for n in numbers:
            walked = self.asking.pop(n, None)
            if walked is not None:
                walk = Walk(self.name, "asking", n)
                self.expected.walks[walk] = frozenset({(*walked, *lines)})

    def _walk(self, journey: str, key: str | None) -> None:
        self.expected.walks[Walk(self.name, journey, key)] = WALKED[journey]

    def _call(self, **fields: object) -> None:
        self.expected.calls.add(body(person=self.name, **fields))

    def _tell(self, journey: str | None, event: str, outcome: str) -> None:
        if journey is not None:
            told = self.expected.entries.setdefault(self.name, [])
            told.append(f"{journey} {event} {outcome}")
