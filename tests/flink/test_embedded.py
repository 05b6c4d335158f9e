"""The local broker and cluster, real ones, started and stopped by our own code."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from connectors.embedded.broker import LocalBroker
from connectors.embedded.cluster import LocalCluster
from connectors.embedded.errors import EmbeddedError
from connectors.embedded.jars import Jars, ensure_jars
from connectors.embedded.processes import ChildProcess
from connectors.embedded.stack import LocalStack, StackOptions
from connectors.embedded.upkeep import LEAST_LIFE_S, LOOK_S
from connectors.kafka.topics import MAX_RECORD_BYTES

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TOPIC = "records"
LARGE = b"x" * 2 * 1024 * 1024


@pytest.fixture(scope="module")
def jars() -> Jars:
    return ensure_jars()


@pytest.fixture
def broker(tmp_path: Path, jars: Jars) -> Iterator[LocalBroker]:
    broker = LocalBroker(tmp_path / "kafka", jars)
    yield broker
    broker.stop()


@pytest.fixture
def cluster(tmp_path: Path, jars: Jars) -> Iterator[LocalCluster]:
    cluster = LocalCluster(tmp_path / "flink", jars, taskmanagers=1)
    yield cluster
    cluster.stop()


def test_a_broker_keeps_its_records_and_its_port_over_a_restart(broker: LocalBroker) -> None:
    bootstrap = broker.start()
    first = broker.process
    create_topic(bootstrap)
    produce(bootstrap, b"small", LARGE)
    assert consume(bootstrap, 2) == [b"small", LARGE]
    with pytest.raises(EmbeddedError, match="already runs"):
        broker.start()
    broker.stop()
    assert gone(first)
    assert broker.start() == bootstrap
    assert consume(bootstrap, 2) == [b"small", LARGE]


def test_a_killed_broker_comes_back_with_its_records(broker: LocalBroker) -> None:
    bootstrap = broker.start()
    create_topic(bootstrap)
    produce(bootstrap, b"before")
    broker.kill()
    assert not broker.alive()
    assert broker.start() == bootstrap
    assert consume(bootstrap, 1) == [b"before"]


def test_a_broker_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path, jars: Jars) -> None:
    broker = LocalBroker(tmp_path, jars, heap_mb=1)
    with pytest.raises(EmbeddedError, match=r"(?s)Kafka.*(heap|memory|OutOfMemory)"):
        broker.start()
    assert not broker.alive()


def test_a_cluster_loses_and_gains_taskmanagers(cluster: LocalCluster) -> None:
    rest_url = cluster.start()
    started = dict(cluster.processes())
    assert started.keys() == {"jobmanager", "taskmanager-0"}
    assert slots(rest_url) == 1
    index = cluster.add_taskmanager()
    cluster.wait_for_slots(2)
    cluster.kill_taskmanager(0)
    assert gone(started["taskmanager-0"])
    cluster.wait_for_slots(1, timeout_s=30)
    started |= cluster.processes()
    assert started[f"taskmanager-{index}"].alive()
    cluster.replace_taskmanagers()
    assert slots(rest_url) == 1
    assert gone(started[f"taskmanager-{index}"])
    started |= cluster.processes()
    cluster.stop()
    assert all(gone(process) for process in started.values())
    assert cluster.processes() == {}


def test_a_cluster_with_a_wrong_setting_shows_the_end_of_the_log(
    tmp_path: Path, jars: Jars
) -> None:
    wrong = {"heartbeat.interval": "soon"}
    cluster = LocalCluster(tmp_path, jars, taskmanagers=1, settings=wrong)
    with pytest.raises(EmbeddedError, match=r"(?s)ended.*heartbeat\.interval"):
        cluster.start()
    assert cluster.processes() == {}


def test_a_stack_is_found_and_stopped_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    said: list[str] = []
    started = LocalStack.start(folder, StackOptions(taskmanagers=1), said.append)
    try:
        with pytest.raises(EmbeddedError, match=f"already runs in .*{started.bootstrap}"):
            LocalStack.start(folder)
        found = LocalStack.load(folder)
        assert (found.bootstrap, found.rest_url) == (started.bootstrap, started.rest_url)
        running = found.processes()
        assert running.keys() == {"broker", "jobmanager", "taskmanager-0"}
        create_topic(str(found.bootstrap))
        assert slots(found.rest_url) == 1
        _watched(found)
        running = found.processes()
        found.stop(remove_data=True)
        assert all(gone(process) for process in running.values())
        assert list(folder.iterdir()) == []
    finally:
        started.stop()


def _watched(stack: LocalStack) -> None:
    """A worker that dies is started again, be the broker there or not, and stays."""
    first = stack.processes()["taskmanager-0"]
    stack.broker.kill()
    time.sleep(max(0, first.started + LEAST_LIFE_S - time.time()))
    first.kill()
    deadline = time.monotonic() + 30
    while (second := stack.processes()["taskmanager-0"]) == first:
        assert time.monotonic() < deadline, "nobody starts it again"
        time.sleep(LOOK_S)
    stack.watch_no_more()
    assert second.alive()
    stack.cluster.wait_for_slots(1, timeout_s=30)
    stack.broker.start()


def create_topic(bootstrap: str) -> None:
    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
        admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])


def produce(bootstrap: str, *values: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, max_request_size=MAX_RECORD_BYTES)
    sent = [producer.send(TOPIC, value=value) for value in values]
    for each in sent:
        each.get(timeout=30)
    producer.close()


def consume(bootstrap: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=30_000,
    )
    values = [next(consumer).value for _ in range(count)]
    consumer.close()
    return values


def slots(rest_url: str) -> int:
    return int(requests.get(f"{rest_url}/overview", timeout=10).json()["slots-total"])


def gone(process: ChildProcess | None) -> bool:
    return process is not None and not process.alive() and process.family() == []
