"""Child processes that outlive a crash of ours and are never confused with somebody else's.

A process is known by its id together with its start time: the system hands ids out again, and a
signal to a bare id may hit a stranger. Each runs in a session of its own, so a Ctrl-C on the
terminal does not reach it, and what it leaves behind can be told by the session.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_START_TIME_TOLERANCE_S = 1.0
"""The start time is computed from the wall clock, which the system may slew meanwhile."""

_TAIL_BYTES = 16_384
_POLL_S = 0.02
_DEATH_S = 10.0


@dataclass(frozen=True, slots=True)
class ChildProcess:
    """One process that we started, perhaps in an earlier run of ours."""

    pid: int
    started: float

    def alive(self) -> bool:
        """Say whether this very process still runs."""
        return _runs(self._leader())

    def cpu_seconds(self) -> float:
        """Give how long it has worked since it began; 0 when it is gone."""
        leader = self._leader()
        with suppress(psutil.NoSuchProcess):
            if leader is not None:
                used = leader.cpu_times()
                return float(used.user + used.system)
        return 0.0

    def stop(self, grace_s: float = 10.0) -> None:
        """End it and all it started: ask first, and kill what is left after the grace time."""
        stop_all([self], grace_s)

    def stop_alone(self, grace_s: float = 10.0) -> None:
        """End it as `stop` does, and let what it has started go on."""
        leader = self._leader()
        if leader is not None:
            _send([leader], signal.SIGTERM)
            _wait([leader], grace_s)
            _send([leader], signal.SIGKILL)
            _wait([leader], _DEATH_S)
        self._let_go()

    def kill(self) -> None:
        """Kill it and all it started, at once."""
        family = self.family()
        _send(family, signal.SIGKILL)
        _wait(family, _DEATH_S)
        # Ended, a child of ours still counts as a process until it is let go.
        self._let_go()

    def _leader(self) -> psutil.Process | None:
        """Return the process itself, or None when it is gone or its id is someone else's now."""
        self._let_go()
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) <= _START_TIME_TOLERANCE_S:
                return process
        return None

    def _let_go(self) -> None:
        with suppress(ChildProcessError):  # another program of ours started it
            os.waitpid(self.pid, os.WNOHANG)

    def family(self) -> list[psutil.Process]:
        """Return what still runs of it, of its descendants, and of its session."""
        leader = self._leader()
        if leader is None and psutil.pid_exists(self.pid):
            return []
        found = {each for each in psutil.process_iter() if self._in_session(each)}
        if leader is not None:
            with suppress(psutil.NoSuchProcess):
                found.update([leader, *leader.children(recursive=True)])
        return [each for each in found if _runs(each)]

    def _in_session(self, process: psutil.Process) -> bool:
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            in_session = os.getsid(process.pid) == self.pid
            return in_session and process.create_time() >= self.started - _START_TIME_TOLERANCE_S
        return False


def start(
    command: Sequence[str] | Sequence[str | Path], log: Path, env: Mapping[str, str]
) -> ChildProcess:
    """Start a program in its own session, its output appended to the log file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    arguments = [os.fspath(each) for each in command]
    # Not subprocess.Popen: its objects complain when they go before their process, and ours
    # is meant to outlive the one who started it.
    pid = os.posix_spawn(
        arguments[0],
        arguments,
        dict(env),
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    return ChildProcess(pid, psutil.Process(pid).create_time())


def stop_all(children: Sequence[ChildProcess], grace_s: float = 10.0) -> None:
    """End several processes at once: ask all, and kill what is left after the grace time."""
    families = [process for child in children for process in child.family()]
    _send(families, signal.SIGTERM)
    _wait(families, grace_s)
    for child in children:
        # Asked anew for its family: while some were ending, they may have started others.
        child.kill()


def write_pid_file(file: Path, process: ChildProcess) -> None:
    """Remember a process for a later run of ours."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{process.pid} {process.started!r}\n", encoding="ascii")


def read_pid_file(file: Path) -> ChildProcess | None:
    """Return the process remembered in this file, running or not; None if there is no file."""
    try:
        pid, started = file.read_text(encoding="ascii").split()
        return ChildProcess(int(pid), float(started))
    except (FileNotFoundError, ValueError):
        # A half-written file tells as little as none.
        return None


def log_tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log, to show in an error message."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - _TAIL_BYTES))
            text = stream.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return f"(there is no {log})"
    return "\n".join(text.splitlines()[-lines:])


def _runs(process: psutil.Process | None) -> bool:
    if process is None:
        return False
    with suppress(psutil.NoSuchProcess):
        # A killed process is a zombie as soon as its first thread is gone; the others, and with
        # them its ports, take a moment more.
        ended = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
        return process.is_running() and not ended
    return False


def _send(family: list[psutil.Process], number: signal.Signals) -> None:
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _wait(family: list[psutil.Process], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and any(_runs(each) for each in family):
        time.sleep(_POLL_S)
