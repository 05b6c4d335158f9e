from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from connectors.embedded import processes
from connectors.embedded.processes import ChildProcess

WAIT = "import signal; signal.pause()"


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    started = Spawn(tmp_path)
    yield started
    for process in started.processes:
        process.kill()


class Spawn:
    """Starts Python programs that write one line when they are ready, and waits for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[ChildProcess] = []

    def __call__(self, program: str) -> tuple[ChildProcess, str]:
        pipe = self.folder / f"ready-{len(self.processes)}"
        os.mkfifo(pipe)
        ready = f"import os; ready = lambda text: open({str(pipe)!r}, 'w').write(str(text))\n"
        command = [sys.executable, "-c", ready + program]
        process = processes.start(command, self.folder / "logs" / "child.log", os.environ)
        self.processes.append(process)
        return process, pipe.read_text(encoding="utf-8")


def test_a_started_process_runs_in_a_session_of_its_own_until_stopped(spawn: Spawn) -> None:
    process, _ = spawn(f"ready('')\n{WAIT}")
    assert process.alive()
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    process.stop()
    assert not process.alive()
    assert not psutil.pid_exists(process.pid)


def test_what_it_writes_goes_to_the_log(spawn: Spawn, tmp_path: Path) -> None:
    program = "import sys; print('out', flush=True); print('err', file=sys.stderr, flush=True)"
    process, _ = spawn(f"{program}\nready('')\n{WAIT}")
    process.stop()
    assert processes.log_tail(tmp_path / "logs" / "child.log") == "out\nerr"


def test_an_ended_process_is_not_alive(spawn: Spawn) -> None:
    process, _ = spawn(f"ready('')\n{WAIT}")
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not process.alive()


def test_a_process_that_ignores_the_request_is_killed(spawn: Spawn) -> None:
    process, _ = spawn(
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); ready('')\n{WAIT}"
    )
    process.stop(grace_s=0.1)
    assert not psutil.pid_exists(process.pid)


def test_its_children_end_with_it(spawn: Spawn) -> None:
    process, child = spawn(
        "import subprocess, sys\n"
        f"ready(subprocess.Popen([sys.executable, '-c', {WAIT!r}]).pid)\n{WAIT}"
    )
    process.stop()
    assert not _runs(int(child))


def test_a_child_that_survived_its_parent_is_still_found(spawn: Spawn) -> None:
    process, child = spawn(
        "import subprocess, sys\n"
        f"ready(subprocess.Popen([sys.executable, '-c', {WAIT!r}]).pid)\n{WAIT}"
    )
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert _runs(int(child))
    process.stop()
    assert not _runs(int(child))


STARTS_ANOTHER = (
    "import os, sys\nfrom pathlib import Path\nfrom connectors.embedded import processes\n"
    f"command = [sys.executable, '-c', {WAIT!r}]\n"
    "other = processes.start(command, Path(os.devnull), os.environ)\n"
    "ready(f'{other.pid} {other.started}')\n"
)


@pytest.mark.parametrize("deaf", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"])
def test_what_it_started_may_outlive_it(spawn: Spawn, deaf: str) -> None:
    process, text = spawn(f"import signal\n{deaf}{STARTS_ANOTHER}{WAIT}")
    pid, started = text.split()
    other = ChildProcess(int(pid), float(started))
    spawn.processes.append(other)
    process.stop_alone(grace_s=0.1 if deaf else 10)
    assert not process.alive()
    assert other.alive()


def test_a_process_id_that_is_someone_elses_now_is_left_alone(spawn: Spawn) -> None:
    stranger, _ = spawn(f"ready('')\n{WAIT}")
    remembered = ChildProcess(stranger.pid, stranger.started - 60)
    assert not remembered.alive()
    remembered.stop()
    remembered.kill()
    assert stranger.alive()


def test_several_end_at_once(spawn: Spawn) -> None:
    children = [spawn(f"ready('')\n{WAIT}")[0] for _ in range(2)]
    processes.stop_all(children)
    assert not any(child.alive() for child in children)


def test_a_pid_file_keeps_id_and_start_time(tmp_path: Path) -> None:
    process = ChildProcess(4711, 1767225600.25)
    processes.write_pid_file(tmp_path / "run" / "x.pid", process)
    assert processes.read_pid_file(tmp_path / "run" / "x.pid") == process


@pytest.mark.parametrize("text", ["", "4711", "4711 soon"])
def test_a_half_written_pid_file_names_no_process(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.pid"
    file.write_text(text, encoding="ascii")
    assert processes.read_pid_file(file) is None
    assert processes.read_pid_file(tmp_path / "none.pid") is None


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("".join(f"line {n}\n" for n in range(5000)), encoding="utf-8")
    assert processes.log_tail(log, lines=2) == "line 4998\nline 4999"
    assert "no" in processes.log_tail(tmp_path / "none.log")


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
