"""Jobs that end by themselves, on a project's cluster beside the one that runs journeys."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests
from pydantic import BaseModel

from connectors.embedded.cluster import number_of
from connectors.embedded.stack import LocalStack
from jobs.client import Client
from jobs.flink_rest import ENDED, Job, JobError, working_taskmanagers

_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class BoundedJob:
    """What is submitted, and where."""

    stack: LocalStack
    module: str
    description: BaseModel
    """Written where the job finds it."""
    slots: int
    spare: int
    """Slots that are not for it: they stand by for the job that runs journeys."""
    folder: str
    """Of the description and of what the job leaves behind, below the folder of the stack. It is
    removed at the end."""

    def run(self, look: Callable[[Job], None]) -> None:
        """Submit the job, and stay until it has ended.

        Args:
            look: called again and again while it runs.

        Raises:
            EmbeddedError: the cluster has no room.
            JobError: Flink did not take the job, or it failed.
        """
        file = self.stack.folder / self.folder / "job.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.description.model_dump_json(indent=2), encoding="utf-8")
        with _room(self.stack, self.slots + self.spare):
            with Client(self.stack.cluster.environment()) as client:
                job = client.submit(file, self.stack.rest_url, module=self.module)
            _follow(Job(self.stack.rest_url, job), look)

    def remove(self) -> None:
        """Remove what the job has left behind."""
        shutil.rmtree(self.stack.folder / self.folder, ignore_errors=True)


@contextmanager
def _room(stack: LocalStack, slots: int) -> Iterator[None]:
    """Add as many TaskManagers of one slot as are missing, for as long as they are needed.

    Where one of those has died meanwhile, its part went on in another: so many are stopped at the
    end as were added, but only such as no job uses.
    """
    missing = range(max(0, slots - (stack.cluster.slots("available") or 0)))
    added = [stack.cluster.add_taskmanager() for _ in missing]
    try:
        yield
    finally:
        stack.cluster.stop_taskmanagers(_not_needed(stack, added))


def _not_needed(stack: LocalStack, added: list[int]) -> list[int]:
    try:
        working = {number_of(name) for name in working_taskmanagers(stack.rest_url)}
    except requests.RequestException:
        return added  # no cluster, no job that could have gone there
    idle = [number for number in stack.cluster.taskmanagers() if number not in working]
    return sorted(idle, key=lambda number: number not in added)[: len(added)]


def _follow(job: Job, look: Callable[[Job], None]) -> None:
    try:
        while (state := job.state()) not in ENDED:
            look(job)
            time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        job.end()  # its workers are needed until then
        raise
    if state != "FINISHED":
        message = f"the job is {state}: {job.failure()}"
        raise JobError(message)
