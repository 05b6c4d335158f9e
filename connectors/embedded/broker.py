"""A Kafka broker of one node, for demos and tests: it keeps its data and its port in a folder."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from connectors.embedded import ports, processes, toolchain
from connectors.embedded.errors import EmbeddedError
from connectors.embedded.flink_settings import QUICK_START
from connectors.embedded.jars import Jars
from connectors.embedded.ports import LOOPBACK
from connectors.embedded.processes import ChildProcess
from connectors.kafka.topics import MAX_RECORD_BYTES

MAX_TRANSACTION_MS = 15 * 60 * 1000
"""The longest transaction a producer may ask for: Kafka's own default, said aloud.

Flink's exactly-once sink asks for an hour unless told otherwise, and is then refused here; and a
job that is down for longer than its transaction timeout loses what it had written but not yet
committed.
"""

_CLUSTER_ID = "am91cm5leXMtbG9jYWwtMQ"
_STOP_S = 15.0


class LocalBroker:
    """A broker with its data, its log and its settings below one folder.

    Started again on the same folder it has the same data and listens on the same port.
    `settings` stand in place of its own, as Kafka names them.
    """

    def __init__(
        self,
        folder: Path,
        jars: Jars,
        *,
        port: int | None = None,
        heap_mb: int = 512,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self._folder = folder.absolute()
        self._jars = jars
        self._fixed = {} if port is None else {"broker": port}
        self._heap_mb = heap_mb
        self._given = dict(settings or {})
        self._log = self._folder / "logs" / "broker.log"
        self._pid_file = self._folder / "broker.pid"
        self._settings = self._folder / "server.properties"

    @property
    def process(self) -> ChildProcess | None:
        """Its process, running or ended; None before the first start."""
        return processes.read_pid_file(self._pid_file)

    @property
    def bootstrap(self) -> str:
        """Return the address of the last start, for clients."""
        port = ports.kept_ports(self._folder / "ports.json")["broker"]
        return f"{LOOPBACK}:{port}"

    def start(self, timeout_s: float = 120.0) -> str:
        """Start the broker and return its bootstrap address once a client is served.

        Raises:
            EmbeddedError: it already runs, its port is taken, or it did not come up in time;
                with the last lines of its log.
        """
        if self.alive():
            message = f"a broker already runs in {self._folder}: stop it, or use another folder"
            raise EmbeddedError(message)
        deadline = time.monotonic() + timeout_s
        java = toolchain.find_java()
        kept = ports.keep_ports(self._folder / "ports.json", ("broker", "controller"), self._fixed)
        port, controller_port = kept["broker"], kept["controller"]
        self._write_settings(port, controller_port)
        self._format_storage(java)
        command = [*self._java_command(java), "kafka.Kafka", str(self._settings)]
        process = processes.start(command, self._folder / "logs" / "broker.out", os.environ)
        processes.write_pid_file(self._pid_file, process)
        try:
            self._wait_until_serving(process, port, deadline)
        except BaseException:
            process.kill()
            raise
        return self.bootstrap

    def stop(self) -> None:
        """Shut the broker down; its data stays. Does nothing where none runs."""
        process = self.process
        if process is not None:
            process.stop(_STOP_S)
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """Kill the broker as a crash would."""
        process = self.process
        if process is not None:
            process.kill()

    def alive(self) -> bool:
        """Say whether the broker's process runs."""
        process = self.process
        return process is not None and process.alive()

    def _write_settings(self, port: int, controller_port: int) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        lines = broker_settings(self._folder / "data", port, controller_port) | self._given
        text = "".join(f"{name}={value}\n" for name, value in lines.items())
        self._settings.write_text(text, encoding="utf-8")
        (self._folder / "log4j2.properties").write_text(_log_settings(self._log), encoding="utf-8")

    def _format_storage(self, java: Path) -> None:
        if (self._folder / "data" / "meta.properties").is_file():
            return
        tool = ["kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(self._settings)]
        ended = subprocess.run(  # noqa: S603 - the Java found, with arguments of our own
            [*self._java_command(java), *tool],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if ended.returncode != 0:
            message = (
                f"Kafka could not format {self._folder / 'data'}:\n{ended.stdout}{ended.stderr}"
            )
            raise EmbeddedError(message)

    def _java_command(self, java: Path) -> list[str]:
        return [
            str(java),
            *QUICK_START,
            f"-Xmx{self._heap_mb}m",
            "-XX:+ExitOnOutOfMemoryError",
            f"-XX:ErrorFile={self._log.parent}/crash-%p.log",
            f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}",
            "-cp",
            os.pathsep.join(map(str, self._jars.kafka)),
        ]

    def _wait_until_serving(self, process: ChildProcess, port: int, deadline: float) -> None:
        while not ports.answers(port):
            if not process.alive():
                raise EmbeddedError(self._did_not_start("its process ended"))
            if time.monotonic() > deadline:
                raise EmbeddedError(self._did_not_start("it did not listen in time"))
            time.sleep(0.05)
        left_ms = max(1, int((deadline - time.monotonic()) * 1000))
        try:
            with KafkaAdminClient(
                bootstrap_servers=f"{LOOPBACK}:{port}", bootstrap_timeout_ms=left_ms
            ) as admin:
                admin.describe_cluster()
        except KafkaError as error:
            raise EmbeddedError(self._did_not_start(f"it served no client: {error}")) from error

    def _did_not_start(self, why: str) -> str:
        out = processes.log_tail(self._folder / "logs" / "broker.out")
        return (
            f"the Kafka broker in {self._folder} did not start: {why}. The end of {self._log}:\n"
            f"{processes.log_tail(self._log)}\n{out}"
        )


def broker_settings(data: Path, port: int, controller_port: int) -> dict[str, object]:
    """Return the settings of a broker that is its own controller, as Kafka names them."""
    single = {
        f"{topic}.{name}": 1
        for topic in ("transaction.state.log", "share.coordinator.state.topic")
        for name in ("replication.factor", "min.isr")
    }
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": data,
        # A topic nobody created is a misspelt one.
        "auto.create.topics.enable": "false",
        "num.partitions": 4,
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "offsets.topic.replication.factor": 1,
        **single,
        # Kafka's 50 partitions of each would cost most of the first start.
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.num.partitions": 1,
        "transaction.max.timeout.ms": MAX_TRANSACTION_MS,
        "message.max.bytes": MAX_RECORD_BYTES,
        "replica.fetch.max.bytes": MAX_RECORD_BYTES,
        "group.initial.rebalance.delay.ms": 0,
        # The default of 128 MB is a quarter of this heap.
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    }


def _log_settings(log: Path) -> str:
    return f"""\
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = File

appender.file.name = File
appender.file.type = RollingFile
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %-5p %c - %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
"""
