"""A project on the real local stack: written into a folder, run by the command line, watched."""

from __future__ import annotations

import base64
import gc
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import yaml

from bench.answering import Service
from connectors.embedded.cluster import number_of
from connectors.embedded.ports import free_ports
from connectors.embedded.receivers import LocalReceivers
from connectors.embedded.stack import LocalStack
from connectors.kafka.client import Writer, read_topic
from jobs import local
from jobs.folder import read_folder
from jobs.local import Running

SAVEPOINT_S = 150
COMMAND = Path(sys.executable).with_name("journeys")
PROBE = Path(__file__).parent / "probe"
PREFIX = "probe."
CANARY = "c4n4ry/9xk2+hq7-3vd"
"""Every secret of the project; a test looks for it everywhere."""


def secrets(folder: Path) -> dict[str, str]:
    """Write the secrets that are files, and give the environment in which all are found."""
    folder.mkdir(exist_ok=True)
    (folder / "PROBE_FILE").write_text(CANARY, encoding="utf-8")
    signing = base64.b64encode(CANARY.encode()).decode()
    return {
        "PROBE_SECRETS": str(folder),
        "JOURNEYS_SECRET_PROBE_LINKS": "a key of 16 or more",
        "JOURNEYS_SECRET_PROBE_KEY": CANARY,
        "JOURNEYS_SECRET_PROBE_SIGNING": f"whsec_{signing}",
    }


class Rig:
    """A project, running; whole only where that is asked for, for each worker takes its time.

    A whole one is counted, and a worker stands by.
    """

    def __init__(self, folder: Path, project: Path = PROBE, *, whole: bool = False) -> None:
        self.folder = folder / "project"
        shutil.copytree(project, self.folder)
        if not whole:
            file = self.folder / "journeys.yaml"
            settings = yaml.safe_load(file.read_text(encoding="utf-8"))
            settings.setdefault("job", {})["spare_workers"] = 0
            settings["reporting"] = {"counts": False}
            file.write_text(yaml.safe_dump(settings), encoding="utf-8")
        self.receivers = LocalReceivers(folder / "receivers")
        self.receive_port, self.metrics_port, *ports = free_ports(4)
        self.quick, self.frail = (Service(folder / f"calls-{port}", port) for port in ports)

    def start(self) -> None:
        self.receivers.start(self.folder / "answers.json")
        self.take_over()
        self.journeys("run", str(self.folder))

    def take_over(self) -> None:
        """Say to what is started from here on where this rig's services are, and its secrets."""
        os.environ |= secrets(self.folder.with_name("secrets")) | {
            "PROBE_SMTP_PORT": str(self.receivers.smtp_port),
            "PROBE_HTTP_PORT": str(self.receivers.http_port),
            "PROBE_RECEIVE_PORT": str(self.receive_port),
            "PROBE_METRICS_PORT": str(self.metrics_port),
            "PROBE_QUICK_PORT": str(self.quick.port),
            "PROBE_FRAIL_PORT": str(self.frail.port),
        }

    def worker(self) -> int:
        """Give the number of a TaskManager that runs journeys; to ask for it may take a second."""
        return number_of(min(self.running.job.taskmanagers()))

    def kill_worker(self, number: int | None = None) -> None:
        """Kill a TaskManager that runs journeys, as a crash would; the stack starts it again."""
        self.stack.cluster.kill_taskmanager(self.worker() if number is None else number)

    def stop(self) -> None:
        self.receivers.stop()
        self.quick.stop()
        self.frail.stop()
        if (self.folder / ".journeys" / "stack.json").exists():
            self.journeys("down", str(self.folder), "--remove-data")
        # kafka-python closes some of its sockets only now; later, nobody forgives it.
        gc.collect()

    def journeys(self, *words: str) -> str:
        done = subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *words: str) -> str:
        """Run a command that must end with findings, and give what it says of them."""
        done = subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr

    @property
    def stack(self) -> LocalStack:
        return LocalStack.load(self.folder / ".journeys")

    @property
    def running(self) -> Running:
        return local.find(read_folder(self.folder))

    def send(self, records: Iterable[tuple[str, str | None, object]]) -> None:
        """Write records: topic without prefix, key, and bytes as they are or a value as JSON."""
        with Writer(self.stack.bootstrap) as writer:
            for topic, key, value in records:
                data = value if isinstance(value, bytes) else json.dumps(value).encode()
                writer.write(PREFIX + topic, None if key is None else key.encode(), data)

    def read(self, topic: str) -> list[dict[str, Any]]:
        found = read_topic(self.stack.bootstrap, PREFIX + topic)
        return [json.loads(record.value or b"null") for record in found]

    def step_events(self, people: str) -> list[dict[str, Any]]:
        """Give the step events of the people whose id begins so."""
        return [e for e in self.read("step-events") if e["profile_id"].startswith(people)]


def savepoint(rig: Rig, name: str) -> Path:
    """Take a savepoint of the running job."""
    folder = rig.folder / ".journeys" / "looked-at" / name
    job = f"{rig.running.job.rest_url}/jobs/{rig.running.job.id}/savepoints"
    asked = json.dumps({"target-directory": folder.as_uri(), "cancel-job": False}).encode()
    headers = {"Content-Type": "application/json"}
    trigger = ask(Request(job, asked, headers))["request-id"]
    taken: dict[str, Any] = {}

    def is_taken() -> bool:
        taken.update(ask(Request(f"{job}/{trigger}")))
        return bool(taken["status"]["id"] == "COMPLETED")

    wait_until(is_taken, SAVEPOINT_S, "a savepoint is taken")
    assert "location" in taken["operation"], taken
    return folder


def ask(request: Request) -> dict[str, Any]:
    with urlopen(request) as answer:
        return dict(json.load(answer))


def event(kind: str, **fields: object) -> dict[str, object]:
    return {"eventType": f"probe.{kind}", **fields}


# `done` may have parameters with defaults: a lambda in a loop binds the loop's variable so.
def wait_until(done: Callable[..., bool], seconds: float, what: str) -> None:
    """Look again and again until something holds; fail when the time is up."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.25)
