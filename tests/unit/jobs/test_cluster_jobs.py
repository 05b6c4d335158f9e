"""Both jobs on a cluster that others keep: what is submitted, from where, and what is written."""

from __future__ import annotations

import struct
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from jobs import cluster_jobs, local, reporting
from jobs.client import MAIN_JOB
from jobs.cluster_jobs import PlaceError, check, describe, start, stop
from jobs.control_topic import Control
from jobs.flink_rest import Job
from jobs.folder import Folder, read_folder
from jobs.job import JobDescription, Said
from jobs.reporting_description import ReportingDescription
from jobs.states import CHECKPOINTS, keep_manifest, manifest_beside
from jobs.table_topic import SentTables
from journeys.formats import PRESENT
from journeys.manifest import IncompatibleError
from journeys.plans import Plans
from tests.harness.releases import manifest

FLINK_URL = "http://flink:8081"


FLINK = struct.pack(">II", 0x4960672D, 6)
"""What Flink begins its own file of a savepoint with."""


class Cluster:
    """What Kafka and Flink answer, and what is asked of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.submitted: list[tuple[str, str | None]] = []
        self.running: set[str] = set()
        self.stopped: list[str] = []
        self.said = 1
        monkeypatch.setattr(local, "publish", lambda *_: [])
        monkeypatch.setattr(local, "read_tables", lambda *_: SentTables())
        monkeypatch.setattr(reporting, "begins", lambda *_: {0: 0})
        monkeypatch.setattr(cluster_jobs, "send_missing", lambda *_: 0)
        monkeypatch.setattr(cluster_jobs, "read_control_topic", lambda *_: self.control())
        monkeypatch.setattr(cluster_jobs, "Client", lambda _: nullcontext(self))
        monkeypatch.setattr(cluster_jobs, "running_job", self.find)
        monkeypatch.setattr(Job, "wait_until_running", lambda _: None)
        monkeypatch.setattr(Job, "stop_with_savepoint", self.stop)

    def control(self) -> Control:
        return Control([Said(offset=n, text='{"command": "?"}') for n in range(self.said)], Plans())

    def submit(self, *given: Any) -> str:
        _, _, resume, module = given
        self.submitted.append((module, resume))
        return "id"

    def find(self, _: str, name: str) -> Job | None:
        return Job(FLINK_URL, name) if name in self.running else None

    def stop(self, folder: str) -> str:
        self.stopped.append(folder)
        return f"{folder}/savepoint-1"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return Cluster(monkeypatch)


def project(place: Path, settings: str = "kafka: { bootstrap: broker:9092 }\n") -> Folder:
    place.joinpath("journeys.yaml").write_text(f"name: shop\n{settings}", encoding="utf-8")
    event = "kind: event\nid: signup\nmatch: { eventType: signup }\n"
    place.joinpath("events.yaml").write_text(event, encoding="utf-8")
    return read_folder(place)


def test_both_jobs_are_submitted_with_their_state_where_every_worker_reaches_it(
    cluster: Cluster, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    start(project(tmp_path), FLINK_URL, state)
    assert cluster.submitted == [(MAIN_JOB, None), (reporting.MODULE, None)]
    job = JobDescription.read(state / "job.json")
    assert (str(job.bootstrap), job.checkpoint_folder) == (
        "broker:9092",
        (state / "checkpoints").as_uri(),
    )
    assert (job.enters_from, job.after_failure) == (1, True)
    counts = ReportingDescription.read(state / "reporting" / "job.json")
    assert counts.job.checkpoint_folder == (state / "reporting" / "checkpoints").as_uri()


@pytest.mark.parametrize("place", ["savepoints/savepoint-1", "checkpoints/job/chk-7"])
def test_a_job_goes_on_from_its_own_latest_state(
    place: str, cluster: Cluster, tmp_path: Path
) -> None:
    kept = tmp_path / "state" / place
    kept.mkdir(parents=True)
    kept.joinpath("_metadata").write_bytes(FLINK)
    start(project(tmp_path), FLINK_URL, tmp_path / "state")
    assert cluster.submitted == [(MAIN_JOB, kept.as_uri()), (reporting.MODULE, None)]
    job = JobDescription.read(tmp_path / "state" / "job.json")
    assert (job.enters_from, job.after_failure) == (0, True)


def test_a_job_that_runs_is_not_submitted_again(cluster: Cluster, tmp_path: Path) -> None:
    cluster.running = {"shop"}
    start(project(tmp_path), FLINK_URL, tmp_path / "state")
    assert cluster.submitted == [(reporting.MODULE, None)]


@pytest.mark.parametrize("running", [{"shop"}, set()])
def test_what_a_newer_release_wrote_is_refused_before_anything_is_done(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, running: set[str]
) -> None:
    monkeypatch.setattr(local, "publish", lambda *_: pytest.fail("nothing is published"))
    state = tmp_path / "state"
    newer = manifest(release="9.0", formats={**PRESENT, "state": 99})
    keep_manifest(state / CHECKPOINTS / "shop", newer)
    checkpoint = state / CHECKPOINTS / "shop" / "chk-1"
    checkpoint.mkdir()
    checkpoint.joinpath("_metadata").write_bytes(FLINK)
    cluster.running = running
    for act in (check, start):
        with pytest.raises(IncompatibleError, match="'state' is in format 99"):
            act(project(tmp_path), FLINK_URL, state)
    assert (cluster.submitted, cluster.stopped) == ([], [])


def test_a_job_leaves_its_manifest_beside_its_checkpoints(cluster: Cluster, tmp_path: Path) -> None:
    start(project(tmp_path), FLINK_URL, tmp_path / "state")
    begun = manifest_beside(tmp_path / "state" / CHECKPOINTS / "id")
    assert begun is not None
    assert begun.formats == PRESENT
    check(project(tmp_path), FLINK_URL, tmp_path / "state")


def test_nothing_is_counted_where_the_settings_say_so(cluster: Cluster, tmp_path: Path) -> None:
    settings = "kafka: { bootstrap: broker:9092 }\nreporting: { counts: false }\n"
    start(project(tmp_path, settings), FLINK_URL, tmp_path / "state")
    assert cluster.submitted == [(MAIN_JOB, None)]


def test_each_job_that_runs_is_stopped_with_a_savepoint_in_its_folder(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.running = {"shop", "shop-reporting"}
    stop(project(tmp_path), FLINK_URL, tmp_path)
    assert cluster.stopped == [
        (tmp_path / "savepoints").as_uri(),
        (tmp_path / "reporting" / "savepoints").as_uri(),
    ]


@pytest.mark.usefixtures("cluster")
def test_a_project_without_kafka_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match=r"names no `kafka\.bootstrap`"):
        start(project(tmp_path, ""), FLINK_URL, tmp_path)


def test_descriptions_for_whoever_starts_jobs_by_himself(cluster: Cluster, tmp_path: Path) -> None:
    folder, to = project(tmp_path), tmp_path / "described"
    describe(folder, "s3://bucket/journeys", to)
    job = JobDescription.read(to / "journeys.json")
    assert job.checkpoint_folder == "s3://bucket/journeys/checkpoints"
    assert job.after_failure, "an operator goes on from checkpoints and tells nobody"
    assert (job.enters_from, len(job.control)) == (1, 1)
    counts = ReportingDescription.read(to / "reporting.json")
    assert counts.job.checkpoint_folder == "s3://bucket/journeys/reporting/checkpoints"
    assert counts.complete


def test_a_later_description_still_says_since_when_the_jobs_run(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path)
    describe(folder, "s3://bucket/journeys", tmp_path)
    cluster.said = 5
    monkeypatch.setattr(reporting, "begins", lambda *_: {0: 9})
    describe(folder, "s3://bucket/journeys", tmp_path)
    job = JobDescription.read(tmp_path / "journeys.json")
    assert (job.enters_from, len(job.control)) == (1, 5)
    assert ReportingDescription.read(tmp_path / "reporting.json").complete


@pytest.mark.parametrize(
    ("verb", "missing"), [("start", "--flink"), ("stop", "--flink"), ("describe", "--to")]
)
def test_a_verb_says_what_it_needs(
    verb: str,
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["cluster_jobs", verb, "project", "--state", "/state"])
    with pytest.raises(SystemExit):
        cluster_jobs.main()
    assert f"{verb} needs {missing}" in capsys.readouterr().err
