"""A crowd at the engine in virtual time, where nothing fails: what the checker is given then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import orjson

from jobs.folder import read_folder
from journeys import codec
from journeys.clock import parse_instant
from journeys.command import EmitEvent, Report, RequestAction
from journeys.datasets import KeptOut
from journeys.identifiers import record_id
from journeys.plans import Plans
from journeys.records import DeadLetter, Record, read_event, read_feedback, read_profile
from journeys.simulator import Answers, Simulator, succeed
from tests.faults.survival.checker import Called, Observed
from tests.faults.survival.crowd import PREFIX, Sent
from tests.faults.survival.model import Lying

START = parse_instant("2026-11-26T08:00:00Z")
PROBE = Path(__file__).parents[2] / "e2e" / "probe"
STEP_MS = 20
"""Between two records."""
AFTERWARDS_MS = 20_000
"""Longer than anybody waits but for an answer."""


def played(
    parts: Iterable[Sequence[Sent]], answers: Answers = succeed
) -> tuple[list[Lying], Observed]:
    """Let the engine take in records, one part after the other; give how they lay and what came."""
    simulator = Simulator(_plans(), START, answers, stored=True)
    lying: list[Lying] = []
    letters: list[DeadLetter] = []
    for part in parts:
        for sent in part:
            record = _record(sent, len(lying), simulator.now)
            lying.append(Lying(sent.topic, _place(record), record.key, sent.value, sent.planted))
            _take(record, simulator, letters)
            simulator.advance(STEP_MS)
        simulator.advance(AFTERWARDS_MS)
    observed = _observed(simulator)
    observed.letters = [orjson.loads(letter.to_text()) for letter in letters]
    return lying, observed


@cache
def _plans() -> Plans:
    compilation = read_folder(PROBE).compilation
    compilation.raise_errors()
    return Plans(compilation.plans.values())


def _record(sent: Sent, offset: int, now: int) -> Record:
    key = None if sent.key is None else sent.key.decode(errors="replace")
    value = sent.value
    return Record(sent.topic, 0, offset, now, key, value, len(value or b""))


def _place(record: Record) -> str:
    return record_id(record.topic, record.partition, record.offset)


def _take(record: Record, simulator: Simulator, letters: list[DeadLetter]) -> None:
    match record.topic:
        case "events":
            read = read_event(record, simulator.plans)
        case "profiles":
            read = read_profile(record, simulator.plans, simulator.now)
        case _:
            read = read_feedback(record)
    if isinstance(read, DeadLetter):
        letters.append(read)
    elif not isinstance(read, KeptOut):
        simulator.activate(str(record.key), read)


def _observed(simulator: Simulator) -> Observed:
    events, calls, emitted = [], [], []
    for person in simulator.people:
        for happening in simulator.trace(person):
            match happening.what:
                case Report(step_event):
                    events.append(orjson.loads(codec.dump_step_event(step_event)))
                case RequestAction(request) if request.channel == "webhook":
                    body = request.message["body"]
                    assert isinstance(body, dict)
                    calls.append(Called(happening.at / 1000, request.request_id, body))
                case EmitEvent(payload=payload):
                    kind = str(payload["eventType"]).removeprefix(PREFIX)
                    emitted.append(f"{person} {kind} {payload['n']}")
    return Observed(events, calls, emitted=emitted)
