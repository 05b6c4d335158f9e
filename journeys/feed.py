"""A stretch of the topic of events: whether it is fed, and what the job makes of its records.

Records are judged as the job judges them, without any person: which cannot be read and why, which
definitions they match and which journeys would listen, and what is odd about keys and identities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from journeys.activation import EventReceived
from journeys.advice import advice
from journeys.datasets import KeptOut
from journeys.diagnostics import near
from journeys.expressions import ExpressionError
from journeys.letters import object_of
from journeys.messages import JsonObject
from journeys.outcomes import DeadLetterReason
from journeys.plans import Plans
from journeys.records import DeadLetter, Record, read_event

_REMEMBERED = 100_000
"""Ids of events by which repeats are told."""
_SAMPLE = 300
"""Characters of a record that are shown."""
_BY_DETAIL = (DeadLetterReason.SCHEMA, DeadLetterReason.WRONG_TYPE)
"""Of these the sentence names the field: each is a fault of its own."""


@dataclass
class Fault:
    """One way in which records cannot be used."""

    reason: str
    detail: str
    """Of the first such record."""
    count: int = 0
    place: str = ""
    """Where the first one lies."""
    sample: str = ""
    """How it begins."""

    @property
    def advice(self) -> str | None:
        """What to do."""
        return advice(self.reason)


@dataclass
class Feed:
    """What has been seen so far."""

    plans: Plans
    now: int
    partitions: Counter[int] = field(default_factory=Counter)
    """Partition to the number of its records."""
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    matched: dict[str, Counter[str]] = field(default_factory=dict)
    """Id of an event to the journeys that listen, and how often each heard it."""
    unheard: Counter[str] = field(default_factory=Counter)
    """Type of an event that nothing listens to."""
    kept_out: Counter[str] = field(default_factory=Counter)
    """Dataset whose records go into no profile."""
    strangers: Counter[str] = field(default_factory=Counter)
    """Namespace that a journey asks for to the number of records whose `identityMap` lacks it."""
    without_id: int = 0
    """Records without an `_id`: one that is sent twice counts twice."""
    repeats: int = 0
    """Records whose `_id` came before."""
    _seen: set[str] = field(default_factory=set)

    def take(self, record: Record) -> None:
        """Look at one more record."""
        self.partitions[record.partition] += 1
        read = read_event(record, self.plans)
        if isinstance(read, DeadLetter):
            self._refuse(read)
        elif isinstance(read, KeptOut):
            self.kept_out[read.dataset] += 1
        elif isinstance(read, EventReceived):
            self._match(read, object_of(record.value) or {})

    @property
    def count(self) -> int:
        """How many records came."""
        return self.partitions.total()

    @property
    def is_sound(self) -> bool:
        """Say whether records came, all could be used, and some journey listens to some of them."""
        return self.count > 0 and not self.faults and bool(self.matched)

    def _refuse(self, letter: DeadLetter) -> None:
        detail = letter.detail if letter.reason in _BY_DETAIL else ""
        fault = self.faults.setdefault((letter.reason, detail), Fault(letter.reason, letter.detail))
        if not fault.count:
            record = letter.record
            fault.place = f"{record.topic}/{record.partition}/{record.offset}"
            fault.sample = (record.value or b"")[:_SAMPLE].decode(errors="replace")
        fault.count += 1

    def _match(self, event: EventReceived, payload: JsonObject) -> None:
        self._identify(payload)
        found = False
        for plan, definition in self.plans.listening(event.event_type):
            try:
                matches = definition.matches(event.event_type, event.payload, self.now)
            except ExpressionError:
                continue
            if matches and self.plans.is_entered(plan):
                found = True
                named = self.matched.setdefault(definition.id, Counter())
                named[f"{plan.journey} v{plan.version}"] += 1
                identities = payload.get("identityMap")
                if isinstance(identities, dict) and plan.namespace not in identities:
                    self.strangers[plan.namespace] += 1
        if not found:
            self.unheard[event.event_type] += 1

    def _identify(self, payload: JsonObject) -> None:
        name = payload.get("_id")
        if not isinstance(name, str):
            self.without_id += 1
        elif name in self._seen:
            self.repeats += 1
        elif len(self._seen) < _REMEMBERED:
            self._seen.add(name)

    def lines(self, seconds: float | None = None) -> Iterator[str]:
        """Write it for people.

        Args:
            seconds: how long it was listened; None: the records do not come from a live topic.
        """
        rate = "" if not seconds else f", {self.count / seconds:.1f} a second"
        yield f"records      {self.count}{rate}"
        for partition, count in sorted(self.partitions.items()):
            rate = "" if not seconds else f", {count / seconds:.1f} a second"
            yield f"  partition {partition}  {count}{rate}"
        yield f"matched      {len(self.matched)} events" if self.matched else "matched      nothing"
        for event, journeys in sorted(self.matched.items()):
            told = ", ".join(f"{name} {count}" for name, count in sorted(journeys.items()))
            yield f"  {event}  {told}"
        yield from self._odd()
        yield f"unusable     {sum(fault.count for fault in self.faults.values())}"
        for fault in sorted(self.faults.values(), key=lambda one: -one.count):
            yield f"  {fault.reason}  {fault.count}, such as {fault.place}: {fault.detail}"
            yield f"    begins   {' '.join(fault.sample.split())}"
            yield f"    to do    {fault.advice}"

    def _odd(self) -> Iterator[str]:
        yield f"not heard    {self.unheard.total()}"
        known = sorted({t for plan in self.plans for t in plan.event_types if t is not None})
        for kind, count in self.unheard.most_common():
            yield f"  {kind}  {count}: nothing listens; {near(kind, known)}"
        for dataset, count in sorted(self.kept_out.items()):
            yield f"  dataset {dataset}  {count}: its records go into no profile"
        if self.without_id:
            yield f"without _id  {self.without_id}: sent twice, they count twice"
        if self.repeats:
            yield f"repeats      {self.repeats}: their `_id` came before; they count once"
        for namespace, count in sorted(self.strangers.items()):
            yield (
                f"identities   {count} name nobody in the namespace '{namespace}' of a journey "
                f"that listens: their key is not checked"
            )
