"""Which events a job hears, and what is done about those that pass it by."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from connectors.embedded.stack import LocalStack
from jobs import control_topic, local
from jobs.cli.app import app
from jobs.control_topic import Control
from jobs.flink_rest import JobError
from jobs.folder import Folder, read_folder
from jobs.job import JobDescription
from jobs.listening import event_types
from jobs.local import JOB_FILE
from jobs.states import CHECKPOINTS, keep_manifest
from journeys.control import ContradictionError, Publish, apply, publish_message
from journeys.plans import Plans
from tests.harness.releases import manifest

JOURNEY = """
kind: journey
id: j
version: 1
entry: {event: go}
steps: {pause: {wait: PT1H}}
"""


def project(folder: Path, *matches: str, settings: str = "") -> Folder:
    """Write a project with an event for each match, of which one is listened to."""
    events = "---\n".join(
        f"kind: event\nid: {'go' if n == 0 else f'e{n}'}\nmatch: {match}\n"
        for n, match in enumerate(matches)
    )
    folder.mkdir(exist_ok=True)
    (folder / "all.yaml").write_text(f"{events}---{JOURNEY}", encoding="utf-8")
    (folder / "journeys.yaml").write_text(f"name: p\n{settings}", encoding="utf-8")
    return read_folder(folder)


def test_all_events_of_the_project_are_heard_also_those_that_no_journey_listens_to(
    tmp_path: Path,
) -> None:
    folder = project(tmp_path, "{eventType: a.b}", "{eventType: c.d}")
    assert event_types(folder, Plans()) == ["a.b", "c.d"]


def test_so_is_what_is_published_and_no_more_in_the_project(tmp_path: Path) -> None:
    before = project(tmp_path / "before", "{eventType: old}").compilation.published()
    assert event_types(project(tmp_path / "after", "{eventType: new}"), before) == ["new", "old"]


@pytest.mark.parametrize(
    ("match", "settings"),
    [
        ("{shop.country: DE}", ""),  # an event of any type
        ("{eventType: café}", ""),
        ("{eventType: a}", "job: {pass_by: false}\n"),
    ],
)
def test_everything_is_heard_where_the_jvm_cannot_tell(
    tmp_path: Path, match: str, settings: str
) -> None:
    folder = project(tmp_path, "{eventType: a}", match, settings=settings)
    assert event_types(folder, Plans()) is None


def test_a_job_refuses_to_listen_to_what_passes_it_by(tmp_path: Path) -> None:
    plan = project(tmp_path, "{eventType: a.b}").compilation.plans["j"]
    plans = Plans()
    plans.audible = frozenset({"c.d"})
    with pytest.raises(ContradictionError, match=r"of the type a\.b, which pass this job by"):
        apply(plans, publish_message(plan), 1)
    assert plans.find("j", 1) is None
    plans.audible = frozenset({"a.b"})
    apply(plans, publish_message(plan), 1)
    assert plans.find("j", 1) is not None


def test_what_listens_to_every_type_is_refused_too(tmp_path: Path) -> None:
    plan = project(tmp_path, "{shop.country: DE}").compilation.plans["j"]
    plans = Plans()
    plans.audible = frozenset({"c.d"})
    with pytest.raises(ContradictionError, match=r"of the type \*"):
        apply(plans, publish_message(plan), 1)
    assert isinstance(publish_message(plan), Publish)


class FakeJob:
    id = "job"

    def __init__(self) -> None:
        self.stopped: list[str] = []
        self.begun: list[tuple[object, ...]] = []

    def begin(self, *given: object) -> FakeJob:
        self.begun.append(given)
        return self

    def wait_until_running(self) -> None:
        """It does at once."""

    def stop_with_savepoint(self, folder: str) -> str:
        self.stopped.append(folder)
        return folder


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> FakeJob:
    """A job that seems to run in every folder, and can be stopped and begun."""
    running = FakeJob()
    monkeypatch.setattr(local, "running_here", lambda _: running)
    cluster = SimpleNamespace(environment=dict)
    monkeypatch.setattr(
        LocalStack, "load", lambda folder: SimpleNamespace(folder=folder, cluster=cluster)
    )
    monkeypatch.setattr(local, "Client", nullcontext)
    monkeypatch.setattr(local, "bootstrap_of", lambda _: "broker:9092")
    return running


@pytest.mark.parametrize(
    ("heard", "again"),
    [(["a.b"], True), (["a.b", "c.d"], False), (["a.b", "c.d", "x"], False), (None, False)],
)
def test_the_job_starts_anew_only_to_hear_more(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    job: FakeJob,
    heard: list[str] | None,
    again: bool,  # noqa: FBT001
) -> None:
    folder = project(tmp_path, "{eventType: a.b}", "{eventType: c.d}")
    description = JobDescription(
        name="p", bootstrap="b:1", checkpoint_folder="file:///c", event_types=heard
    )
    folder.stack.mkdir(parents=True)
    (folder.stack / JOB_FILE).write_text(description.model_dump_json(), encoding="utf-8")
    monkeypatch.setattr(local, "begin", job.begin)
    said: list[str] = []
    local.listen(folder, said.append)
    assert [len(job.stopped), len(job.begun), len(said)] == [int(again)] * 3
    if again:
        assert said[0].startswith("Events of c.d have passed the job by")


def test_a_plan_tells_of_datasets_of_limits_and_that_the_job_starts_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: FakeJob
) -> None:
    shared = (
        "kind: dataset\nid: crm\nholds: profiles\nschema: crm.json\nkey: id\n"
        "---\nkind: endpoint\nid: shop\nurl: https://shop.example\nconnections: 5\n"
    )
    project(tmp_path, "{eventType: a.b}", "{eventType: c.d}")
    (tmp_path / "shared.yaml").write_text(shared)
    (tmp_path / "crm.json").write_text(
        '{"type": "object", "properties": {"id": {"type": "string"}}}'
    )
    folder = read_folder(tmp_path)
    description = JobDescription(
        name="p", bootstrap="b:1", checkpoint_folder="file:///c", event_types=["a.b"]
    )
    folder.stack.mkdir(parents=True)
    (folder.stack / JOB_FILE).write_text(description.model_dump_json(), encoding="utf-8")
    crm = folder.compilation.published().datasets["crm"]
    published = Plans()
    published.define(replace(crm, key="other"))
    monkeypatch.setattr(control_topic, "read_control_topic", lambda *_: Control([], published))
    done = CliRunner().invoke(app, ["plan", str(tmp_path), "--detailed-exitcode"])
    assert done.exit_code == 2
    assert done.stdout.endswith("dataset crm: changed\nendpoint shop: new\n")
    assert "start anew from a savepoint, to listen to events of c.d" in done.stderr
    for definition in folder.compilation.shared:
        published.define(definition)
    done = CliRunner().invoke(app, ["plan", str(tmp_path)])
    assert done.stdout.endswith("dataset crm: unchanged\nendpoint shop: unchanged\n")


def test_a_job_that_another_release_runs_is_not_begun_anew_by_this_one(
    tmp_path: Path, job: FakeJob
) -> None:
    folder = project(tmp_path, "{eventType: c.d}")
    description = JobDescription(
        name="p", bootstrap="b:1", checkpoint_folder="file:///c", event_types=["a.b"]
    )
    folder.stack.mkdir(parents=True)
    (folder.stack / JOB_FILE).write_text(description.model_dump_json(), encoding="utf-8")
    keep_manifest(folder.stack / CHECKPOINTS / job.id, manifest(code="another"))
    with pytest.raises(JobError, match="`journeys deploy` lets this one take over"):
        local.listen(folder, lambda _: None)
    assert job.stopped == []
