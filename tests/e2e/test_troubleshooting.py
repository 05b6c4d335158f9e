"""The verbs of the troubleshooting guide on the running job: it answers for itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobs.cli.app import app
from tests.e2e.rig import Rig, event, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 60


def call(*words: str) -> tuple[int, str]:
    """Run a verb in this process: a shell's start takes longer than most of what is tried here."""
    done = CliRunner().invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def data(*words: str) -> Any:
    return json.loads(call(*words, "--format", "json")[1])


def test_the_questions_of_the_guide_are_answered_by_the_running_job(
    rig: Rig, tmp_path: Path
) -> None:
    project = ("--project", str(rig.folder))
    identities = {"identityMap": {"ecid": [{"id": "why-key", "primary": True}]}}
    rig.send(
        [
            ("profiles", "why-low", {"name": "Low", "city": "Ulm"}),
            ("events", "why-low", event("start", size=20)),
            ("events", "why-case", event("Start", size=20)),
            ("events", "why-other", event("start", size=20, **identities)),
            ("events", "why-bad", b'{"eventType": "probe.start", "size": 20'),
        ]
    )

    def waits() -> bool:
        return any(e["step_id"] == "low" for e in rig.step_events("why-low"))

    wait_until(waits, PATIENCE_S, "the first person waits for an event")

    # What the job knows of one person; to ask again shows that nothing was touched.
    live = [data("trace", "why-low", *project, "--values")["live"][0] for _ in range(2)]
    (walk,) = live[0]["walks"]
    assert (walk["journey"], walk["step"], walk["events"]) == ("probe", "low", ["go"])
    assert live[0]["next_timer"] == walk["until"]
    assert live[0]["values"]["city"] == "Ulm"
    first, second = ({**one, "id": "", "at": 0} for one in live)
    assert first == second

    for person, journey, word in (
        ("why-low", "linger_after", "condition"),
        ("why-case", "probe", "other_letter_case"),
        ("why-key", "probe", "wrong_identity"),
        ("why-bad", "probe", "not_json"),
        ("why-low", "probe", "entered"),
    ):
        found = data("why", person, journey, *project)
        assert found["word"] == word, found
        if word == "condition":
            assert found["said"] == "@event{start.size} was 20; needs == 7"

    assert "    why-low  since " in call("inside", "probe", "--step", "low", *project)[1]

    # The bad record is mended, sent again once, and the person enters.
    (letter,) = [x for x in data("dlq", "list", *project) if x["key"] == "why-bad"]
    name = letter["dead_letter_id"]
    mended = {"dead_letter_id": name, "payload": event("start", size=20)}
    file = tmp_path / "mended.jsonl"
    file.write_text(json.dumps(mended))
    for _ in range(2):
        assert call("dlq", "replay", "--mended", str(file), *project)[0] == 0
    wait_until(lambda: bool(rig.step_events("why-bad")), PATIENCE_S, "the replayed event counts")
    assert len([e for e in rig.step_events("why-bad") if e["outcome"] == "entered"]) == 1
    assert data("dlq", "show", name, *project)["replayed"] is True

    assert data("doctor", str(rig.folder))[0]["level"] == "ok"
