"""Other releases and other sizes of a job that runs, with people waiting inside.

The job of the shared rig has one subtask afterwards: no other test comes after these. What takes
minutes is done with JOURNEYS_LONG=1 only: `make upgrades`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.release import HOME
from jobs.states import CHECKPOINTS, MANIFEST
from tests.e2e.golden_savepoint import ARCHIVE, SAVEPOINTS, unpack
from tests.e2e.rig import COMMAND, Rig, event, wait_until
from tests.harness.releases import broken_release, newer_release

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 150
LONG = "JOURNEYS_LONG" in os.environ


def deploy(rig: Rig, release: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Let a release deploy itself."""
    command = [str(COMMAND), "deploy", str(rig.folder), *words]
    environment = {**os.environ, "PYTHONPATH": str(release)}
    # Python looks where it stands before it looks anywhere else.
    return subprocess.run(
        command, env=environment, cwd=release, capture_output=True, text=True, check=False
    )


def deployed(rig: Rig, release: Path = HOME, *words: str) -> str:
    done = deploy(rig, release, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(rig: Rig, release: Path = HOME, *words: str) -> str:
    """Let a release try to deploy itself, and make sure that everything runs as before."""
    job, processes = rig.running.job, rig.stack.processes()
    done = deploy(rig, release, *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert (rig.running.job, rig.stack.processes()) == (job, processes)
    assert job.tasks_running()
    return done.stderr


def set_parallelism(rig: Rig, before: int, after: int) -> None:
    settings = rig.folder / "journeys.yaml"
    text = settings.read_text()
    assert f"parallelism: {before}" in text
    settings.write_text(text.replace(f"parallelism: {before}", f"parallelism: {after}"))


def outcomes(rig: Rig, people: str) -> Counter[str]:
    return Counter(e["outcome"] for e in rig.step_events(people))


def test_what_a_newer_release_wrote_is_refused_before_anything_stops(rig: Rig) -> None:
    file = rig.stack.folder / CHECKPOINTS / rig.running.job.id / MANIFEST
    written = file.read_text()
    newer = json.loads(written)
    newer["formats"]["state"] += 1
    newer["release"] = "99.0"
    try:
        file.write_text(json.dumps(newer))
        said = refused(rig)
        assert "which release 99.0" in said
        assert "'state' is in format 5, and this release reads up to 4" in said
        # So is the savepoint of such a job, for whoever wants to go back to it.
        savepoint = Path(rig.journeys("savepoint", str(rig.folder)).strip())
        file.write_text(written)
        assert "'state' is in format 5" in refused(rig, HOME, "--from", str(savepoint))
        (savepoint / MANIFEST).write_text(json.dumps({**newer, "v": 2}))
        assert "format version 2" in refused(rig, HOME, "--from", str(savepoint))
    finally:
        file.write_text(written)


def test_a_job_gets_another_size_and_everybody_waiting_goes_on(rig: Rig) -> None:
    people = [f"size-{n:03d}" for n in range(200)]
    rig.send([("events", person, event("linger")) for person in people])
    wait_until(lambda: outcomes(rig, "size-")["waiting"] == 200, PATIENCE_S, "everybody waits")
    before = rig.running
    set_parallelism(rig, 2, 1)
    assert "parallelism 2 → 1" in deployed(rig)
    assert rig.running.job.parallelism() == 1
    assert rig.running.job.id != before.job.id
    assert rig.running.reporting is not None
    assert len(rig.stack.cluster.taskmanagers()) == 3, "one for each job, and one stands by"
    # Their names would be too long for some folders, and the job would not come up there.
    assert not list((rig.stack.folder / "flink" / "logs").glob("*_LOG"))
    wait_until(lambda: outcomes(rig, "size-")["completed"] == 200, PATIENCE_S, "everybody goes on")
    every = ("entered", "waiting", "passed", "requested", "succeeded", "completed")
    assert outcomes(rig, "size-") == dict.fromkeys(every, 200)
    ids = [e["event_id"] for e in rig.step_events("size-")]
    assert len(ids) == len(set(ids))


@pytest.fixture
def golden(tmp_path: Path) -> Iterator[Rig]:
    """Give a job that goes on from the first savepoint that was ever kept."""
    version = SAVEPOINTS / "v1"
    rig = Rig(tmp_path, version / "project")
    unpack(version / ARCHIVE, rig.folder / ".journeys" / "savepoints")
    try:
        rig.start()
        yield rig
    finally:
        rig.stop()


@pytest.mark.skipif(not LONG, reason="takes minutes")
def test_releases_and_sizes_follow_each_other_and_nobody_is_lost(
    golden: Rig, tmp_path: Path
) -> None:
    rig, newer = golden, newer_release(tmp_path / "newer")
    broken = broken_release(tmp_path / "broken")
    send(rig, "a")
    # The same formats, another build: forth and back.
    other = tmp_path / "other"
    newer_release(other)
    (other / "journeys" / "formats.py").write_bytes((HOME / "journeys/formats.py").read_bytes())
    (other / "jobs" / "states.py").open("a").write("# another build\n")
    deployed(rig, other)
    send(rig, "b")
    deployed(rig)
    send(rig, "c")
    set_parallelism(rig, 2, 1)
    deployed(rig)
    send(rig, "d")
    set_parallelism(rig, 1, 2)
    deployed(rig)
    job = rig.running.job
    failed = deploy(rig, broken)
    assert failed.returncode == 1
    assert "The job from before runs again" in failed.stderr, failed.stderr
    assert rig.running.job != job
    send(rig, "e")
    deployed(rig, newer)
    send(rig, "f")
    assert "'state' is in format 5" in refused(rig)
    # The newer one runs, and is what a still newer one that does not come up gives way to.
    failed = deploy(rig, broken_of(newer, tmp_path / "newest"))
    assert "The job from before runs again" in failed.stderr, failed.stderr
    assert "'state' is in format 5" in refused(rig)
    everybody = [f"{group}-{n}" for group in "abcdef" for n in range(20)]
    wait_until(lambda: ended(rig) == Counter(everybody), PATIENCE_S, "everybody has gone on")
    ids = [e["event_id"] for e in rig.read("step-events")]
    assert len(ids) == len(set(ids))


def broken_of(release: Path, folder: Path) -> Path:
    broken_release(folder)
    (folder / "journeys" / "formats.py").write_bytes((release / "journeys/formats.py").read_bytes())
    return folder


def send(rig: Rig, group: str) -> None:
    """Let people begin to wait, for a minute and a half; not longer than until all are in."""
    people = [f"{group}-{n}" for n in range(20)]
    begin = {"eventType": "golden.waiting"}
    rig.send([("events", person, {**begin, "_id": person}) for person in people])
    told = dict.fromkeys(people, 1)

    def waiting() -> bool:
        events = [e for e in rig.step_events(f"{group}-") if e["outcome"] == "waiting"]
        return Counter(e["profile_id"] for e in events) == told

    wait_until(waiting, PATIENCE_S, f"{group} waits")


def ended(rig: Rig) -> Counter[str]:
    events = rig.read("step-events")
    return Counter(
        e["profile_id"] for e in events if e["outcome"] == "completed" and "-" in e["profile_id"]
    )
