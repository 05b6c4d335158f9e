"""The stage of the job: all rows at once on the real local stack, in our time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

import orjson
from kafka import KafkaAdminClient, TopicPartition
from kafka.producer.future import FutureRecordMetadata, RecordMetadata

from connectors.kafka.admin import committed
from connectors.kafka.client import Writer
from journeys.control import ControlCommand, dump_command, key_of
from journeys.messages import JsonObject
from journeys.tables import record_key
from tests.e2e.acts import Row
from tests.e2e.rig import PREFIX, Rig
from tests.e2e.stage import PATIENCE_S, Told, name_of

WATCH_S = 0.1
"""Between two looks at how far the job has read."""
CHANGING = ("profiles", "control", "tables")
"""Topics whose records change what comes of those of other topics: there is no order between
topics, so whoever writes to another one waits until these have been read."""


@dataclass(slots=True)
class Theatre:
    """The job, with all rows at once: what it tells is read again and again."""

    rig: Rig
    writer: Writer
    begun: int
    told: Told = field(default_factory=dict)
    said: dict[tuple[str, str], int] = field(default_factory=dict)
    """Row and command to the instant at which it was said."""
    read: Mapping[TopicPartition, int] = field(default_factory=dict)
    """How far the job has read: offsets of which a checkpoint has told Kafka."""
    over: threading.Event = field(default_factory=threading.Event)
    news: threading.Condition = field(default_factory=threading.Condition)

    def play(self, rows: Sequence[Row], expected: Mapping[str, Told]) -> dict[str, str]:
        """Play rows side by side.

        Args:
            rows: the rows.
            expected: row to what the simulator told of it, which is waited for at the end.

        Returns:
            Row to what went wrong with it, where something did.
        """
        with ThreadPoolExecutor(len(rows) + 1) as pool:
            plays = {row.id: pool.submit(self._play, row, expected[row.id]) for row in rows}
            watching = pool.submit(self._watch_reading)
            try:
                while not all(play.done() for play in plays.values()):
                    self.look()
            finally:
                self.over.set()
            watching.result()
        faults = {name: play.exception() for name, play in plays.items()}
        return {name: str(fault) for name, fault in faults.items() if fault is not None}

    def look(self) -> None:
        """Read what is told by now."""
        told = sorted(self.rig.read("step-events"), key=lambda t: str(t["profile_id"]))
        with self.news:
            self.told = {p: list(of) for p, of in groupby(told, lambda t: str(t["profile_id"]))}
            self.news.notify_all()

    def has_read(self, written: RecordMetadata) -> bool:
        """Say whether the job has read a record."""
        offset: int = written.offset
        return self.read.get(TopicPartition(written.topic, written.partition), 0) > offset

    def _watch_reading(self) -> None:
        """See again and again how far the job has read, as its checkpoints tell Kafka."""
        servers, group = str(self.rig.stack.bootstrap), "capabilities"
        with closing(KafkaAdminClient(bootstrap_servers=servers)) as admin:
            while not self.over.wait(WATCH_S):
                read = committed(admin, group)
                with self.news:
                    self.read = read
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
    written: list[tuple[str, FutureRecordMetadata]] = field(default_factory=list)
    """What the row wrote to topics that change what comes of others, and has not waited for."""

    @property
    def begun(self) -> int:
        return self.theatre.begun

    def name(self, who: str) -> str:
        return name_of(self.row, who)

    def write(self, topic: str, who: str, value: JsonObject | None) -> None:
        data = None if value is None else orjson.dumps(value)
        self._write(topic, name_of(self.row, who), data)

    def load(self, table: str, key: str, row: JsonObject | None) -> None:
        self._write("tables", record_key(table, key), None if row is None else orjson.dumps(row))

    def say(self, command: ControlCommand) -> None:
        self._await_others("control")
        self.theatre.said[self.row.id, command.command] = round(time.time() * 1000)
        self._write("control", key_of(command), dump_command(command))

    def told(self, who: str) -> Sequence[JsonObject]:
        return self.theatre.told.get(name_of(self.row, who), ())

    def until(self, holds: Callable[[], bool], what: str) -> None:
        with self.theatre.news:
            came = self.theatre.news.wait_for(holds, PATIENCE_S)
        assert came, f"not within {PATIENCE_S:g} s: {what}"

    def let_pass(self, seconds: float) -> None:
        time.sleep(seconds)

    def _write(self, topic: str, key: str, value: bytes | None) -> None:
        self._await_others(topic)
        sent = self.theatre.writer.write(PREFIX + topic, key.encode(), value)
        if topic in CHANGING:
            self.written.append((topic, sent))

    def _await_others(self, topic: str) -> None:
        """Go on when what changes the meaning of a record has been read, however busy the job."""
        for other, sent in self.written:
            if other != topic:
                read = partial(self.theatre.has_read, sent.get(PATIENCE_S))
                self.until(read, f"the job has read what was written to {other}")
        self.written = [(other, sent) for other, sent in self.written if other == topic]
