"""Which workers are stopped when a job that brought its own has ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import requests

from jobs import bounded_job


class Cluster:
    """Workers 0 and 1 of the main job, 2 that stands by, and those that are added."""

    def __init__(self) -> None:
        self.workers = [0, 1, 2]
        self.free = 1

    def slots(self, which: str) -> int:
        assert which == "available"
        return self.free

    def add_taskmanager(self) -> int:
        self.workers.append(max(self.workers) + 1)
        return self.workers[-1]

    def taskmanagers(self) -> list[int]:
        return self.workers

    def stop_taskmanagers(self, numbers: list[int]) -> None:
        self.workers = [number for number in self.workers if number not in numbers]


def left(monkeypatch: pytest.MonkeyPatch, working: set[str] | Exception) -> list[int]:
    """Run a job of two slots beside one that stands by, and give the workers that are left."""

    def told(_: str) -> set[str]:
        if isinstance(working, Exception):
            raise working
        return working

    monkeypatch.setattr(bounded_job, "working_taskmanagers", told)
    cluster = Cluster()
    stack: Any = SimpleNamespace(cluster=cluster, rest_url="http://flink")
    with bounded_job._room(stack, 3):
        assert cluster.workers == [0, 1, 2, 3, 4]
    return cluster.workers


def test_what_was_added_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert left(monkeypatch, {"taskmanager-0", "taskmanager-1"}) == [0, 1, 2]


def test_a_worker_that_the_main_job_has_gone_to_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert left(monkeypatch, {"taskmanager-0", "taskmanager-3"}) == [0, 2, 3]


def test_of_a_cluster_that_is_gone_all_that_was_added_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert left(monkeypatch, requests.ConnectionError()) == [0, 1, 2]
