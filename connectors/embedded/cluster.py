"""A Flink session cluster from the installed Python package: one JobManager, some TaskManagers.

All its settings, logs and temporary files lie below one folder; the installed package is read only.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

import requests
import yaml

from connectors.embedded import class_archive, flink_settings, ports, processes, toolchain
from connectors.embedded.class_archive import ClassArchive
from connectors.embedded.errors import EmbeddedError
from connectors.embedded.jars import Jars
from connectors.embedded.ports import LOOPBACK
from connectors.embedded.processes import ChildProcess

_JOBMANAGER_MAIN = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
_TASKMANAGER_MAIN = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
_STOP_S = 15.0
_POLL_S = 0.1
LOG_FILE = "journeys.log.file"
"""The property that names a log, instead of Flink's `log.file`.

Beside the latter RocksDB would put a log of each of its databases, called by the whole path of that
database, where that fits; its check of what fits leaves out what a job of another size adds, and
such a job would fail with `File name too long`.
"""
TASKMANAGER = "taskmanager-"
"""Before the number of a TaskManager, in its name."""


def _kind_of(name: str) -> str:
    """Give what a process is, by its name: `jobmanager` or `taskmanager`."""
    return name.partition("-")[0]


def number_of(taskmanager: str) -> int:
    """Give the number in the name of a TaskManager."""
    return int(taskmanager.removeprefix(TASKMANAGER))


@dataclass(frozen=True, slots=True)
class FlinkDistribution:
    """The Flink that came with the Python package: scripts, jars, settings to begin with."""

    home: Path

    @classmethod
    def installed(cls) -> FlinkDistribution:
        """Return the one of this Python environment, without importing it: that takes seconds.

        Raises:
            EmbeddedError: there is none.
        """
        package = importlib.util.find_spec("pyflink")
        places = package.submodule_search_locations if package else None
        if not places or not (home := Path(places[0])).joinpath("bin", "flink").is_file():
            message = "this Python has no Flink: install it with `pip install apache-flink`"
            raise EmbeddedError(message)
        return cls(home)

    @property
    def python_jar(self) -> Path:
        """Return the jar that runs Python operators."""
        (jar,) = (self.home / "opt").glob("flink-python-*.jar")
        return jar


class LocalCluster:
    """A JobManager and its TaskManagers, one slot each unless said otherwise.

    The Kafka connector and the jar for Python operators are on the class path of the cluster, so a
    job needs no `pipeline.jars`. That is not only less to send: the library that runs Python in the
    process loads once. Brought by jobs, each in its own class loader, the second job of a
    TaskManager fails with `NoSuchFieldException: loadedLibraryNames`, at every restart.
    """

    def __init__(
        self,
        folder: Path,
        jars: Jars,
        *,
        taskmanagers: int = 2,
        slots: int = 1,
        settings: Mapping[str, str | int] | None = None,
    ) -> None:
        self._folder = folder.absolute()
        self._jars = jars
        self._taskmanagers = taskmanagers
        self._slots = slots
        self._settings = dict(settings or {})
        self._pids = self._folder / "pids"
        self.distribution = FlinkDistribution.installed()

    @property
    def python_jar(self) -> Path:
        """Return the jar that runs Python operators; already on the cluster's class path."""
        return self.distribution.python_jar

    def start(self, timeout_s: float = 180.0) -> str:
        """Start all processes and return the REST address once every slot is offered.

        Raises:
            EmbeddedError: it already runs, or did not come up in time; with the end of a log.
        """
        if self.alive():
            message = f"a cluster already runs in {self._folder}: stop it, or use another folder"
            raise EmbeddedError(message)
        self.stop()
        toolchain.find_java()
        self.write_configuration()
        self._check_metrics_ports()
        try:
            self.start_jobmanager()
            for _ in range(self._taskmanagers):
                self.add_taskmanager()
            self.wait_for_slots(self._taskmanagers * self._slots, timeout_s)
        except BaseException:
            self.stop()
            raise
        return self.rest_url

    def stop(self) -> None:
        """Stop every process of the cluster. Does nothing where none runs.

        The first time, some of them write down first which classes they have loaded.
        """
        # Whatever became of Java and of the jars meanwhile: what runs must end.
        with suppress(EmbeddedError, OSError):
            self._keep_classes()
        processes.stop_all(list(self.processes().values()), _STOP_S)
        for file in self._pids.glob("*.pid"):
            file.unlink()

    def alive(self) -> bool:
        """Say whether the JobManager's process runs."""
        jobmanager = processes.read_pid_file(self._pids / "jobmanager.pid")
        return jobmanager is not None and jobmanager.alive()

    def processes(self) -> dict[str, ChildProcess]:
        """Return every process started since the last stop, running or ended, by name."""
        found = {file.stem: processes.read_pid_file(file) for file in self._pids.glob("*.pid")}
        return {name: process for name, process in sorted(found.items()) if process is not None}

    def start_jobmanager(self) -> None:
        """Start the JobManager; one that finds what a former one ran goes on with it."""
        options = flink_settings.JOBMANAGER_JAVA_OPTIONS
        self._start_process("jobmanager", _JOBMANAGER_MAIN, options)

    def add_taskmanager(self) -> int:
        """Start one more TaskManager and return its number; its slots come some seconds later."""
        taken = self.taskmanagers()
        index = next(number for number in count() if number not in taken)
        self.restart_taskmanager(f"{TASKMANAGER}{index}")
        return index

    def restart_taskmanager(self, name: str) -> None:
        """Start a TaskManager again that has ended; Flink sees that it is another process."""
        self._start_process(name, _TASKMANAGER_MAIN, flink_settings.TASKMANAGER_JAVA_OPTIONS)

    def taskmanagers(self) -> list[int]:
        """Give the numbers of those that were started and not stopped, be they alive or not."""
        names = self.processes()
        return [number_of(name) for name in names if TASKMANAGER in name]

    def running_taskmanagers(self) -> list[int]:
        """Give the numbers of those that are alive."""
        processes = self.processes()
        return [each for each in self.taskmanagers() if processes[f"{TASKMANAGER}{each}"].alive()]

    def kill_taskmanager(self, index: int) -> None:
        """Kill a TaskManager as a crash would.

        Raises:
            EmbeddedError: no TaskManager of that number was started.
        """
        process = processes.read_pid_file(self._pids / f"{TASKMANAGER}{index}.pid")
        if process is None:
            message = f"there is no TaskManager {index}; processes: {', '.join(self.processes())}"
            raise EmbeddedError(message)
        process.kill()

    def stop_taskmanagers(self, indexes: Sequence[int]) -> None:
        """Stop TaskManagers whose slots no job uses any more."""
        files = [self._pids / f"{TASKMANAGER}{index}.pid" for index in indexes]
        stopped = [process for file in files if (process := processes.read_pid_file(file))]
        # First forgotten: what is not to run is not begun again.
        for file in files:
            file.unlink(missing_ok=True)
        processes.stop_all(stopped, _STOP_S)

    def replace_taskmanagers(self) -> None:
        """Stop every TaskManager, start as many new ones, and wait for their slots.

        In thread mode a TaskManager keeps the Python modules of its first job: a later job with
        newer code would run the old one there. So this stands between two releases of a job.

        Raises:
            EmbeddedError: the new ones did not come up in time.
        """
        old, offered = self.running_taskmanagers(), self.slots("total") or 0
        self.stop_taskmanagers(old)
        self.wait_for_slots(0)
        for _ in old:
            self.add_taskmanager()
        self.wait_for_slots(offered)

    def wait_for_slots(self, count: int, timeout_s: float = 120.0) -> None:
        """Wait until the cluster offers exactly this many slots, free or in use.

        Raises:
            EmbeddedError: it does not, in time, or a process of the cluster ended meanwhile.
        """
        deadline = time.monotonic() + timeout_s
        watched = {name: each for name, each in self.processes().items() if each.alive()}
        while (offered := self.slots("total")) != count:
            for name, process in watched.items():
                if not process.alive():
                    raise EmbeddedError(self._failed(f"{name} ended", name))
            if time.monotonic() > deadline:
                why = f"it offers {offered or 'no'} slots, expected {count}"
                raise EmbeddedError(self._failed(why, *self._not_registered()))
            time.sleep(_POLL_S)

    def slots(self, which: Literal["total", "available"]) -> int | None:
        """Say how many slots the cluster offers, all or those free; None: it does not answer."""
        try:
            return int(self._ask("overview")[f"slots-{which}"])
        except requests.RequestException:
            return None

    def _not_registered(self) -> list[str]:
        """Name who runs and is unknown to the JobManager; that one, where nobody is."""
        try:
            known = {one["id"] for one in self._ask("taskmanagers")["taskmanagers"]}
        except requests.RequestException:
            return ["jobmanager"]
        running = {f"{TASKMANAGER}{each}" for each in self.running_taskmanagers()}
        return sorted(running - known) or ["jobmanager"]

    def _ask(self, path: str) -> dict[str, Any]:
        with requests.Session() as session:
            # A proxy for the outside world has no business with this address.
            session.trust_env = False
            answer = session.get(f"{self.rest_url}/{path}", timeout=5)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found

    @property
    def rest_url(self) -> str:
        """Return the address of the REST interface and web page of the last start."""
        return f"http://{LOOPBACK}:{ports.kept_ports(self._folder / 'ports.json')['rest']}"

    def environment(self) -> dict[str, str]:
        """Return the environment in which Flink's programs, as `flink run`, find this cluster."""
        java = toolchain.find_java().resolve()
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("FLINK_")
        }
        return inherited | {
            # Python inside a TaskManager takes its packages from where the first `python3` on PATH
            # does, whatever `python.executable` says: be that this environment, activated or not.
            "PATH": f"{Path(sys.prefix, 'bin')}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "JAVA_HOME": str(java.parent.parent),
            "JVM_ARGS": " ".join((*flink_settings.QUICK_START, inherited.get("JVM_ARGS", ""))),
            "FLINK_HOME": str(self.distribution.home),
            "FLINK_CONF_DIR": str(self._conf),
            "FLINK_BIN_DIR": str(self.distribution.home / "bin"),
            "FLINK_OPT_DIR": str(self.distribution.home / "opt"),
            "FLINK_PLUGINS_DIR": str(self.distribution.home / "plugins"),
            "FLINK_LIB_DIR": str(self._folder / "lib"),
            "FLINK_LOG_DIR": str(self._folder / "logs"),
        }

    @property
    def _conf(self) -> Path:
        return self._folder / "conf"

    @property
    def _configuration_file(self) -> Path:
        return self._conf / "config.yaml"

    def write_configuration(self) -> None:
        """Write the settings that the next process started will read."""
        lib = self._folder / "lib"
        for folder in (self._conf, lib, self._folder / "logs", self._folder / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        kept = ports.keep_ports(self._folder / "ports.json", ("rest", "rpc"))
        template = self.distribution.home / "conf"
        for file in template.glob("log4j*.properties"):
            self._conf.joinpath(file.name).write_bytes(file.read_bytes())
        console = self._conf / "log4j-console.properties"
        text = console.read_text(encoding="utf-8")
        console.write_text(text.replace("sys:log.file", f"sys:{LOG_FILE}"), encoding="utf-8")
        distributed = yaml.safe_load(template.joinpath("config.yaml").read_text(encoding="utf-8"))
        settings = flink_settings.cluster_settings(kept["rest"], kept["rpc"], self._slots) | {
            "io.tmp.dirs": str(self._folder / "tmp"),
            # What jobs were submitted with: a worker that is new to a job cannot begin without it,
            # and it would stand among the temporary files, which something may clean.
            "process.jobmanager.working-dir": str(self._folder / "work"),
            # Flink opens what it needs of the JDK this way; the console would say all twice.
            "env.java.opts.all": f"{distributed['env']['java']['opts']['all']} "
            "-Dconsole.log.level=ERROR",
            **self._settings,
        }
        text = yaml.safe_dump(settings, width=float("inf"), sort_keys=True)
        self._configuration_file.write_text(text, encoding="utf-8")
        self._link_jars(lib)

    def _link_jars(self, lib: Path) -> None:
        for old in lib.iterdir():
            old.unlink()
        distributed = self.distribution.home.joinpath("lib").glob("*.jar")
        for jar in (*distributed, self._jars.connector, self.python_jar):
            lib.joinpath(jar.name).symlink_to(jar)

    def _start_process(self, name: str, main_class: str, java_options: tuple[str, ...]) -> None:
        # The scripts of the distribution do the same, but start three short-lived Java processes
        # before each, which is most of the time they take.
        logs = self._folder / "logs"
        log = f"{logs / name}.log"
        command: list[str | Path] = [
            toolchain.find_java(),
            *java_options,
            *self._archive(name).options,
            *self._java_options(name),
            f"-XX:ErrorFile={logs}/crash-%p.log",
            f"-D{LOG_FILE}={log}",
            f"-Dlog4j.configurationFile={self._conf / 'log4j-console.properties'}",
            "-classpath",
            os.pathsep.join(map(str, self._class_path())),
            main_class,
            "--configDir",
            self._conf,
            f"-Dtaskmanager.resource-id={name}",  # so that Flink calls it as we do
            f"-Dtaskmanager.log.path={log}",
            f"-Dweb.log.path={log}",
            *self._metrics_options(name),
        ]
        process = processes.start(command, logs / f"{name}.out", self.environment())
        processes.write_pid_file(self._pids / f"{name}.pid", process)

    @property
    def metrics_urls(self) -> dict[str, str]:
        """Return where each process that runs answers Prometheus; empty where none does."""
        if self.metrics_port("jobmanager") is None:
            return {}
        return {
            name: f"http://{LOOPBACK}:{self.metrics_port(name)}/metrics"
            for name, process in self.processes().items()
            if process.alive()
        }

    def metrics_port(self, name: str) -> int | None:
        """Return the port on which a process answers Prometheus; None: none does."""
        first = self._written_settings().get(flink_settings.METRICS_PORT)
        if first is None:
            return None
        _, _, number = name.partition("-")  # of a TaskManager; there is one JobManager
        return int(first) + (1 + int(number) if number else 0)

    def _check_metrics_ports(self) -> None:
        """Flink goes on without its reporter where a port is taken, and tells it in a log only."""
        names = ["jobmanager", *(f"{TASKMANAGER}{each}" for each in range(self._taskmanagers))]
        for name in names:
            port = self.metrics_port(name)
            if port is not None and not ports.is_free(port):
                message = (
                    f"the port {port}, on which the {name} is to answer Prometheus, is taken by "
                    f"another program: stop that, or give another `job.metrics_port`"
                )
                raise EmbeddedError(message)

    def _metrics_options(self, name: str) -> list[str]:
        port = self.metrics_port(name)
        return [] if port is None else ["-D", f"{flink_settings.METRICS_PORT}={port}"]

    def _java_options(self, name: str) -> list[str]:
        settings = self._written_settings()
        # What a release wrote that ran before may lack those of a kind.
        kinds = ("all", _kind_of(name))
        return " ".join(settings.get(f"env.java.opts.{kind}", "") for kind in kinds).split()

    def _written_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = yaml.safe_load(self._configuration_file.read_text("utf-8"))
        return settings

    def _class_path(self) -> list[Path]:
        jars = sorted(self._folder.joinpath("lib").glob("*.jar"), key=_distribution_last)
        return [jar.resolve() for jar in jars]  # those that all clusters here share

    def _archive(self, name: str) -> ClassArchive:
        return ClassArchive.of(_kind_of(name), toolchain.find_java(), self._class_path())

    def _keep_classes(self) -> None:
        """Let the JobManager, and the TaskManager that worked most, write archives of classes.

        Not before a job has run: most classes are those that a job needs.
        """
        running = {name: process for name, process in self.processes().items() if process.alive()}
        workers = [name for name in running if name.startswith(TASKMANAGER)]
        if "jobmanager" not in running or not workers:
            return
        busiest = max(workers, key=lambda name: running[name].cpu_seconds())
        of = {self._archive(name): running[name].pid for name in ("jobmanager", busiest)}
        missing = {archive: pid for archive, pid in of.items() if not archive.is_written}
        if missing and self._has_run_jobs():
            class_archive.write(toolchain.find_java(), missing)

    def _has_run_jobs(self) -> bool:
        try:
            told = self._ask("overview")
        except requests.RequestException:
            return False
        return any(told[f"jobs-{state}"] for state in ("running", "finished", "cancelled"))

    def _failed(self, why: str, *names: str) -> str:
        suffixes = (".log", ".out")
        logs = [self._folder / "logs" / f"{each}{suffix}" for each in names for suffix in suffixes]
        tails = "\n".join(f"The end of {log}:\n{processes.log_tail(log)}" for log in logs)
        return f"the Flink cluster in {self._folder} is not ready: {why}. {tails}"


def _distribution_last(jar: Path) -> tuple[bool, str]:
    return jar.name.startswith("flink-dist-"), jar.name
