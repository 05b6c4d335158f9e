"""Where versions stand, as `ls` and `status` show it, and what need not be said again."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received
from jobs import local
from jobs.cli import lifecycle, standing
from jobs.cli.app import app
from jobs.control_topic import control_of
from jobs.flink_rest import Job
from jobs.local import PublishError
from journeys.control import (
    CloseJourney,
    ControlCommand,
    EndRehearsal,
    PauseJourney,
    ResumeJourney,
    Retire,
    StopJourney,
    already,
    apply,
    dump_command,
    key_of,
    publish_message,
)
from journeys.errors import JourneyError
from journeys.lifecycle import Lifecycle, Pause, Rehearsal
from journeys.mode import Mode
from journeys.rollback import Rollback, rolled_back
from tests.harness.plans import SIMPLE, plan_of

NEWER = SIMPLE.replace("version: 1", "version: 2")
HOUR = 3_600_000
Call = Callable[..., Result]


def said(*commands: ControlCommand) -> list[Received]:
    """Say one command an hour."""
    return [
        Received("control", 0, n, n * HOUR, key_of(command), dump_command(command))
        for n, command in enumerate(commands)
    ]


def gauge(version: int, inside: int) -> bytes:
    names = {"metric": "journeys_inside", "journey_id": "simple", "journey_version": version}
    return json.dumps({**names, "value": inside}).encode()


PUBLISHED = (publish_message(plan_of(SIMPLE)), publish_message(plan_of(NEWER)))
SAID = said(
    *PUBLISHED,
    PauseJourney(journey="simple", until=4 * HOUR),
    PauseJourney(journey="simple", until=5 * HOUR),
)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Give the command line, on a broker with two versions."""
    metrics = [b'{"metric": "other"}', gauge(1, 9), gauge(1, 3)]
    records = [Received("metrics", 0, n, 0, None, value) for n, value in enumerate(metrics)]
    control = control_of(SAID, now=3 * HOUR)
    monkeypatch.setattr(standing, "read_topic", lambda *_: iter(records))
    monkeypatch.setattr(local, "bootstrap_of", lambda _: "broker:9092")
    for module in (standing, lifecycle):
        monkeypatch.setattr(module, "read_control_topic", lambda *_: control)
        monkeypatch.setattr(module.time, "time", lambda: 3 * HOUR / 1000)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_versions_are_listed_with_who_is_inside_and_since_when(call: Call) -> None:
    assert call("ls").stdout.splitlines() == [
        "journey  version  status  inside  since",
        "simple   v1       closed  3       1970-01-01T01:00:00.000Z",
        "simple   v2       paused  -       1970-01-01T02:00:00.000Z",
    ]
    rows = json.loads(call("ls", "--format", "json").stdout)
    assert [(row["version"], row["status"], row["inside"]) for row in rows] == [
        (1, "closed", 3),
        (2, "paused", None),
    ]


def test_the_status_shows_the_job_above_the_versions(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("standing", "RUNNING"), ("restarts", 1), ("checkpoints", 7)):
        monkeypatch.setattr(Job, name, lambda _, value=value: value)
    running = local.Running(
        Bootstrap(servers="broker:9092"), "http://flink", Job("http://flink", "abc")
    )
    monkeypatch.setattr(local, "find", lambda _: running)
    text = call("status").stdout.splitlines()
    assert text[2:8] == [
        "job          abc",
        "state        RUNNING",
        "restarts     1",
        "checkpoints  7",
        "reporting    NOT RUNNING",
        "",
    ]
    assert text[8:] == call("ls").stdout.splitlines()
    data = json.loads(call("status", "--format", "json").stdout)
    assert (data["job"], data["state"], data["checkpoints"]) == ("abc", "RUNNING", 7)
    assert data["journeys"] == json.loads(call("ls", "--format", "json").stdout)


def test_why_a_journey_is_paused_is_shown_where_it_was_said(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "301 people entered in a minute, and 300 are allowed"
    control = control_of(said(*PUBLISHED, PauseJourney(journey="simple", why=why)), now=3 * HOUR)
    monkeypatch.setattr(standing, "read_control_topic", lambda *_: control)
    assert call("ls").stdout.splitlines() == [
        "journey  version  status  inside  since                     why",
        "simple   v1       closed  3       1970-01-01T01:00:00.000Z",
        f"simple   v2       paused  -       1970-01-01T02:00:00.000Z  {why}",
    ]
    assert [row["why"] for row in json.loads(call("ls", "--format", "json").stdout)] == [None, why]


def test_a_pause_that_has_ended_is_none(call: Call) -> None:
    del call
    control = control_of(SAID, now=6 * HOUR)
    assert control.turned == {("simple", 1): HOUR, ("simple", 2): HOUR}


def test_what_holds_is_not_said_again(call: Call) -> None:
    done = call("stop", "simple", "--rehearsal")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "Nothing to do: journey 'simple' has no rehearsal.\n"


@pytest.mark.parametrize(
    ("life", "command", "why"),
    [
        (Lifecycle(), ResumeJourney(journey="j"), "is not paused"),
        (Lifecycle(pause=Pause(until=1)), ResumeJourney(journey="j"), "is not paused"),
        (Lifecycle(pause=Pause()), ResumeJourney(journey="j"), None),
        (Lifecycle(), CloseJourney(journey="j"), None),
        (Lifecycle(closed=True), CloseJourney(journey="j"), "is closed"),
        (Lifecycle(stopped=True), CloseJourney(journey="j"), "is stopped"),
        (Lifecycle(closed=True), StopJourney(journey="j"), None),
        (Lifecycle(stopped=True), StopJourney(journey="j"), "is stopped"),
        (Lifecycle(closed=True, finished=True), StopJourney(journey="j"), "is finished"),
        (Lifecycle(), EndRehearsal(journey="j"), "has no rehearsal"),
        (Lifecycle(rehearsal=Rehearsal(2, Mode.TEST)), EndRehearsal(journey="j"), None),
        (Lifecycle(closed=True), PauseJourney(journey="j"), None),
    ],
)
def test_a_command_from_which_nothing_follows_is_known(
    life: Lifecycle, command: ControlCommand, why: str | None
) -> None:
    assert already(life, command, now=2) == why


@pytest.mark.parametrize("life", [Lifecycle(stopped=True), Lifecycle(closed=True, finished=True)])
def test_what_has_ended_cannot_be_paused(life: Lifecycle) -> None:
    with pytest.raises(JourneyError, match="nobody is inside"):
        already(life, PauseJourney(journey="j"), now=0)


def test_one_goes_back_to_a_version_that_has_gone() -> None:
    control = control_of(said(*PUBLISHED, Retire(journey="simple", version=1)), now=0)
    assert control.plans.versions("simple") == [2]
    command, _ = rolled_back(control.texts, control.plans, "simple", None, Rollback.MOVE)
    assert command.plan.version == 1


def test_a_version_that_was_rolled_back_is_not_published_with_other_content() -> None:
    control = control_of(said(*PUBLISHED), now=0)
    back, _ = rolled_back(control.texts, control.plans, "simple", None, Rollback.FINISH)
    plans = control_of(said(*PUBLISHED, back), now=0).plans
    apply(copy(plans), publish_message(plan_of(NEWER)), 9)
    for mode in (Mode.LIVE, Mode.SHADOW):
        with pytest.raises(JourneyError, match="raise `version` to 3"):
            apply(plans, publish_message(plan_of(NEWER.replace("PT1H", "PT2H")), mode), 9)


def test_an_older_version_with_other_content_is_told_the_number_that_is_free() -> None:
    other = publish_message(plan_of(SIMPLE.replace("PT1H", "PT2H")))
    with pytest.raises(JourneyError, match=r"version 1 is published with other content: .* to 3"):
        apply(control_of(said(*PUBLISHED), now=0).plans, other, 9)


def test_people_in_any_older_version_must_have_a_place() -> None:
    """Those in version 1 finish it; then version 3 moves everybody, and has no such step."""
    renamed = NEWER.replace("pause:", "rest:")
    third = renamed.replace("version: 2", "version: 3\nin_flight: move")
    plans = control_of(said(PUBLISHED[0], publish_message(plan_of(renamed))), now=0).plans
    with pytest.raises(PublishError, match="inside version 1 at pause have nowhere to go"):
        local.is_new(plan_of(third), plans, Mode.LIVE)
    assert local.is_new(plan_of(third), plans, Mode.SHADOW)
    apply(plans, Retire(journey="simple", version=1), 9)
    assert local.is_new(plan_of(third), plans, Mode.LIVE)
