"""What is read out of what Flink tells of a job."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.flink_rest import Job


def failures(count: int) -> dict[str, Any]:
    return {"exceptionHistory": {"entries": [{"stacktrace": "lost"}] * count}}


@pytest.mark.parametrize(
    ("metrics", "failed", "restarts"),
    [
        ([], {}, 0),
        ([{"id": "numRestarts", "value": "0"}], failures(0), 0),
        ([{"id": "numRestarts", "value": "0"}], failures(1), 1),  # looked up before it failed
        ([], failures(2), 2),  # not looked up yet
        ([{"id": "numRestarts", "value": "40"}], failures(16), 40),
    ],
)
def test_restarts_are_told_also_where_nobody_has_asked_for_long(
    monkeypatch: pytest.MonkeyPatch, metrics: object, failed: object, restarts: int
) -> None:
    told = {"/metrics?get=numRestarts": metrics, "/exceptions": failed}
    monkeypatch.setattr(Job, "_get", lambda _, path: told[path])
    assert Job("http://127.0.0.1:8081", "j").restarts() == restarts


@pytest.mark.parametrize(
    ("state", "running", "standing"),
    [
        ("RUNNING", (2, 1), "RUNNING"),
        ("RUNNING", (2, 0), "STARTING"),
        ("RESTARTING", (0, 0), "RESTARTING"),
        ("FAILED", (0, 0), "FAILED"),
    ],
)
def test_a_job_whose_tasks_await_a_worker_is_not_said_to_run(
    monkeypatch: pytest.MonkeyPatch, state: str, running: tuple[int, int], standing: str
) -> None:
    of_two, of_one = running
    vertices = [
        {"parallelism": 2, "tasks": {"RUNNING": of_two}},
        {"parallelism": 1, "tasks": {"RUNNING": of_one}},
    ]
    monkeypatch.setattr(Job, "_get", lambda *_: {"state": state, "vertices": vertices})
    assert Job("http://127.0.0.1:8081", "j").standing() == standing
