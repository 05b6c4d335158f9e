"""What lies on the control topic, and how long people are watched who follow what was said."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received
from connectors.kafka.topics import Topics
from jobs import control_topic, local
from jobs.cli import lifecycle as verbs
from jobs.cli.app import app
from jobs.control_topic import Control, Sweep, read_control_topic
from jobs.folder import read_folder
from journeys.control import EnterPerson, QueryPerson, Weigh, dump_command, publish_message
from journeys.plans import Plans
from tests.harness.plans import SIMPLE, plan_of

KAFKA = Bootstrap(servers="broker")
SAID = [
    dump_command(publish_message(plan_of(SIMPLE))),
    dump_command(EnterPerson(journey="simple", profile_id="ann")),
    b"{",
    b"[]",
    dump_command(Weigh(journey="simple", version=1, step="try", shares={})),
    dump_command(EnterPerson(journey="simple", profile_id="bob")),
    dump_command(QueryPerson(profile_id="bob", id="q-1")),
]


def records(*values: bytes) -> list[Received]:
    return [Received("t", 0, n, 0, None, value) for n, value in enumerate(values)]


def test_a_job_is_told_of_journeys_and_not_of_everybody_who_ever_was_to_enter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control_topic, "read_topic", lambda *_, **__: records(*SAID))
    control = read_control_topic(KAFKA, Topics())
    assert [one.offset for one in control.standing] == [0, 2, 3, 4]
    assert control.end == len(SAID)


def test_who_watches_one_journey_does_not_wait_because_others_are_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = 0.0

    def passing() -> float:
        nonlocal seconds
        seconds += 0.1
        return seconds

    place = {"metric": "journeys_inside", "journey_id": "other", "journey_version": 1}
    other = {**place, "revision": 9, "value": 1, "behind": 0}

    def read(_: Bootstrap, topic: str, **__: object) -> Iterator[Received]:
        if topic.endswith("control"):
            yield from records(SAID[0])
            return
        for _number in range(10_000):
            yield from records(json.dumps(other).encode())
        pytest.fail("it waits for ever")

    monkeypatch.setattr(control_topic, "read_topic", read)
    monkeypatch.setattr(control_topic, "ends", lambda *_: {0: 0})
    monkeypatch.setattr(time, "monotonic", passing)
    plans = read_control_topic(KAFKA, Topics()).plans
    assert list(Sweep(KAFKA, Topics()).of(plans, ["simple"])) == []


@pytest.mark.parametrize(("told", "count"), [([3, 2, 1, 0], 4), ([3, 2, 2], 602)])
def test_whoever_watches_does_not_wait_for_somebody_who_does_not_follow(
    monkeypatch: pytest.MonkeyPatch, told: list[int], count: int
) -> None:
    """The last count is told again and again."""
    seconds = 0.0

    def passing() -> float:
        return seconds

    def read(_: Bootstrap, topic: str, **__: object) -> Iterator[Received]:
        nonlocal seconds
        if topic.endswith("control"):
            yield from records(SAID[0])
            return
        for behind in chain(told[:-1], repeat(told[-1], 10_000)):
            seconds += 0.1
            place = {"journey_id": "simple", "journey_version": 1}
            counted = {"metric": "journeys_steps_total", **place, "value": 7}
            inside = {"metric": "journeys_inside", **place, "revision": 9, "value": 3}
            yield from records(
                json.dumps(counted).encode(), json.dumps(inside | {"behind": behind}).encode()
            )
        pytest.fail("it waits for ever")

    monkeypatch.setattr(control_topic, "read_topic", read)
    monkeypatch.setattr(control_topic, "ends", lambda *_: {0: 0})
    monkeypatch.setattr(time, "monotonic", passing)
    monkeypatch.setattr(control_topic, "_AFTERWARDS_S", 0.05)
    plans = read_control_topic(KAFKA, Topics()).plans
    followed = list(Sweep(KAFKA, Topics()).of(plans, ["simple"]))
    assert followed[-1].behind == told[-1]
    assert len(followed) - 1 == pytest.approx(count, abs=2), "one more is told afterwards"


def test_all_that_was_said_is_read_once_however_many_journeys_are_published(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plans = Plans()
    named = [replace(plan_of(SIMPLE), journey=f"j{n}") for n in range(3)]
    for plan in (*named, *(replace(plan, version=2) for plan in named[:2])):
        plans.publish(plan)
    reads, watched = [], []

    def read(*_: object) -> Control:
        reads.append(1)
        return Control([], plans)

    monkeypatch.setattr(verbs, "read_control_topic", read)
    monkeypatch.setattr(verbs, "Sweep", lambda *_: None)
    monkeypatch.setattr(verbs, "_watch", lambda _, __, journeys: watched.extend(journeys))
    monkeypatch.setattr(local, "bootstrap_of", lambda _: "broker")
    monkeypatch.setattr(local, "publish", lambda *_: [publish_message(plan) for plan in named])
    (tmp_path / "p.yaml").write_text("kind: event\nid: signup\neventType: account.signup\n")
    monkeypatch.setattr(verbs, "runnable", read_folder)
    done = CliRunner().invoke(app, ["publish", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert watched == ["j0", "j1"], "the third has no older version"
    assert len(reads) == 1
