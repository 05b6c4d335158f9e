"""The stage of the simulator: a row in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from journeys import codec
from journeys.command import Report
from journeys.control import ControlCommand
from journeys.datasets import KeptOut
from journeys.messages import JsonObject
from journeys.plan import Plan
from journeys.records import (
    DeadLetter,
    Record,
    read_event,
    read_feedback,
    read_profile,
    take_row,
)
from journeys.simulator import Simulator
from journeys.tables import record_key
from tests.e2e.acts import Row
from tests.e2e.plans import CAPABILITIES, with_reference
from tests.e2e.world import world

AFTERWARDS_S = 50.0
"""Virtual time after the last act: longer than any wait of seconds."""
PATIENCE_S = 60.0
"""How long something may take to come about, in virtual time and in ours."""

Told = Mapping[str, Sequence[dict[str, Any]]]
"""Person to their step events in order."""


@dataclass(slots=True)
class SimulatedStage:
    """A row in virtual time: records are read as the job reads them, by the simulator's people."""

    row: Row
    begun: int
    simulator: Simulator

    @classmethod
    def play(cls, row: Row, plans: Iterable[Plan], begun: int) -> Told:
        """Play a row, and tell what came of it."""
        answers = world(CAPABILITIES / "answers.json")
        stage = cls(row, begun, Simulator(with_reference(plans), begun, answers, stored=True))
        for act in row.acts:
            act.on(stage)
        stage.let_pass(AFTERWARDS_S)
        return {who: stage.told(who) for who in row.people}

    def name(self, who: str) -> str:
        return name_of(self.row, who)

    def write(self, topic: str, who: str, value: JsonObject | None) -> None:
        person, simulator = name_of(self.row, who), self.simulator
        record = self._record(topic, person, None if value is None else orjson.dumps(value))
        match topic:
            case "events":
                read = read_event(record, simulator.plans)
            case "profiles":
                read = read_profile(record, simulator.plans, simulator.now)
            case _:
                read = read_feedback(record)
        assert not isinstance(read, DeadLetter), read.detail
        if not isinstance(read, KeptOut):
            simulator.activate(person, read)

    def load(self, table: str, key: str, row: JsonObject | None) -> None:
        value = None if row is None else orjson.dumps(row)
        taken = take_row(
            self.simulator.plans, self._record("tables", record_key(table, key), value)
        )
        assert not isinstance(taken, DeadLetter), taken.detail

    def say(self, command: ControlCommand) -> None:
        self.simulator.say(command)

    def told(self, who: str) -> list[JsonObject]:
        trace = self.simulator.trace(name_of(self.row, who))
        reports = (h.what.step_event for h in trace if isinstance(h.what, Report))
        return [orjson.loads(codec.dump_step_event(report)) for report in reports]

    def until(self, holds: Callable[[], bool], what: str) -> None:
        last = self.simulator.now + int(PATIENCE_S * 1000)
        while not holds():
            due = self.simulator.due or last
            assert due < last, f"never: {what}"
            self.simulator.run_until(due)

    def let_pass(self, seconds: float) -> None:
        self.simulator.advance(int(seconds * 1000))

    def _record(self, topic: str, key: str, value: bytes | None) -> Record:
        place = self.simulator.place(topic)
        offset = int(place.rpartition("/")[2])
        return Record(topic, 0, offset, self.simulator.now, key, value, len(value or b""))


def name_of(row: Row, who: str) -> str:
    """Name a person of a row; nobody plays in two."""
    return f"{row.id}-{who}"
