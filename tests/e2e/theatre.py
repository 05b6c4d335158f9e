"""The stage of the job: all rows at once on the real local stack, in our time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

import orjson

from connectors.kafka.client import Writer
from journeys.control import ControlCommand, dump_command, key_of
from journeys.messages import JsonObject
from journeys.tables import record_key
from tests.e2e.acts import Row
from tests.e2e.rig import PREFIX, Rig
from tests.e2e.stage import PATIENCE_S, Told, name_of


@dataclass(slots=True)
class Theatre:
    """The job, with all rows at once: what it tells is read again and again."""

    rig: Rig
    writer: Writer
    begun: int
    told: Told = field(default_factory=dict)
    said: dict[tuple[str, str], int] = field(default_factory=dict)
    """Row and command to the instant at which it was said."""
    news: threading.Condition = field(default_factory=threading.Condition)

    def play(self, rows: Sequence[Row], expected: Mapping[str, Told]) -> dict[str, str]:
        """Play rows side by side.

        Args:
            rows: the rows.
            expected: row to what the simulator told of it, which is waited for at the end.

        Returns:
            Row to what went wrong with it, where something did.
        """
        with ThreadPoolExecutor(len(rows)) as pool:
            plays = {row.id: pool.submit(self._play, row, expected[row.id]) for row in rows}
            while not all(play.done() for play in plays.values()):
                self.look()
        faults = {name: play.exception() for name, play in plays.items()}
        return {name: str(fault) for name, fault in faults.items() if fault is not None}

    def look(self) -> None:
        """Read what is told by now."""
        told = sorted(self.rig.read("step-events"), key=lambda t: str(t["profile_id"]))
        with self.news:
            self.told = {p: list(of) for p, of in groupby(told, lambda t: str(t["profile_id"]))}
            self.news.notify_all()

    def _play(self, row: Row, expected: Told) -> None:
        stage = JobStage(row, self)
        for act in row.acts:
            act.on(stage)
        count = sum(len(told) for told in expected.values())
        stage.until(
            lambda: sum(len(stage.told(who)) for who in row.people) >= count,
            f"{count} step events, as in the simulator",
        )


@dataclass(slots=True)
class JobStage:
    """A row on the running job."""

    row: Row
    theatre: Theatre

    @property
    def begun(self) -> int:
        return self.theatre.begun

    def name(self, who: str) -> str:
        return name_of(self.row, who)

    def write(self, topic: str, who: str, value: JsonObject | None) -> None:
        data = None if value is None else orjson.dumps(value)
        self.theatre.writer.write(PREFIX + topic, name_of(self.row, who).encode(), data)

    def load(self, table: str, key: str, row: JsonObject | None) -> None:
        data = None if row is None else orjson.dumps(row)
        self.theatre.writer.write(f"{PREFIX}tables", record_key(table, key).encode(), data)

    def say(self, command: ControlCommand) -> None:
        key, value = key_of(command).encode(), dump_command(command)
        self.theatre.said[self.row.id, command.command] = round(time.time() * 1000)
        self.theatre.writer.write(PREFIX + "control", key, value)

    def told(self, who: str) -> Sequence[JsonObject]:
        return self.theatre.told.get(name_of(self.row, who), ())

    def until(self, holds: Callable[[], bool], what: str) -> None:
        with self.theatre.news:
            came = self.theatre.news.wait_for(holds, PATIENCE_S)
        assert came, f"not within {PATIENCE_S:g} s: {what}"

    def let_pass(self, seconds: float) -> None:
        time.sleep(seconds)
