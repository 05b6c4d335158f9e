"""The reporting job beside the other: what it is told, and that its faults stop nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.kafka.bootstrap import Bootstrap
from jobs import reporting
from jobs.flink_rest import Job, JobError
from jobs.folder import Folder, read_folder
from jobs.reporting_description import ReportingDescription
from jobs.reporting_queries import queries, watched

STATE = "file:///savepoint"
BROKEN = "Flink did not take the job"

KAFKA = Bootstrap(servers="broker:9092")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "journeys.yaml").write_text(
        "name: shop\njob: { checkpoint_interval: PT4S }\n"
        "alerts: { ledger: PT10S, capping: false }\n"
    )
    return read_folder(tmp_path)


class Cluster:
    """What `begin` is told by the cluster, and what it asks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.stack: Any = SimpleNamespace(
            folder=tmp_path,
            rest_url="http://flink",
            cluster=SimpleNamespace(environment=dict),
        )
        self.asked: list[str | None] = []
        self.refused: set[str | None] = set()
        self.said: list[str] = []
        self.first_offset = 0
        monkeypatch.setattr(reporting, "begins", lambda *_: {0: 0, 1: self.first_offset})
        monkeypatch.setattr(Job, "wait_until_running", lambda _: None)

    def submit(self, *given: Any) -> str:
        state = given[2]
        self.asked.append(state)
        if state in self.refused:
            raise JobError(BROKEN)
        return "id"

    def begin(self, folder: Folder) -> Job | None:
        client: Any = self
        return reporting.begin(folder, self.stack, KAFKA, client, self.said.append)

    @property
    def description(self) -> ReportingDescription:
        return ReportingDescription.read(self.stack.folder / "reporting" / "job.json")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cluster:
    return Cluster(monkeypatch, tmp_path)


def test_it_is_told_what_the_settings_say(folder: Folder, cluster: Cluster) -> None:
    assert cluster.begin(folder) == Job("http://flink", "id")
    written = cluster.description
    assert written.job.name == "shop-reporting"
    assert written.complete
    assert (written.alerts.capping, written.alerts.action_errors) == (False, 20)
    assert written.alerts.drift_ms == 20_000, "step events are seen every four seconds"


def test_it_goes_on_from_its_own_state(
    folder: Folder, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.first_offset = 7
    cluster.begin(folder)
    assert not cluster.description.complete, "step events from before were removed"
    cluster.first_offset = 0
    monkeypatch.setattr(reporting, "latest_state", lambda _: STATE)
    cluster.begin(folder)
    assert cluster.asked == [None, STATE]
    assert not cluster.description.complete


def test_a_state_that_cannot_be_used_is_told_and_all_is_counted_anew(
    folder: Folder, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.begin(folder)
    monkeypatch.setattr(reporting, "latest_state", lambda _: STATE)
    cluster.refused = {STATE}
    assert cluster.begin(folder) is not None
    assert cluster.asked == [None, STATE, None]
    assert f"It does not start from the state in {STATE}: {BROKEN}" in cluster.said


def test_without_it_journeys_run_and_that_is_told(folder: Folder, cluster: Cluster) -> None:
    cluster.refused = {None}
    assert cluster.begin(folder) is None
    assert cluster.asked == [None]
    assert cluster.said[-1].startswith("There are no counts and no alerts for now.")


def test_it_can_be_turned_off(tmp_path: Path, cluster: Cluster) -> None:
    (tmp_path / "journeys.yaml").write_text("reporting: { counts: false }\n")
    assert cluster.begin(read_folder(tmp_path)) is None
    assert (cluster.asked, cluster.said) == ([], [])


def test_one_step_event_can_be_left_out_of_all_counts_over_step_events() -> None:
    whole, without = list(queries(None)), list(queries("it's"))
    assert len(whole) == len(without)
    left_out = ["event_id <> 'it''s'" in query for query in without]
    assert left_out == ["FROM step_events" in query for query in whole]
    assert sum(left_out) == 4


def test_python_is_told_of_counts_by_journey_only() -> None:
    query = watched()
    assert "step_events" not in query
    assert query.count("SPLIT_INDEX(k, '/', 1) AS f0") == 1
