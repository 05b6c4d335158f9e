"""The stage of the job: all rows at once on the real local stack, in our time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby

import orjson
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from connectors.kafka.client import Writer
from journeys.control import ControlCommand, dump_command, key_of
from journeys.messages import JsonObject
from journeys.tables import record_key
from tests.e2e.acts import Row
from tests.e2e.rig import PREFIX, Rig
from tests.e2e.stage import PATIENCE_S, Told, name_of

WATCH_S = 0.1
"""Between two looks at how far profiles have been read."""


@dataclass(slots=True)
class Theatre:
    """The job, with all rows at once: what it tells is read again and again."""

    rig: Rig
    writer: Writer
    begun: int
    told: Told = field(default_factory=dict)
    said: dict[tuple[str, str], int] = field(default_factory=dict)
    """Row and command to the instant at which it was said."""
    settled: float = 0.0
    """Of profiles that were written before it, on the monotonic clock, is known that the job has
    read them."""
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
            watching = pool.submit(self._watch_profiles)
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

    def _watch_profiles(self) -> None:
        """See again and again which profiles the job has read, as its checkpoints tell Kafka."""
        servers, group = str(self.rig.stack.bootstrap), "capabilities"
        written = deque[tuple[float, Mapping[TopicPartition, int]]]()
        with (
            closing(KafkaAdminClient(bootstrap_servers=servers)) as admin,
            closing(KafkaConsumer(bootstrap_servers=servers)) as consumer,
        ):
            numbers = consumer.partitions_for_topic(f"{PREFIX}profiles")
            places = [TopicPartition(f"{PREFIX}profiles", number) for number in numbers]
            while not self.over.wait(WATCH_S):
                began = time.monotonic()
                self.writer.flush()
                written.append((began, consumer.end_offsets(places)))
                read = admin.list_group_offsets(group)[group]
                while written and all(
                    end == 0 or (at in read and read[at].offset >= end)
                    for at, end in written[0][1].items()
                ):
                    settled, _ = written.popleft()
                    with self.news:
                        self.settled = settled
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
    profile_at: float = 0.0
    """When the latest profile was written, on the monotonic clock."""

    @property
    def begun(self) -> int:
        return self.theatre.begun

    def name(self, who: str) -> str:
        return name_of(self.row, who)

    def write(self, topic: str, who: str, value: JsonObject | None) -> None:
        data = None if value is None else orjson.dumps(value)
        if topic != "profiles":
            self._await_profiles()
        self.theatre.writer.write(PREFIX + topic, name_of(self.row, who).encode(), data)
        if topic == "profiles":
            self.profile_at = time.monotonic()

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

    def _await_profiles(self) -> None:
        """Go on when what was written of people has been read, however busy the job is."""
        if self.profile_at:
            self.until(lambda: self.theatre.settled > self.profile_at, "all profiles are read")
            self.profile_at = 0.0
