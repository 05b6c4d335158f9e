from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from connectors.embedded import flink_settings, processes
from connectors.embedded.broker import broker_settings
from connectors.embedded.cluster import FlinkDistribution, LocalCluster
from connectors.embedded.errors import EmbeddedError
from connectors.embedded.flink_settings import TASKMANAGER_MEMORY, cluster_settings
from connectors.embedded.jars import Jars
from connectors.embedded.ports import free_ports
from connectors.kafka.topics import MAX_RECORD_BYTES


def test_the_broker_listens_on_this_machine_only() -> None:
    settings = broker_settings(Path("data"), 21000, 21001)
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:21000,CONTROLLER://127.0.0.1:21001"
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:21000"


def test_the_broker_takes_what_it_also_hands_out() -> None:
    settings = broker_settings(Path("data"), 21000, 21001)
    assert settings["message.max.bytes"] == settings["replica.fetch.max.bytes"] == MAX_RECORD_BYTES


def test_every_inner_topic_of_the_broker_can_live_on_one_node() -> None:
    settings = broker_settings(Path("data"), 21000, 21001)
    replication = {
        k: v for k, v in settings.items() if k.endswith(("replication.factor", "min.isr"))
    }
    assert len(replication) == 6
    assert set(replication.values()) == {1}


def test_every_address_of_the_cluster_is_this_machine() -> None:
    settings = cluster_settings(21000, 21001, slots=1)
    hosts = {k: v for k, v in settings.items() if re.search(r"(address|host)$", k)}
    assert len(hosts) == 6
    assert set(hosts.values()) == {"127.0.0.1"}


def test_java_is_given_the_memory_that_flink_is_told() -> None:
    def megabytes(*names: str) -> int:
        return sum(int(TASKMANAGER_MEMORY[f"taskmanager.memory.{n}"].rstrip("m")) for n in names)

    heap = megabytes("framework.heap.size", "task.heap.size")
    direct = megabytes("framework.off-heap.size", "task.off-heap.size", "network.max")
    metaspace = megabytes("jvm-metaspace.size")
    expected = f"-Xmx{heap}m -XX:MaxDirectMemorySize={direct}m -XX:MaxMetaspaceSize={metaspace}m"
    assert " ".join(flink_settings.TASKMANAGER_JAVA_OPTIONS) == expected
    assert heap + direct + metaspace + megabytes("managed.size", "jvm-overhead.max") == 1600


def test_the_installed_flink_is_found_without_importing_it() -> None:
    distribution = FlinkDistribution.installed()
    assert distribution.python_jar.is_file()
    code = (
        "import sys; from connectors.embedded.cluster import FlinkDistribution as F; "
        "F.installed(); sys.exit('pyflink' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_configuration_of_the_cluster_is_all_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JVM_ARGS", "-Xmx1g")
    connector = tmp_path / "connector.jar"
    connector.touch()
    cluster = LocalCluster(
        tmp_path / "flink", Jars((), connector), settings={"web.cancel.enable": 0}
    )
    cluster.write_configuration()
    config = yaml.safe_load((tmp_path / "flink" / "conf" / "config.yaml").read_text("utf-8"))
    assert config["web.cancel.enable"] == 0
    assert "--add-opens=java.base/java.lang=ALL-UNNAMED" in config["env.java.opts.all"]
    assert cluster.rest_url == f"http://127.0.0.1:{config['rest.port']}"
    names = [jar.name for jar in (tmp_path / "flink" / "lib").iterdir() if jar.exists()]
    assert {"connector.jar", cluster.python_jar.name} < set(names)
    environment = cluster.environment()
    assert environment["FLINK_CONF_DIR"] == str(tmp_path / "flink" / "conf")
    assert environment["PATH"].startswith(str(Path(sys.prefix, "bin")))
    assert environment["JVM_ARGS"].split() == [*flink_settings.QUICK_START, "-Xmx1g"]


def test_each_process_answers_prometheus_on_a_port_of_its_own(tmp_path: Path) -> None:
    connector = tmp_path / "connector.jar"
    connector.touch()
    settings = flink_settings.metrics_settings(21_500)
    cluster = LocalCluster(tmp_path / "flink", Jars((), connector), settings=settings)
    cluster.write_configuration()
    option = "metrics.reporter.prometheus.port"
    ports = {name: cluster.metrics_port(name) for name in ("jobmanager", "taskmanager-2")}
    assert ports == {"jobmanager": 21_500, "taskmanager-2": 21_503}
    config = yaml.safe_load((tmp_path / "flink" / "conf" / "config.yaml").read_text("utf-8"))
    assert config[option] == 21_500
    silent = LocalCluster(tmp_path / "silent", Jars((), connector))
    silent.write_configuration()
    assert silent.metrics_port("jobmanager") is None
    assert silent.metrics_urls == {}


def test_a_taken_port_for_prometheus_is_told_before_anything_starts(tmp_path: Path) -> None:
    connector = tmp_path / "connector.jar"
    connector.touch()
    taken = free_ports(1)[0]
    with socket.create_server(("127.0.0.1", taken)):
        settings = flink_settings.metrics_settings(taken - 1)
        cluster = LocalCluster(tmp_path / "flink", Jars((), connector), settings=settings)
        with pytest.raises(EmbeddedError, match=f"the port {taken}, on which the taskmanager-0"):
            cluster.start()
    assert not cluster.processes()


def test_a_cluster_ends_though_its_jars_are_gone(tmp_path: Path) -> None:
    connector = tmp_path / "connector.jar"
    connector.touch()
    cluster = LocalCluster(tmp_path / "flink", Jars((), connector))
    cluster.write_configuration()
    for name in ("jobmanager", "taskmanager-0"):
        started = processes.start(["/bin/sleep", "60"], tmp_path / "log", {})
        processes.write_pid_file(tmp_path / "flink" / "pids" / f"{name}.pid", started)
    assert len(cluster.processes()) == 2
    connector.unlink()
    cluster.stop()
    assert cluster.processes() == {}
