"""The job in one process, a mini cluster, as `python -m jobs.orchestrate` runs it by itself.

With state in the heap, where the other tests keep it in RocksDB.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.embedded import processes
from connectors.embedded.broker import LocalBroker
from connectors.embedded.jars import ensure_jars
from connectors.embedded.receivers import LocalReceivers
from connectors.kafka.admin import create_topics
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Writer, read_topic
from jobs.folder import read_folder
from jobs.job import JobDescription, Said
from journeys.control import dump_command, publish_message
from tests.e2e.rig import PROBE, event, secrets, wait_until

pytestmark = [
    pytest.mark.flink,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def receivers(tmp_path: Path) -> Iterator[LocalReceivers]:
    receivers = LocalReceivers(tmp_path / "receivers")
    receivers.start(PROBE / "answers.json")
    yield receivers
    receivers.stop()


@pytest.fixture
def bootstrap(tmp_path: Path) -> Iterator[Bootstrap]:
    broker = LocalBroker(tmp_path / "kafka", ensure_jars())
    yield Bootstrap(servers=broker.start())
    broker.stop()


def test_the_job_runs_on_a_mini_cluster_with_state_in_the_heap(
    tmp_path: Path, receivers: LocalReceivers, bootstrap: Bootstrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in secrets(tmp_path / "secrets").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PROBE_SMTP_PORT", str(receivers.smtp_port))
    monkeypatch.setenv("PROBE_HTTP_PORT", str(receivers.http_port))
    shutil.copytree(PROBE, tmp_path / "project")
    folder = read_folder(tmp_path / "project")
    create_topics(bootstrap, folder.settings.topics)
    plans = folder.compilation.plans.values()
    said = [dump_command(publish_message(plan)).decode() for plan in plans]
    job = JobDescription(
        name="mini",
        bootstrap=bootstrap,
        topics=folder.settings.topics,
        channels=folder.settings.channels,
        control=[Said(offset=n, text=text) for n, text in enumerate(said)],
        jars=[str(ensure_jars().connector)],
        checkpoint_folder=(tmp_path / "checkpoints").as_uri(),
        state_backend="hashmap",
    )
    description, log = tmp_path / "job.json", tmp_path / "job.log"
    description.write_text(job.model_dump_json())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "jobs.orchestrate", str(description)]
    process = processes.start(command, log, {**os.environ, "PATH": path})
    try:
        with Writer(bootstrap) as writer:
            start = json.dumps(event("start", size=80)).encode()
            writer.write(folder.settings.topics.full("events"), b"someone", start)

        def completed() -> bool:
            assert process.alive(), processes.log_tail(log)
            events = read_topic(bootstrap, folder.settings.topics.full("step-events"))
            return any(json.loads(e.value or b"")["outcome"] == "completed" for e in events)

        wait_until(completed, 120, "the person completes")
        maps = [" ".join(m.path for m in each.memory_maps()) for each in process.family()]
        (cluster,) = (each for each in maps if "pemja" in each)
        assert "apache_beam" not in cluster, "it takes seconds to load"
    finally:
        process.stop()
    assert [mail["to"] for mail in receivers.emails()] == [["someone@mail.example"]]
