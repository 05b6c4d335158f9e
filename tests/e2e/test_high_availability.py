"""A killed JobManager that is started again goes on with its job, with the settings of containers.

It takes minutes: with JOURNEYS_LONG=1 only, by `make upgrades`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.embedded import processes, toolchain
from connectors.embedded.cluster import FlinkDistribution
from connectors.embedded.ports import free_ports
from connectors.embedded.stack import LocalStack, StackOptions
from jobs import local
from jobs.folder import read_folder
from tests.e2e.rig import PROBE, Rig, event, wait_until
from tests.harness.deployment import compose, compose_settings
from tests.harness.monitoring import DOCKER

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(400),
    pytest.mark.skipif("JOURNEYS_LONG" not in os.environ, reason="takes minutes"),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 150
BACK_S = 60


@pytest.fixture
def zookeeper(tmp_path: Path) -> Iterator[str]:
    """Run the command of the container on this machine, and give its address."""
    (port,) = free_ports(1)
    state = tmp_path / "state"
    config = tmp_path / "zookeeper.cfg"
    text = (DOCKER / "zookeeper.cfg").read_text(encoding="utf-8")
    text = text.replace("clientPort=2181", f"clientPort={port}\nadmin.enableServer=false")
    config.write_text(text.replace("/state", str(state)), encoding="utf-8")
    lib = FlinkDistribution.installed().home / "lib"
    places = {
        "java": str(toolchain.find_java()),
        "/opt/flink/lib/*": f"{lib}/*",
        "/etc/zookeeper.cfg": str(config),
    }
    command = [places.get(word, word) for word in compose()["services"]["zookeeper"]["command"]]
    process = processes.start(command, tmp_path / "zookeeper.log", os.environ)
    yield f"127.0.0.1:{port}"
    process.stop()


@pytest.fixture
def available(tmp_path: Path, zookeeper: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    settings = {
        name: value.replace("zookeeper:2181", zookeeper).replace("/state", f"{tmp_path}/state")
        for name, value in compose_settings().items()
        if name.startswith("high-availability")
    }

    def options(taskmanagers: int, flink_settings: dict[str, str]) -> StackOptions:
        return StackOptions(taskmanagers, flink_settings={**flink_settings, **settings})

    monkeypatch.setattr(local, "StackOptions", options)
    rig = Rig(tmp_path / "rig", PROBE)
    try:
        rig.receivers.start(rig.folder / "answers.json")
        rig.take_over()
        local.start(read_folder(rig.folder), print)
        yield rig
    finally:
        rig.stop()


def test_a_killed_jobmanager_goes_on_with_its_job(available: Rig) -> None:
    rig, job = available, available.running.job
    rig.send([("events", "ha-ann", event("start", size=20))])
    waits = ("low", "waiting")
    wait_until(lambda: waits in walked(rig), PATIENCE_S, "someone waits")
    stack = LocalStack.load(rig.folder / ".journeys")
    stack.processes()["jobmanager"].kill()
    stack.cluster.start_jobmanager()
    wait_until(lambda: runs_again(rig, job.id), BACK_S, "the same job runs again")
    rig.send([("events", "ha-ann", event("go"))])
    wait_until(lambda: ("low", "passed") in walked(rig), PATIENCE_S, "they go on")
    ids = [e["event_id"] for e in rig.step_events("ha-")]
    assert len(ids) == len(set(ids))


def walked(rig: Rig) -> set[tuple[str, str]]:
    return {(e["step_id"], e["outcome"]) for e in rig.step_events("ha-")}


def runs_again(rig: Rig, job: str) -> bool:
    try:
        running = rig.running.job
        return running.id == job and running.state() == "RUNNING" and running.tasks_running()
    except Exception:  # nobody answers yet
        return False
