"""A model is replaced on the running job: from then on it decides, also for people inside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rig import Rig, event, wait_until
from tests.harness.onnx_files import weighted

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SCORED = Path(__file__).parent / "scored"
PATIENCE_S = 120
FIRST, SECOND = weighted([1.0, 0.0]), weighted([-1.0, 0.25])


@pytest.fixture
def scored(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, SCORED)
    write(rig, FIRST)
    try:
        rig.start()
        yield rig
    finally:
        rig.stop()


def write(rig: Rig, content: bytes) -> None:
    file = rig.folder / "models" / "taste.onnx"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)


def decided(rig: Rig, person: str) -> list[tuple[str, str | None, str | None]]:
    """Give where the models decided for somebody: step, way and scores."""
    events = sorted(rig.step_events(person), key=lambda e: e["occurred_at"])
    return [
        (e["step_id"], e["branch"], e["scores"])
        for e in events
        if e["outcome"] in ("entered", "passed") and e["scores"] is not None
    ]


def test_a_new_version_decides_from_then_on(scored: Rig) -> None:
    for person in ("inside", "before"):
        scored.send([("profiles", person, {"age": 40})])
        wait_until(lambda p=person: enters(scored, p), PATIENCE_S, f"{person} waits")
    scored.send([("events", "inside", event("go"))])
    wait_until(lambda: len(decided(scored, "inside")) == 2, PATIENCE_S, "version 1 decides")
    restarts = scored.running.job.restarts()

    file = scored.folder / "definitions.yaml"
    write(scored, SECOND)
    refused = scored.refused("publish", str(scored.folder))
    assert "model 'taste' is published with other content: raise `version` to 2" in refused
    file.write_text(file.read_text().replace("id: taste\nversion: 1", "id: taste\nversion: 2"))
    told = scored.journeys("plan", str(scored.folder))
    assert "scored: unchanged, version 1\nmodel taste: new version, 1 → 2\n" in told
    assert scored.journeys("publish", str(scored.folder)) == "published model taste v2\n"

    def somebody_new_is_told_the_second() -> bool:
        person = f"new-{len(scored.step_events('new-')):03d}"
        scored.send([("profiles", person, {"age": 40}), ("events", person, event("start"))])
        return any("taste@2" in str(e["scores"]) for e in scored.step_events("new-"))

    wait_until(somebody_new_is_told_the_second, PATIENCE_S, "version 2 decides")
    scored.send([("events", person, event("go")) for person in ("inside", "before")])
    wait_until(lambda: len(decided(scored, "before")) == 2, PATIENCE_S, "who waited goes on")
    wait_until(lambda: len(decided(scored, "inside")) == 3, PATIENCE_S, "so does who was inside")
    assert decided(scored, "inside") == [
        ("entry", None, "taste@1=40"),
        ("rank", "tea", "taste@1=40"),
        ("rank_again", "coffee", "taste@2=-39.5"),
    ]
    assert decided(scored, "before") == [
        ("entry", None, "taste@1=40"),
        ("rank", "coffee", "taste@2=-39.75"),
    ]
    assert scored.running.job.restarts() == restarts

    scored.kill_worker()
    scored.send([("events", "before", event("go"))])
    wait_until(lambda: len(decided(scored, "before")) == 3, PATIENCE_S, "a restored job decides")
    assert decided(scored, "before")[2] == ("rank_again", "coffee", "taste@2=-39.5")


def enters(rig: Rig, person: str) -> bool:
    """Send the event again until the profile is there: topics have no order between them."""
    if not any(e["outcome"] == "waiting" for e in rig.step_events(person)):
        rig.send([("events", person, event("start"))])
        return False
    return True
