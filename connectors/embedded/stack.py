"""The local broker and cluster together, found again by the folder they live in."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from connectors.embedded import jars, processes
from connectors.embedded.broker import LocalBroker
from connectors.embedded.cluster import LocalCluster
from connectors.embedded.errors import EmbeddedError
from connectors.embedded.jars import Jars, Progress
from connectors.embedded.processes import ChildProcess
from connectors.kafka.bootstrap import Bootstrap


@dataclass(frozen=True, slots=True)
class StackOptions:
    """How large the stack is, and which of its ports and Flink settings are given."""

    taskmanagers: int = 2
    slots: int = 1
    broker_port: int | None = None
    flink_settings: Mapping[str, str | int] | None = None
    watched: bool = True
    """Whether TaskManagers that die are started again."""


class LocalStack:
    """A broker and a cluster that run, or ran, below one folder.

    They outlive the program that started them; another finds them with `load`.
    """

    def __init__(self, folder: Path, jars: Jars, options: StackOptions) -> None:
        self.folder = folder.absolute()
        self.jars = jars
        self._options = options
        self.broker = LocalBroker(self.folder / "kafka", jars, port=options.broker_port)
        self.cluster = LocalCluster(
            self.folder / "flink",
            jars,
            taskmanagers=options.taskmanagers,
            slots=options.slots,
            settings=options.flink_settings,
        )

    @classmethod
    def start(
        cls,
        folder: Path,
        options: StackOptions | None = None,
        progress: Progress = jars.silent,
    ) -> Self:
        """Fetch what is missing, start broker and cluster, and return them ready for use.

        What an earlier run left running in the folder is stopped first; its data stays.

        Raises:
            EmbeddedError: a stack already runs in the folder, or one cannot be started; nothing
                is left running then.
        """
        stack = cls(folder, jars.ensure_jars(progress), options or StackOptions())
        if stack.alive():
            message = (
                f"a local stack already runs in {stack.folder}, with broker {stack.bootstrap} and "
                f"cluster {stack.rest_url}: `journeys deploy` puts another job in the place of "
                f"one that runs, and `journeys down` ends all, also what was begun half"
            )
            raise EmbeddedError(message)
        stack.stop()
        try:
            progress("Starting the Kafka broker")
            stack.broker.start()
            progress("Starting the Flink cluster")
            stack.cluster.start()
            stack._remember()
            if stack._options.watched:
                stack.watch()
        except BaseException:
            stack.stop()
            raise
        return stack

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the stack that runs in this folder, whoever started it.

        Raises:
            EmbeddedError: none runs there. A record of one that is gone is removed.
        """
        record = folder / "stack.json"
        if record.is_file():
            stored = json.loads(record.read_text(encoding="utf-8"))
            kafka = tuple(Path(jar) for jar in stored["jars"]["kafka"])
            stack = cls(folder, Jars(kafka, Path(stored["jars"]["connector"])), StackOptions())
            if any(process.alive() for process in stack.processes().values()):
                return stack
            record.unlink()
        message = f"no local stack runs in {folder.absolute()}: `journeys run` starts one"
        raise EmbeddedError(message)

    @property
    def bootstrap(self) -> Bootstrap:
        """Return the address that Kafka clients are given."""
        return Bootstrap(servers=self.broker.bootstrap)

    @property
    def rest_url(self) -> str:
        """Return the address of Flink's REST interface and web page."""
        return self.cluster.rest_url

    def processes(self) -> dict[str, ChildProcess]:
        """Return every process of the stack, running or ended, by name."""
        broker = self.broker.process
        return ({} if broker is None else {"broker": broker}) | self.cluster.processes()

    def alive(self) -> bool:
        """Say whether broker and JobManager both run."""
        return self.broker.alive() and self.cluster.alive()

    def watch(self) -> None:
        """Let a process start TaskManagers again that die, in the environment of this one."""
        self.watch_no_more()
        command = [sys.executable, "-m", "connectors.embedded.upkeep", str(self.folder)]
        log = self.folder / "flink" / "logs" / "upkeep.out"
        process = processes.start(command, log, dict(os.environ))
        processes.write_pid_file(self._watch, process)

    def watch_no_more(self) -> None:
        """Start no TaskManager again from here on; those that were go on."""
        process = processes.read_pid_file(self._watch)
        if process is not None:
            process.stop_alone()
            self._watch.unlink(missing_ok=True)

    def stop(self, *, remove_data: bool = False) -> None:
        """Stop every process of the stack; on demand remove topics, checkpoints and logs too.

        Does nothing where none runs.
        """
        self.watch_no_more()
        self.cluster.stop()
        self.broker.stop()
        self._record.unlink(missing_ok=True)
        if remove_data:
            for folder in (self.folder / "kafka", self.folder / "flink"):
                shutil.rmtree(folder, ignore_errors=True)

    @property
    def _watch(self) -> Path:
        return self.folder / "flink" / "upkeep.pid"

    @property
    def _record(self) -> Path:
        return self.folder / "stack.json"

    def _remember(self) -> None:
        record = {
            "folder": str(self.folder),
            "bootstrap": self.broker.bootstrap,
            "rest_url": self.rest_url,
            "processes": {
                name: {"pid": process.pid, "started": process.started}
                for name, process in self.processes().items()
            },
            "jars": {
                "kafka": [str(jar) for jar in self.jars.kafka],
                "connector": str(self.jars.connector),
            },
        }
        whole = self._record.with_suffix(".new")
        whole.write_text(json.dumps(record, indent=2), encoding="utf-8")
        # One rename, so that whoever looks finds all of it or nothing.
        whole.replace(self._record)
