"""One run of the rig: a crowd, what goes wrong meanwhile, and what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from random import Random

from kafka import KafkaConsumer, TopicPartition

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received, Writer, ends, read_topic
from tests.e2e.rig import PREFIX, Rig
from tests.faults.survival import crowd, model
from tests.faults.survival.checker import Called, Observed, Trouble, differences, is_place
from tests.faults.survival.crowd import PLANTED, Sent, Size
from tests.faults.survival.faults import Fault, Scene
from tests.faults.survival.model import Expected, Lying, expected_of

TOPICS = ("events", "profiles", "feedback")
"""Where people send something."""
READ = (*TOPICS, "step-events", "dead-letters", "echoes", "results")
TRANSACTIONAL = ("step-events", "dead-letters", "echoes")
"""Where the job writes in transactions, and others do not write."""
PATIENCE_S = 120.0
"""How long it is waited until everything has come of a crowd."""
LOOK_S = 1.0
"""Between two looks at what has come."""
LEFT_OVER_S = 3.0
"""Time after that in which nothing more may come: several checkpoints."""


@dataclass
class Story:
    """What a run has to tell."""

    seed: int
    differences: list[str] = field(default_factory=list)
    """Everything that was not as it must be."""
    faults: list[str] = field(default_factory=list)
    """What was done, when, and how long it took until all was well again."""
    counts: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return "\n".join([f"seed {self.seed}: {counts}", *self.faults, *self.differences])


class Run:
    """A crowd on a stack that runs, and faults."""

    def __init__(self, rig: Rig, seed: int, size: Size, seconds: float) -> None:
        """Say who comes.

        Args:
            rig: the stack.
            seed: what chance begins with; it is also in the names of the people.
            size: how large the crowd is.
            seconds: how long it takes to send all of what it sends while something goes wrong.
        """
        self.rig, self.seed, self.size, self.seconds = rig, seed, size, seconds
        self.scene = Scene(rig)
        self.story = Story(seed)
        self.bootstrap = rig.stack.bootstrap
        self._begins = {name: ends(self.bootstrap, PREFIX + name) for name in READ}
        self._calls_before = len(rig.quick.calls()), len(rig.frail.calls())
        self._places = model.PLACES - self._given()
        self._troubles: list[Trouble] = []

    def play(self, faults: Sequence[Fault]) -> Story:
        """Let everything happen, and hold what came of it against what must."""
        chance = Random(f"faults/{self.seed}")
        begun = time.time()
        with ThreadPoolExecutor(1) as beside:
            sending = beside.submit(self._send, crowd.storm(self.seed, self.size), self.seconds)
            for fault in chance.sample(faults, len(faults)):
                time.sleep(chance.uniform(0.5, 2))
                self._go_wrong(fault, chance, begun)
            sending.result(timeout=self.seconds + PATIENCE_S)
        if self._is_all_told() and self._follows(crowd.closing) and self._follows(crowd.erasure):
            time.sleep(LEFT_OVER_S)
        expected, observed = self._expected(), self._observed()
        self.story.differences = [
            *self._unsent(),
            *_left_open(self.bootstrap),
            *differences(expected, observed),
        ]
        self._count(expected, observed)
        return self.story

    def _follows(self, part: Callable[[int, Size], Sequence[Sent]]) -> bool:
        self._send(part(self.seed, self.size))
        return self._is_all_told()

    def _go_wrong(self, fault: Fault, chance: Random, begun: float) -> None:
        since = time.time()
        fault.do(self.scene, chance)
        undone = time.time()
        took = self.scene.await_recovery()
        self._troubles.append(Trouble(since, time.time(), fault.zombie))
        when = f"{since - begun:5.1f} s: {fault.what}, for {undone - since:.1f} s"
        self.story.faults.append(f"{when}; well again {took:.1f} s later ({fault.ids})")

    def _send(self, records: Sequence[Sent], seconds: float = 0) -> None:
        start = time.monotonic()
        with Writer(self.bootstrap) as writer:
            for number, sent in enumerate(records):
                pause = start + number * seconds / len(records) - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                headers = [(PLANTED, sent.planted.encode())] if sent.planted else []
                writer.write(PREFIX + sent.topic, sent.key, sent.value, headers)

    def _is_all_told(self) -> bool:
        """Wait until everything has come of what was sent; say whether it has, in time."""
        deadline = time.monotonic() + PATIENCE_S
        while differences(self._expected(), self._observed()):
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_S)
        return True

    def _expected(self) -> Expected:
        return expected_of(self._lying())

    def _lying(self) -> Iterator[Lying]:
        for topic in TOPICS:
            for record in sorted(self._read(topic), key=lambda r: (r.partition, r.offset)):
                place = f"{record.topic}/{record.partition}/{record.offset}"
                planted = _planted(record)
                if planted or self._is_of_the_crowd(record):
                    yield Lying(topic, place, record.key, record.value, planted)

    def _unsent(self) -> Iterator[str]:
        """Name what was sent and lies nowhere: then the rig itself has lost it."""
        lying = {(r.topic, r.key, r.value) for topic in TOPICS for r in self._read(topic)}
        for sent in crowd.storm(self.seed, self.size):
            key = None if sent.key is None else sent.key.decode(errors="replace")
            if (PREFIX + sent.topic, key, sent.value) not in lying:
                yield f"not on its topic: {sent}"

    def _observed(self) -> Observed:
        events = [json.loads(r.value or b"") for r in self._ordered("step-events")]
        quick, frail = self._calls_before
        calls = [*self.rig.quick.calls()[quick:], *self.rig.frail.calls()[frail:]]
        return Observed(
            events=[e for e in events if e["profile_id"].startswith(self._people)],
            calls=[
                Called(*call) for call in calls if str(call.body["person"]).startswith(self._people)
            ],
            letters=[json.loads(r.value or b"") for r in self._read("dead-letters")],
            emitted=list(self._emitted()),
            results=self._results(),
            troubles=self._troubles,
            places=self._places,
        )

    def _emitted(self) -> Iterator[str]:
        for topic in ("events", "echoes"):
            for record in filter(self._is_of_the_crowd, self._read(topic)):
                if not _planted(record):
                    event = json.loads(record.value or b"")
                    kind = event["eventType"].removeprefix(crowd.PREFIX)
                    if kind in model.EMITTED:
                        yield f"{record.key} {kind} {event['n']}"

    def _results(self) -> Mapping[str, float]:
        known: dict[str, float] = {}
        for record in filter(self._is_of_the_crowd, self._read("results")):
            request = json.loads(record.value or b"")["result"]["request_id"]
            known.setdefault(request, record.timestamp / 1000)
        return known

    def _count(self, expected: Expected, observed: Observed) -> None:
        requests = {call.key for call in observed.calls}
        self.story.counts = {
            "records": sum(1 for _ in self._lying()),
            "people": self.size.people,
            "walks": len(expected.walks),
            "step events": len(observed.events),
            "calls": len(requests),
            "made again": len(observed.calls) - len(requests),
            "dead letters": len(observed.letters),
        }

    @property
    def _people(self) -> str:
        return f"storm-{self.seed}-"

    def _is_of_the_crowd(self, record: Received) -> bool:
        return str(record.key).startswith(self._people)

    def _read(self, topic: str) -> Iterator[Received]:
        return read_topic(self.bootstrap, PREFIX + topic, start=self._begins[topic])

    def _ordered(self, topic: str) -> list[Received]:
        return sorted(self._read(topic), key=lambda record: (record.partition, record.offset))

    def _given(self) -> int:
        """Count the places that crowds before this one were given."""
        return sum(map(is_place, self.rig.read("step-events")))


def _planted(record: Received) -> str:
    return dict(record.headers).get(PLANTED, b"").decode()


def _left_open(bootstrap: Bootstrap) -> Iterator[str]:
    """Name partitions whose readers wait for the end of a transaction."""
    with ExitStack() as opened:
        seen, written = (
            opened.enter_context(
                closing(KafkaConsumer(bootstrap_servers=str(bootstrap), isolation_level=level))
            )
            for level in ("read_committed", "read_uncommitted")
        )
        for topic in TRANSACTIONAL:
            numbers = written.partitions_for_topic(PREFIX + topic) or ()
            places = [TopicPartition(PREFIX + topic, number) for number in numbers]
            committed = seen.end_offsets(places)
            for place, end in written.end_offsets(places).items():
                if committed[place] != end:
                    yield f"left open: a transaction on {place.topic}/{place.partition}"
