from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs import client
from jobs.client import Client
from jobs.flink_rest import JobError

pytestmark = pytest.mark.e2e
NOWHERE = "http://127.0.0.1:9"


def test_a_job_that_fails_is_told_and_the_next_is_taken_all_the_same(tmp_path: Path) -> None:
    with Client(os.environ) as submitting:
        for name in ("first", "second"):
            with pytest.raises(JobError, match=f"did not take the job(.|\n)*{name}.json"):
                submitting.submit(tmp_path / f"{name}.json", NOWHERE)
        with pytest.raises(JobError, match=r"No module named 'jobs\.unheard_of'"):
            submitting.submit(tmp_path / "job.json", NOWHERE, module="jobs.unheard_of")


def test_whoever_waits_for_flink_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_SUBMIT_S", 0.1)
    with Client(os.environ) as submitting:
        for _ in range(2):
            with pytest.raises(JobError, match=r"no answer within 0\.1 s"):
                submitting.submit(tmp_path / "job.json", NOWHERE)
