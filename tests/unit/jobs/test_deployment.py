"""In which order a job is replaced, and what is left where something fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.stack import LocalStack
from connectors.kafka.bootstrap import Bootstrap
from jobs import deployment, local, reporting
from jobs.deployment import Deployment, DeploymentError, deploy, prepared
from jobs.flink_rest import Job, JobError
from jobs.folder import read_folder
from jobs.local import JOB_FILE, Running
from jobs.release import HOME, code_in, flink_version, manifest_of_this
from jobs.states import CHECKPOINTS, keep_manifest
from journeys.formats import PRESENT
from journeys.manifest import IncompatibleError, Manifest

REST = "http://flink:8081"
SETTINGS = "job: { parallelism: 2 }\nreporting: { counts: false }\n"
HERE = manifest_of_this("rocksdb")


class Machine:
    """A stack with one worker, and a job on it; writes down what is done with both."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.fails: str | None = None
        self.healthy = True
        self.folder, self.cluster, self.rest_url = folder, self, REST
        self.workers = [0]
        self.dead: list[int] = []
        self.metrics_urls: dict[str, str] = {}
        self.flink = flink_version()
        job = Job(REST, "old")
        monkeypatch.setattr(LocalStack, "load", lambda _: self)
        monkeypatch.setattr(local, "find", lambda _: Running(Bootstrap(servers="b:1"), REST, job))
        monkeypatch.setattr(local, "begin", self.begin)
        monkeypatch.setattr(deployment, "Client", nullcontext)
        monkeypatch.setattr(deployment, "flink_of", lambda _: self.flink)
        monkeypatch.setattr(reporting, "begin", lambda *_: None)
        monkeypatch.setattr(subprocess, "run", self.run)
        monkeypatch.setattr(Job, "stop_with_savepoint", self.stop)
        monkeypatch.setattr(Job, "tasks_running", lambda _: self.healthy)
        monkeypatch.setattr(Job, "wait_until_kept", lambda _: self.act("kept"))
        monkeypatch.setattr(Job, "end", lambda _: self.done.append("end"))

    def act(self, what: str) -> None:
        self.done.append(what)
        if what == self.fails:
            raise JobError(what)

    def environment(self) -> dict[str, str]:
        return {}

    def add_taskmanager(self) -> int:
        self.workers.append(max(self.workers) + 1)
        return self.workers[-1]

    def taskmanagers(self) -> list[int]:
        return [*self.workers]

    def running_taskmanagers(self) -> list[int]:
        return [each for each in self.workers if each not in self.dead]

    def wait_for_slots(self, count: int) -> None:
        self.act(f"{count} slots")

    def stop_taskmanagers(self, numbers: list[int]) -> None:
        self.done.append(f"stop workers {numbers}")
        self.workers = [each for each in self.workers if each not in numbers]

    def watch(self) -> None:
        self.done.append("watch")

    def watch_no_more(self) -> None:
        self.done.append("watch no more")

    def stop(self, folder: str) -> str:
        self.act("stop job")
        return f"{folder}/savepoint-1"

    def begin(self, *given: Any) -> Job:
        self.act(f"begin {given[4].rpartition('/')[2]}")
        return Job(REST, "new")

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.done.append(f"{command[0]} {command[2]}")
        return subprocess.CompletedProcess(command, 0)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    (tmp_path / "journeys.yaml").write_text(SETTINGS, encoding="utf-8")
    event = "kind: event\nid: signup\nmatch: { eventType: signup }\n"
    (tmp_path / "events.yaml").write_text(event, encoding="utf-8")
    stack = tmp_path / ".journeys"
    keep_manifest(stack / CHECKPOINTS / "old", HERE)
    (stack / JOB_FILE).write_text("the job from before", encoding="utf-8")
    return Machine(stack, monkeypatch)


def ready(machine: Machine, origin: str | None = None) -> Deployment:
    return prepared(read_folder(machine.folder.parent), origin)


def known(machine: Machine, **other: object) -> None:
    keep_manifest(machine.folder / CHECKPOINTS / "old", HERE.model_copy(update=other))


def test_workers_are_up_before_the_job_is_stopped(machine: Machine) -> None:
    running = deploy(ready(machine), lambda _: None)
    assert running.job.id == "new"
    assert machine.done == [
        "watch no more",
        "3 slots",
        "stop job",
        "stop workers [0]",
        "2 slots",
        "begin savepoint-1",
        "kept",
        "watch",
    ]
    assert machine.workers == [1, 2, 3], "one stands by"


def test_a_worker_that_has_died_is_not_waited_for(machine: Machine) -> None:
    machine.workers, machine.dead = [0, 1], [1]
    deploy(ready(machine), lambda _: None)
    assert machine.done[1:4] == ["3 slots", "stop job", "stop workers [0, 1]"]
    assert machine.workers == [2, 3, 4]


@pytest.mark.parametrize("fails", ["3 slots", "stop job"])
def test_what_fails_before_the_job_has_stopped_leaves_it_running(
    machine: Machine, fails: str
) -> None:
    machine.fails = fails
    with pytest.raises(JobError, match=fails):
        deploy(ready(machine), lambda _: None)
    assert machine.done[-2:] == ["stop workers [1, 2]", "watch"]
    assert machine.workers == [0]


def test_a_job_that_fails_again_and_again_gives_way_without_a_savepoint(machine: Machine) -> None:
    machine.fails, machine.healthy = "stop job", False
    checkpoint = machine.folder / CHECKPOINTS / "old" / "chk-9"
    checkpoint.mkdir()
    (checkpoint / "_metadata").touch()
    said: list[str] = []
    deploy(ready(machine), said.append)
    assert machine.done[2:5] == ["stop job", "end", "stop workers [0]"]
    assert "begin chk-9" in machine.done
    assert any("its latest checkpoint serves" in line for line in said)


@pytest.mark.parametrize("fails", ["2 slots", "begin savepoint-1", "kept"])
@pytest.mark.parametrize(
    ("former", "python"),
    [
        ({"python": "/old/python"}, "/old/python"),
        # Its code has been overwritten: all there is is this release.
        ({"python": "/old/python", "code": "gone"}, sys.executable),
    ],
)
def test_a_job_that_does_not_come_up_gives_way_to_the_one_from_before(
    machine: Machine, fails: str, former: dict[str, str], python: str
) -> None:
    known(machine, **former)
    machine.fails = fails
    with pytest.raises(DeploymentError, match="The job from before runs again, from its savepoint"):
        deploy(ready(machine), lambda _: None)
    assert machine.done[-1] == f"{python} jobs.deployment"
    assert (machine.folder / JOB_FILE).read_text() == "the job from before"
    assert ("end" in machine.done) == (fails == "kept")


def test_ctrl_c_leaves_nobody_between_two_jobs(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, told = machine.stop, list[str]()

    def interrupted(folder: str) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)  # the signal is taken
        return stop(folder)

    monkeypatch.setattr(Job, "stop_with_savepoint", lambda _, folder: interrupted(folder))
    before = signal.getsignal(signal.SIGINT)
    assert deploy(ready(machine), told.append).job.id == "new"
    assert "One job is taking the place of the other: that goes on to its end" in told
    assert machine.workers == [1, 2, 3]
    assert signal.getsignal(signal.SIGINT) is before


def test_where_nothing_comes_up_it_is_said_what_to_do(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess[str]([], 1)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    machine.fails = "kept"
    with pytest.raises(DeploymentError, match=r"no job runs.*`journeys down`, then `journeys run`"):
        deploy(ready(machine), lambda _: None)


def test_a_job_goes_back_to_a_savepoint(machine: Machine, tmp_path: Path) -> None:
    origin = savepoint(tmp_path / "kept", HERE)
    deploy(ready(machine, origin.as_uri()), lambda _: None)
    assert "begin kept" in machine.done


def savepoint(folder: Path, manifest: Manifest) -> Path:
    keep_manifest(folder, manifest)
    (folder / "_metadata").write_bytes(bytes.fromhex("4960672d00000006"))
    return folder


def test_a_newer_job_is_refused_and_a_savepoint_to_go_back_to_is_named(machine: Machine) -> None:
    newer = {"release": "9.0", "formats": {**PRESENT, "state": 99}}
    known(machine, **newer)
    readable = savepoint(machine.folder / "savepoints" / "before", HERE)
    savepoint(machine.folder / "savepoints" / "after", HERE.model_copy(update=newer))
    with pytest.raises(IncompatibleError) as refused:
        ready(machine)
    assert "'state' is in format 99" in str(refused.value)
    assert str(refused.value).endswith(f"journeys deploy --from {readable}")
    assert machine.done == []


def test_another_flink_needs_another_cluster(machine: Machine) -> None:
    machine.flink = "2.2.0"
    with pytest.raises(EmbeddedError, match=r"the cluster runs Flink 2\.2\.0"):
        ready(machine)
    assert machine.done == []


def test_a_release_is_known_by_its_code(tmp_path: Path) -> None:
    assert HERE.code == code_in(HOME)
    assert code_in(tmp_path) == ""
    package = tmp_path / "jobs"
    package.mkdir()
    for name in ("engine.py", "Sieve.java"):
        (package / name).write_text("1", encoding="utf-8")
        before = code_in.__wrapped__(tmp_path)
        (package / name).write_text("2", encoding="utf-8")
        assert before != code_in.__wrapped__(tmp_path)
