"""A project that runs on a broker and a cluster of its own, and what can be seen of it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import orjson
import psutil
import requests
import yaml

from connectors.embedded.stack import LocalStack
from connectors.kafka.client import Received, Writer, ends, read_topic
from jobs import local
from jobs.client import Client
from jobs.control_topic import read_control_topic
from jobs.flink_rest import Job
from jobs.folder import Folder, read_folder
from jobs.local import JOB_FILE
from jobs.states import SAVEPOINTS, latest_state

COMMAND = str(Path(sys.executable).with_name("journeys"))
LOOK_S = 1.0
"""Between two looks at what is waited for: each is a client of Kafka that begins anew."""
PATIENCE_S = 1_800
STILL_S = 5
"""Nothing written for so long: there was a checkpoint meanwhile, and all is committed."""


class Stand:
    """One project that runs.

    Args:
        folder: of the project.
        running: its jobs.
    """

    def __init__(self, folder: Path, running: local.Running) -> None:
        self.project: Folder = read_folder(folder)
        self.bootstrap, self.job = running.bootstrap, running.job
        self.reporting = running.reporting
        self.stack = LocalStack.load(self.project.stack)
        self.topics = self.project.settings.topics
        self._read: dict[int, int] = {}
        """How far the metrics have been read."""
        self._inside = 0

    def journeys(self, *words: str) -> str:
        """Run the command in the project's folder; give what it wrote."""
        done = subprocess.run(
            [COMMAND, *words], cwd=self.project.path, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    # Records.

    def send(self, records: Iterable[tuple[bytes, bytes]], topic: str = "events") -> None:
        """Write keys and values, and wait until the broker has them."""
        name = self.topics.full(topic)
        with Writer(self.bootstrap) as writer:
            for key, value in records:
                writer.write(name, key, value)

    def send_people(self, people: Iterable[tuple[str, str]], rate: float | None = None) -> None:
        """Let people each send an event, `bench.…`, which tells when it was sent.

        Args:
            people: ids of people, each with the last part of the type of the event.
            rate: events a second; None: as fast as can be.
        """
        start, topic = time.monotonic(), self.topics.full("events")
        with Writer(self.bootstrap) as writer:
            for n, (person, kind) in enumerate(people):
                if rate is not None:
                    time.sleep(max(0.0, start + n / rate - time.monotonic()))
                event = {"eventType": f"bench.{kind}", "sent": f"{time.time():.6f}"}
                writer.write(topic, person.encode(), orjson.dumps(event))

    def places(self, topic: str) -> dict[int, int]:
        """Give where the next records of a topic will lie."""
        return ends(self.bootstrap, self.topics.full(topic))

    def read(self, topic: str, start: dict[int, int] | None = None) -> Iterator[dict[str, Any]]:
        """Read what is committed of a topic."""
        for record in self.records(topic, start):
            yield orjson.loads(record.value or b"{}")

    def settled(self, topic: str, start: dict[int, int]) -> Iterator[dict[str, Any]]:
        """Read what is committed of a topic once nothing more comes."""
        before: dict[int, int] = {}
        while (now := self.places(topic)) != before:
            before = now
            time.sleep(STILL_S)
        return self.read(topic, start)

    def records(self, topic: str, start: dict[int, int] | None = None) -> Iterator[Received]:
        return read_topic(self.bootstrap, self.topics.full(topic), start=start)

    def last(self, topic: str) -> dict[str, dict[str, Any]]:
        """Give the last record of each key: the others were said before it."""
        found = {record.key or "": record.value or b"{}" for record in self.records(topic)}
        return {key: orjson.loads(value) for key, value in found.items()}

    def inside(self) -> int:
        """Give the latest gauge of how many are inside, of a project with one version."""
        for record in self.records("metrics", self._read or None):
            self._read[record.partition] = record.offset + 1
            metric = orjson.loads(record.value or b"{}")
            if metric.get("metric") == "journeys_inside":
                self._inside = metric["value"]
        return self._inside

    def until_inside(self, people: int) -> float:
        """Wait until so many are inside; give how many seconds that took."""
        return self.until(lambda: self.inside() == people, f"{people:,} people are inside")

    def until(self, done: Callable[[], bool], what: str, every_s: float = LOOK_S) -> float:
        """Wait for something; give how many seconds it took."""
        began = time.monotonic()
        while not done():
            if time.monotonic() > began + PATIENCE_S:
                fail(f"not within {PATIENCE_S} s: {what}; {self._inside:,} are inside")
            time.sleep(every_s)
        return time.monotonic() - began

    # Checkpoints.

    def checkpoints(self) -> dict[str, Any]:
        """Give what Flink tells of them."""
        return self.job.checkpointing()

    def completed(self) -> list[dict[str, Any]]:
        """Give the completed checkpoints that Flink remembers, the latest first."""
        return [one for one in self.checkpoints()["history"] if one["status"] == "COMPLETED"]

    def state_by_task(self) -> dict[str, int]:
        """Give the bytes of the latest checkpoint, by task, the largest first."""
        latest = self.checkpoints()["latest"]["completed"]["id"]
        details = self.ask(f"/checkpoints/details/{latest}")["tasks"]
        # A task is a chain of operators: the first one names it.
        names = {v["id"]: v["name"].partition(" -> ")[0] for v in self.ask("")["vertices"]}
        sizes = {names[task]: told["state_size"] for task, told in details.items()}
        return dict(sorted(sizes.items(), key=lambda each: -each[1]))

    def ask(self, path: str) -> Any:  # noqa: ANN401  # Flink's JSON
        """Ask Flink about the job."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{self.job.rest_url}/jobs/{self.job.id}{path}", timeout=10)
            answer.raise_for_status()
            return answer.json()

    def cancel(self) -> None:
        """End the job as a failure would: what is in no checkpoint is forgotten."""
        self.job.end()

    def savepoint(self, timeout_s: float) -> tuple[float, int]:
        """End the job with a savepoint; give how long that took, and its bytes."""
        began = time.monotonic()
        place = self.job.stop_with_savepoint((self.stack.folder / SAVEPOINTS).as_uri(), timeout_s)
        took = time.monotonic() - began
        files = Path(place.removeprefix("file:")).rglob("*")
        return took, sum(file.stat().st_size for file in files)

    def resume(self) -> None:
        """Submit the job again, from its latest state, as `journeys run` does."""
        stack, state = self.stack, latest_state(self.stack.folder)
        control = read_control_topic(self.bootstrap, self.topics)
        description = local.describe(self.project, self.bootstrap, control, state)
        file = stack.folder / JOB_FILE
        file.write_text(description.model_dump_json(indent=2), encoding="utf-8")
        with Client(stack.cluster.environment()) as client:
            self.job = Job(stack.rest_url, client.submit(file, stack.rest_url, state))

    # Processes.

    @contextmanager
    def watched(self) -> Iterator[Memory]:
        """Look now and then how much memory the processes of the cluster have."""
        memory, done = Memory(), threading.Event()

        def look() -> None:
            while not done.wait(1):
                memory.see(self.memory())

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield memory
        finally:
            done.set()
            thread.join()

    def memory(self) -> dict[str, int]:
        """Give the resident bytes of each process of the cluster, Python in it included."""
        found = {}
        for name, process in self.stack.processes().items():
            if name != "broker" and process.alive():
                found[name] = psutil.Process(process.pid).memory_info().rss
        return found


@dataclass
class Memory:
    """The most memory that was seen at once."""

    total: int = 0
    by_process: dict[str, int] = field(default_factory=dict)

    def see(self, now: dict[str, int]) -> None:
        if sum(now.values()) > self.total:
            self.total, self.by_process = sum(now.values()), now


@contextmanager
def standing(project: Path, job: Mapping[str, object] | None = None) -> Iterator[Stand]:
    """Let a copy of a project run, with settings of its job, and take it down after."""
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as name:
        folder = Path(name) / "project"
        shutil.copytree(project, folder)
        if job is not None:
            with (folder / "journeys.yaml").open("a", encoding="utf-8") as file:
                file.write(yaml.safe_dump({"job": dict(job)}))
        try:
            with leaving():
                yield Stand(folder, local.start(read_folder(folder), say))
        finally:
            if (folder / ".journeys" / "stack.json").exists():
                LocalStack.load(folder / ".journeys").stop()


@contextmanager
def leaving() -> Iterator[None]:
    """Leave by an exception when asked to end (`SIGTERM`), so that what was begun is ended, too."""

    def leave(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def fail(text: str) -> NoReturn:
    raise SystemExit(text)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
