"""A project that runs on a broker and a cluster of its own, and what can be seen of it."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import psutil
import requests
import yaml

from connectors.embedded.stack import LocalStack
from connectors.kafka.client import Received, Writer, ends, read_topic
from jobs import local
from jobs.folder import Folder, read_folder
from jobs.local import JOB_FILE
from jobs.states import latest_state
from jobs.submission import Job, submit

LOOK_S = 1.0
PATIENCE_S = 1_800


class Stand:
    """One project that runs.

    Args:
        folder: of the project.
        running: its job.
    """

    def __init__(self, folder: Path, running: local.Running) -> None:
        self.project: Folder = read_folder(folder)
        self.bootstrap, self.job = running.bootstrap, running.job
        self.stack = LocalStack.load(self.project.stack)
        self.topics = self.project.settings.topics
        self._read: dict[int, int] = {}
        """How far the metrics have been read."""
        self._inside = 0

    # Records.

    def send(self, records: Iterable[tuple[bytes, bytes]], topic: str = "events") -> None:
        """Write keys and values, and wait until the broker has them."""
        name = self.topics.full(topic)
        with Writer(self.bootstrap) as writer:
            for key, value in records:
                writer.write(name, key, value)

    def places(self, topic: str) -> dict[int, int]:
        """Give where the next records of a topic will lie."""
        return ends(self.bootstrap, self.topics.full(topic))

    def read(self, topic: str, start: dict[int, int] | None = None) -> Iterator[dict[str, Any]]:
        """Read what is committed of a topic."""
        for record in self.records(topic, start):
            yield json.loads(record.value or b"{}")

    def records(self, topic: str, start: dict[int, int] | None = None) -> Iterator[Received]:
        return read_topic(self.bootstrap, self.topics.full(topic), start=start)

    def inside(self) -> int:
        """Give the latest gauge of how many are inside, of a project with one version."""
        for record in self.records("metrics", self._read or None):
            self._read[record.partition] = record.offset + 1
            metric = json.loads(record.value or b"{}")
            if metric.get("metric") == "journeys_inside":
                self._inside = metric["value"]
        return self._inside

    def until_inside(self, people: int) -> float:
        """Wait until so many are inside; give how many seconds that took."""
        return self.until(lambda: self.inside() == people, f"{people:,} people are inside")

    def until(self, done: Callable[[], bool], what: str) -> float:
        """Wait for something; give how many seconds it took."""
        began = time.monotonic()
        while not done():
            if time.monotonic() > began + PATIENCE_S:
                fail(f"not within {PATIENCE_S} s: {what}; {self._inside:,} are inside")
            time.sleep(LOOK_S)
        return time.monotonic() - began

    # Checkpoints.

    def checkpoints(self) -> dict[str, Any]:
        """Give what Flink tells of them."""
        return self.job.checkpointing()

    def completed(self) -> list[dict[str, Any]]:
        """Give the completed checkpoints that Flink remembers, the latest first."""
        return [one for one in self.checkpoints()["history"] if one["status"] == "COMPLETED"]

    def state_by_operator(self) -> dict[str, int]:
        """Give the bytes of the latest checkpoint, by task."""
        latest = self.checkpoints()["latest"]["completed"]["id"]
        details = self.ask(f"/checkpoints/details/{latest}")["tasks"]
        names = {vertex["id"]: vertex["name"] for vertex in self.ask("")["vertices"]}
        return {names[task]: told["state_size"] for task, told in details.items()}

    def ask(self, path: str) -> Any:
        """Ask Flink about the job."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{self.job.rest_url}/jobs/{self.job.id}{path}", timeout=10)
            answer.raise_for_status()
            return answer.json()

    def cancel(self) -> None:
        """End the job as a failure would: what is not in a checkpoint is forgotten."""
        self.job.cancel()
        self.until(lambda: self.job.state() == "CANCELED", "the job has ended")

    def resume(self) -> str:
        """Submit the job again, from its latest state; give which that is."""
        stack, state = self.stack, latest_state(self.project.stack)
        file = stack.folder / JOB_FILE
        job = submit(file, stack.rest_url, stack.cluster.environment(), state)
        self.job = Job(stack.rest_url, job)
        return str(state)

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
        with (folder / "journeys.yaml").open("a", encoding="utf-8") as file:
            file.write(yaml.safe_dump({"job": dict(job or {})}))
        try:
            yield Stand(folder, local.start(read_folder(folder), say))
        finally:
            if (folder / ".journeys" / "stack.json").exists():
                LocalStack.load(folder / ".journeys").stop()


def fail(text: str) -> NoReturn:
    raise SystemExit(text)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
