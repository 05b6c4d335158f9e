"""Faults of everything around the engine, done to a real broker and a real cluster.

Each is done at a moment that chance has chosen, and undone, as far as somebody would undo it. Only
processes of the rig's own stack are touched, by the ids that it has written down.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import requests

from connectors.embedded.cluster import number_of
from connectors.embedded.processes import ChildProcess
from connectors.embedded.stack import LocalStack
from jobs.flink_rest import Job, running_job
from jobs.states import CHECKPOINTS
from tests.e2e.rig import Rig, wait_until

ORPHANS_S = 3.0
"""How long a process may outlive the one that started it (C4)."""
RECOVERY_S = 120.0
"""How long it is waited at most until all is well again."""
_LOOK_S = 0.01


@dataclass
class Scene:
    """The stack that faults are done to."""

    rig: Rig
    job_name: str = "probe"

    @property
    def stack(self) -> LocalStack:
        return self.rig.stack

    @property
    def checkpoints(self) -> Path:
        return self.stack.folder / CHECKPOINTS

    def job(self) -> Job:
        job = running_job(self.stack.rest_url, self.job_name)
        assert job is not None, "the job is gone"
        return job

    def workers(self) -> list[int]:
        """Give the numbers of the TaskManagers that run journeys."""
        return sorted(number_of(name) for name in self.job().taskmanagers())

    def worker(self, number: int) -> ChildProcess:
        return self.stack.cluster.processes()[f"taskmanager-{number}"]

    def await_moment(self, chance: Random) -> None:
        """Wait for a moment: any, one within a checkpoint, or right when one is complete."""
        kind = chance.choice(("any", "in_progress", "completed"))
        if kind == "any":
            return
        job = self.job()
        before = int(job.checkpointing()["counts"][kind]) if kind == "completed" else 0
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if int(job.checkpointing()["counts"][kind]) > before:
                return
            time.sleep(_LOOK_S)

    def await_recovery(self) -> float:
        """Wait until all tasks run and a checkpoint is complete that began after this.

        Returns:
            How long it took, in seconds.
        """
        begun = time.time()
        wait_until(lambda: self._is_well(begun * 1000), RECOVERY_S, "all is well again")
        return time.time() - begun

    def _is_well(self, since_ms: float) -> bool:
        with suppress(requests.RequestException, AssertionError, KeyError):
            job = self.job()
            latest = job.checkpointing()["latest"]["completed"] or {}
            is_new = latest.get("trigger_timestamp", 0) > since_ms
            return is_new and job.state() == "RUNNING" and job.tasks_running()
        return False


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong."""

    ids: str
    """Its names in the list of faults."""
    what: str
    """What is done."""
    do: Callable[[Scene, Random], None]
    zombie: bool = False
    """Whether a worker may go on that others took for dead."""


def kill_taskmanager(scene: Scene, chance: Random) -> None:
    """Kill the process alone: what it started must notice by itself."""
    worker = scene.worker(chance.choice(scene.workers()))
    scene.await_moment(chance)
    _kill(worker)


def _kill(worker: ChildProcess) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not worker.family(), ORPHANS_S, "nothing of a killed TaskManager is left")


def kill_all_taskmanagers(scene: Scene, chance: Random) -> None:
    """Kill all that run journeys, at once; the stack starts them again."""
    workers = [scene.worker(number) for number in scene.workers()]
    scene.await_moment(chance)
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)


def pause_taskmanager(scene: Scene, chance: Random) -> None:
    """Let a worker stand still for less than its heartbeat may be missed."""
    with _standing_still(scene.worker(chance.choice(scene.workers()))):
        time.sleep(chance.uniform(2, 8))


def hang_taskmanager(scene: Scene, chance: Random) -> None:
    """Let a worker hang until others have taken over, and then go on."""
    worker = scene.worker(chance.choice(scene.workers()))
    if not scene.stack.cluster.slots("available"):
        scene.stack.cluster.add_taskmanager()
    with _standing_still(worker):
        time.sleep(chance.uniform(22, 30))


def kill_broker(scene: Scene, chance: Random) -> None:
    """Kill the broker, and start it again some seconds later."""
    _kill_broker(scene, chance, chance.uniform(0, 5))


def kill_broker_for_long(scene: Scene, chance: Random) -> None:
    """Kill the broker, and start it again after most of a minute."""
    _kill_broker(scene, chance, chance.uniform(30, 50))


def _kill_broker(scene: Scene, chance: Random, seconds: float) -> None:
    broker = scene.stack.broker
    scene.await_moment(chance)
    broker.kill()
    time.sleep(seconds)
    broker.start()


def pause_broker(scene: Scene, chance: Random) -> None:
    """Let the broker stand still: connections stay, and nothing is answered."""
    broker = scene.stack.broker.process
    assert broker is not None
    with _standing_still(broker):
        time.sleep(chance.uniform(2, 8))


@contextmanager
def _standing_still(process: ChildProcess) -> Iterator[None]:
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def fail_checkpoints(scene: Scene, chance: Random) -> None:
    """Put a file where checkpoints are written: none can be, until it is taken away."""
    folder = scene.checkpoints / scene.job().id
    away = folder.with_suffix(".away")
    folder.rename(away)
    while not _is_file_now(folder):
        # A checkpoint that began in between has made the folder anew: it belongs to the others.
        shutil.copytree(folder, away, dirs_exist_ok=True)
        shutil.rmtree(folder)
    try:
        time.sleep(chance.uniform(2, 8))
    finally:
        folder.unlink()
        away.rename(folder)


def _is_file_now(place: Path) -> bool:
    try:
        place.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def clean_temporary_files(scene: Scene, chance: Random) -> None:
    """Remove temporary files of the cluster, as a cleaner of /tmp does; kill a worker after it.

    Whoever takes over has nothing yet of what the job was submitted with.
    """
    worker = scene.worker(chance.choice(scene.workers()))
    scene.await_moment(chance)
    for place in (scene.stack.folder / "flink" / "tmp").iterdir():
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)
    _kill(worker)


def kill_service(scene: Scene, chance: Random) -> None:
    """Let the service that people are told by be dead for some seconds."""
    scene.rig.frail.stop()
    time.sleep(chance.uniform(2, 6))
    scene.rig.frail.start()


def stop_and_run(scene: Scene, _: Random) -> None:
    """Stop everything with a savepoint, and start it again."""
    folder = str(scene.rig.folder)
    scene.rig.journeys("down", folder)
    scene.rig.journeys("run", folder)


def lose_the_cluster(scene: Scene, chance: Random) -> None:
    """Kill JobManager and TaskManagers, and go on from the last checkpoint by one command."""
    processes = scene.stack.cluster.processes().values()
    scene.await_moment(chance)
    for process in processes:
        process.kill()
    scene.rig.journeys("run", str(scene.rig.folder))


def lose_everything(scene: Scene, chance: Random) -> None:
    """Kill every process of broker and cluster at once, as when a machine is switched off."""
    processes = scene.stack.processes().values()
    scene.await_moment(chance)
    for process in processes:
        process.kill()
    scene.rig.journeys("run", str(scene.rig.folder))


def rescale(scene: Scene, _: Random) -> None:
    """Go on with one subtask instead of two, or with two instead of one."""
    settings = scene.rig.folder / "journeys.yaml"
    text = settings.read_text("utf-8")
    one, two = "parallelism: 1", "parallelism: 2"
    changed = text.replace(two, one) if two in text else text.replace(one, two)
    folder = str(scene.rig.folder)
    scene.rig.journeys("down", folder)
    settings.write_text(changed, "utf-8")
    scene.rig.journeys("run", folder)


TASKMANAGER_DIES = Fault("C1 C2 C4 C12", "a TaskManager is killed", kill_taskmanager)
BROKER_DIES = Fault("C8 C9", "the broker is killed, and started again", kill_broker)
BROKER_STANDS_STILL = Fault("C8", "the broker stands still", pause_broker)
CHECKPOINTS_FAIL = Fault("C11", "no checkpoint can be written", fail_checkpoints)
SERVICE_DIES = Fault("L3", "a service is dead", kill_service)

_EASY = (
    (TASKMANAGER_DIES,),
    (BROKER_DIES, BROKER_STANDS_STILL),
    (CHECKPOINTS_FAIL, SERVICE_DIES),
)
"""Faults that the stack rides out by itself within seconds; of each row one is done."""
LONG = (
    *(fault for row in _EASY for fault in row),
    Fault("C1", "all TaskManagers are killed", kill_all_taskmanagers),
    Fault("C3", "a TaskManager stands still for seconds", pause_taskmanager),
    Fault("C3 C13", "a TaskManager hangs until others go on", hang_taskmanager, zombie=True),
    Fault("C6", "the cluster is lost, and the job submitted anew", lose_the_cluster),
    Fault("C6 C8", "broker and cluster are lost", lose_everything),
    Fault("C8", "the broker is gone for most of a minute", kill_broker_for_long),
    Fault("C14", "everything is stopped and started", stop_and_run),
    Fault("C15", "temporary files are removed, and a TaskManager is killed", clean_temporary_files),
    Fault("U7", "the job is rescaled", rescale),
)
"""All that can be done on one machine."""


def few(seed: int) -> list[Fault]:
    """Choose some that take a minute together."""
    chance = Random(f"few/{seed}")
    return [chance.choice(row) for row in _EASY]
