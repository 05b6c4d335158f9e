"""Load as it comes in practice: few people do much, events come twice and out of order.

Drawn from a seed: the same numbers give the same events.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
TWICE = 0.01
"""Part of the events that come a second time, under the same `_id`."""
LATE = 0.05
"""Part of the events whose own time lies up to an hour back."""
SKEW = 3
"""How much the few do: of 3, a hundredth of the people do a fifth of everything."""
SESSION = 50_000
"""Events of everybody, within which those of one person are one session."""
PERSON = "person-"
"""What ids of people begin with."""
WORDS = ("tea", "cup", "kettle", "filter", "scale", "spoon", "tin", "sieve")


@dataclass(frozen=True)
class Load:
    """What is sent."""

    events: int
    people: int
    matching: float
    """Part of the events that some journey listens to, from 0 to 1."""
    listened: int
    """Types that journeys listen to: `match.0`, `match.1`, …."""
    others: int = 200
    """Types that no journey listens to."""
    seed: int = 7
    first: int = 0
    """Number of the first event: ids are made of it."""

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        """Give key and value of each event."""
        chance = random.Random(self.seed)
        record = None
        for number in range(self.first, self.first + self.events):
            if record is None or chance.random() >= TWICE:
                record = self._record(chance, number)
            yield record

    def _record(self, chance: random.Random, number: int) -> tuple[bytes, bytes]:
        person = int(self.people * chance.random() ** SKEW)
        if chance.random() < self.matching:
            kind = f"match.{chance.randrange(self.listened)}"
        else:
            kind = f"other.{chance.randrange(self.others)}"
        at = START + timedelta(milliseconds=number)
        if chance.random() < LATE:
            at -= timedelta(seconds=chance.randrange(3_600))
        return f"{PERSON}{person}".encode(), _event(chance, person, kind, at, number)


def _event(chance: random.Random, person: int, kind: str, at: datetime, number: int) -> bytes:
    return orjson.dumps(
        {
            "_id": f"{number:x}",
            "eventType": kind,
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "identityMap": {"ecid": [{"id": f"{PERSON}{person}", "primary": True}]},
            "total": chance.randrange(1, 500),
            "web": {"page": f"/shop/{chance.choice(WORDS)}/{chance.randrange(1000)}", "ms": 1234},
            "items": [
                {"sku": chance.choice(WORDS), "price": chance.randrange(1, 90)}
                for _ in range(chance.randrange(1, 4))
            ],
            "session": f"{person:08x}{number // SESSION:08x}",
        }
    )
