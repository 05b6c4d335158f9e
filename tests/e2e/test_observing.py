"""What the dashboard and the rules name is really told by the running job."""

from __future__ import annotations

import json
import re

import pytest
import requests

from tests.e2e.rig import Rig, event, wait_until
from tests.harness.monitoring import DASHBOARD, RULES, metrics_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 120


def test_the_job_tells_every_number_that_is_shown_or_watched(rig: Rig) -> None:
    rig.send([("events", "observe-ann", event("start", size=80))])
    named = metrics_of(DASHBOARD) | metrics_of(RULES)
    assert named
    wait_until(lambda: named <= told(rig).keys(), PATIENCE_S, f"{named - told(rig).keys()}")
    found = told(rig)
    endpoints = found["flink_taskmanager_job_task_operator_journeys_endpoint_calls_in_flight"]
    assert any(f'endpoint="http://127.0.0.1:{rig.receivers.http_port}"' in s for s in endpoints)


def told(rig: Rig) -> dict[str, list[str]]:
    """Scrape every process: metric to its samples."""
    status = json.loads(rig.journeys("status", str(rig.folder), "--format", "json"))
    assert "jobmanager" in status["metrics"]
    samples: dict[str, list[str]] = {}
    with requests.Session() as session:
        session.trust_env = False
        for url in status["metrics"].values():
            for line in session.get(url, timeout=10).text.splitlines():
                name = re.match(r"[a-zA-Z_:][a-zA-Z0-9_:]*", line)
                if name:
                    samples.setdefault(name[0], []).append(line)
    return samples
