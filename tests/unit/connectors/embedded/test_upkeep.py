"""Which TaskManagers are started again, and when."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from connectors.embedded.processes import ChildProcess
from connectors.embedded.upkeep import LEAST_LIFE_S, TAKE_OVER_S, dead, rest_s

NOW = time.time()


def ended() -> ChildProcess:
    done = subprocess.Popen([sys.executable, "-c", ""])
    started = psutil.Process(done.pid).create_time()
    done.wait()
    return ChildProcess(done.pid, started)


def running() -> ChildProcess:
    return ChildProcess(os.getpid(), psutil.Process().create_time())


@pytest.mark.parametrize(("age", "expected"), [(LEAST_LIFE_S, ["taskmanager-1"]), (1.0, [])])
def test_what_died_is_started_again_but_not_what_dies_at_once(
    age: float, expected: list[str]
) -> None:
    died = ended()
    processes = {"taskmanager-0": running(), "taskmanager-1": died}
    assert dead(processes, died.started + age) == expected


def test_a_jobmanager_is_left_to_whoever_started_it() -> None:
    assert dead({"jobmanager": ended()}, NOW + 1_000) == []


def test_only_as_many_come_later_as_others_stand_by() -> None:
    assert rest_s(free=0, resting=0) == 0, "nobody stands by: the job waits for it"
    assert rest_s(free=1, resting=0) == TAKE_OVER_S
    assert rest_s(free=1, resting=1) == 0, "that slot is taken by the part of another"
    assert rest_s(free=2, resting=1) == TAKE_OVER_S
