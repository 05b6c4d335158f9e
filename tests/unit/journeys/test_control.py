"""What is said of a journey, and what holds of it then."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import orjson
import pytest

from journeys.codec import dump_lifecycle, load_lifecycle
from journeys.control import (
    CloseJourney,
    CommandError,
    ContradictionError,
    ControlCommand,
    Define,
    EndRehearsal,
    PauseJourney,
    Publish,
    ResumeJourney,
    Retire,
    RollBack,
    StopJourney,
    apply,
    dump_command,
    key_of,
    load_command,
    publish_message,
)
from journeys.definitions import DatasetDefinition, ModelDefinition, SharedDefinition
from journeys.errors import CodecError
from journeys.lifecycle import Lifecycle
from journeys.mode import Mode
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.rollback import Rollback, rolled_back
from tests.harness.plans import SIMPLE, plan_of

FIRST = plan_of(SIMPLE)
NOW = 1_000


def version(number: int, **fields: object) -> Plan:
    return replace(FIRST, version=number, **fields)  # type: ignore[arg-type]


def after(*commands: ControlCommand) -> Plans:
    plans = Plans()
    for revision, command in enumerate(commands, start=1):
        apply(plans, command, revision)
    return plans


def statuses(plans: Plans, now: int = NOW) -> dict[int, str]:
    life = plans.life("simple")
    assert life is not None
    return {n: str(life.status(n, now)) for n in plans.versions("simple")}


def test_the_latest_definition_of_an_id_holds() -> None:
    models = [ModelDefinition("loyalty", version, "1.5") for version in (1, 2)]
    dataset = DatasetDefinition("loyalty", "profiles", {}, "id")
    shared: list[SharedDefinition] = [*models, dataset]
    plans = after(*(Define(definition=one) for one in shared))
    assert (plans.models, plans.datasets) == ({"loyalty": models[1]}, {"loyalty": dataset})
    assert [plans.defines(one) for one in shared] == [False, True, True]
    copied = copy(plans)
    assert (copied.models, copied.datasets) == (plans.models, plans.datasets)


def publish(number: int, mode: Mode = Mode.LIVE) -> Publish:
    return publish_message(version(number), mode)


PAUSE, RESUME = PauseJourney(journey="simple"), ResumeJourney(journey="simple")
CLOSE, STOP = CloseJourney(journey="simple"), StopJourney(journey="simple")
BACK = RollBack(plan=FIRST)


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ([publish(1)], {1: "live"}),
        ([publish(1), publish(2)], {1: "closed", 2: "live"}),
        ([publish(1), PAUSE], {1: "paused"}),
        ([publish(1), PAUSE, RESUME], {1: "live"}),
        ([publish(1), PAUSE, publish(2)], {1: "closed", 2: "paused"}),
        ([publish(1), CLOSE], {1: "closed"}),
        ([publish(1), STOP], {1: "stopped"}),
        ([publish(1), STOP, publish(2)], {1: "closed", 2: "live"}),
        ([publish(1), publish(2), BACK], {1: "live", 2: "closed"}),
        ([publish(1), publish(2), BACK, publish(3)], {1: "closed", 2: "closed", 3: "live"}),
        ([publish(1), publish(2, Mode.TEST)], {1: "live", 2: "test"}),
        ([publish(1, Mode.DRY_RUN)], {1: "dry_run"}),
        ([publish(1), publish(2, Mode.SHADOW), publish(2)], {1: "closed", 2: "live"}),
        (
            [publish(1), publish(2, Mode.TEST), publish(3, Mode.SHADOW)],
            {1: "live", 2: "closed", 3: "shadow"},
        ),
        (
            [publish(1), publish(2, Mode.TEST), EndRehearsal(journey="simple")],
            {1: "live", 2: "closed"},
        ),
        ([publish(1), publish(2), Retire(journey="simple", version=1)], {2: "live"}),
        ([publish(1), Retire(journey="simple", version=1)], {1: "live"}),
        ([publish(1), CLOSE, Retire(journey="simple", version=1)], {1: "finished"}),
    ],
)
def test_where_each_version_stands(
    commands: list[ControlCommand], expected: dict[int, str]
) -> None:
    plans = after(*commands)
    assert statuses(plans) == expected
    lives = {name: load_lifecycle(dump_lifecycle(life)) for name, life in plans.lives.items()}
    assert lives == plans.lives
    assert statuses(Plans([*plans][::-1], lives)) == expected


@pytest.mark.parametrize(
    ("commands", "why"),
    [
        ([PAUSE], "journey 'simple' is not published; known: none"),
        ([publish(2), publish(1)], "version 1 is not newer than version 2, which is published"),
        ([publish(2), publish(2, Mode.TEST)], "version 2 is not newer than version 2"),
        (
            [publish(1), publish_message(version(1, label="other"))],
            "is published with other content: raise `version` to 2",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    commands: list[ControlCommand], why: str
) -> None:
    plans = after(*commands[:-1])
    before = dict(plans.lives)
    with pytest.raises(ContradictionError, match=why):
        apply(plans, commands[-1], 9)
    assert plans.lives == before


def test_a_pause_ends_by_itself() -> None:
    plans = after(publish(1), PauseJourney(journey="simple", until=NOW))
    assert statuses(plans, NOW - 1) == {1: "paused"}
    assert statuses(plans, NOW) == {1: "live"}


def test_the_same_again_changes_nothing_more() -> None:
    plans = after(publish(1), publish(2))
    life = plans.life("simple")
    apply(plans, publish(2), 9)
    assert plans.life("simple") == life
    apply(plans, RollBack(plan=version(2)), 9)
    assert plans.life("simple") == life


def test_of_what_is_finished_nothing_is_listened_for_but_its_rules_are_kept() -> None:
    plans = after(publish(1), CLOSE, Retire(journey="simple", version=1))
    assert plans.listening("account.signup") == []
    assert plans.live == {"simple": FIRST}


@pytest.mark.parametrize("command", [publish(1), BACK, PAUSE, RESUME, CLOSE, STOP])
def test_a_command_is_read_as_it_was_written(command: ControlCommand) -> None:
    assert load_command(orjson.loads(dump_command(command))) == command


def test_compaction_keeps_the_latest_of_each_subject() -> None:
    said: list[ControlCommand] = [
        publish(1),
        publish(2),
        BACK,
        PAUSE,
        RESUME,
        CLOSE,
        STOP,
        publish(3),
    ]
    latest = {key_of(command): command for command in said}
    kept = [command for command in said if latest[key_of(command)] is command]
    assert len(kept) < len(said)
    assert statuses(after(*kept)) == statuses(after(*said))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"command": "pause"}, "journey: Field required"),
        ({"command": "pause", "journey": "a", "then": "wait"}, "then: Input should be 'hold'"),
        ({"command": "publish", "plan": {"v": 3}}, "has not the shape of its version"),
    ],
)
def test_a_command_that_cannot_be_read_says_why(fields: dict[str, object], why: str) -> None:
    with pytest.raises((CommandError, CodecError), match=why):
        load_command(fields)  # type: ignore[arg-type]


# Going back.

MAPPED = version(2, in_flight="move", moves={"pause": "rest"}, steps=FIRST.steps)


def said(plans: list[Plan]) -> list[str]:
    return [dump_command(publish_message(plan)).decode() for plan in plans]


def test_going_back_inverts_the_map_and_names_whom_it_does_not_reach() -> None:
    (longer,) = [plan_of(SIMPLE + "  rest: {wait: PT1H}\n  extra: {wait: PT1H}\n")]
    second = replace(longer, version=2, in_flight="move", moves={"pause": "rest"})
    plans = after(publish(1), publish_message(second))
    command, left = rolled_back(said([FIRST, second]), plans, "simple", None, Rollback.MOVE)
    assert command.plan == FIRST
    assert command.moves == {"rest": "pause"}
    assert left == ["extra"]
    assert command.exceptions == {"extra": "finish"}
    out, _ = rolled_back(said([FIRST, second]), plans, "simple", 1, Rollback.EXIT)
    assert (out.in_flight, out.moves, out.exceptions) == ("exit", {}, {})


@pytest.mark.parametrize(
    ("commands", "to", "why"),
    [
        ([], None, "no live version to go back from"),
        ([publish(1)], None, "no version of journey 'simple' was live before"),
        ([publish(1)], 1, "version 1 of journey 'simple' is live already"),
        ([publish(1), publish(2)], 7, "version 7 of journey 'simple' was never published"),
    ],
)
def test_going_back_where_there_is_no_way_back(
    commands: list[ControlCommand], to: int | None, why: str
) -> None:
    texts = [dump_command(command).decode() for command in commands] + ["{}", "no JSON"]
    with pytest.raises(ContradictionError, match=why):
        rolled_back(texts, after(*commands), "simple", to, Rollback.MOVE)


def test_the_version_before_is_gone_back_to_though_the_job_has_let_go_of_it() -> None:
    gone = Retire(journey="simple", version=1)
    plans = after(publish(1), publish(2), gone)
    command, _ = rolled_back(said([FIRST, version(2)]), plans, "simple", None, Rollback.FINISH)
    apply(plans, command, 9)
    assert statuses(plans) == {1: "live", 2: "closed"}


def test_nothing_is_known_of_a_journey_that_nobody_spoke_of() -> None:
    assert Plans().life("simple") is None
    assert Lifecycle().status(1, NOW) == "closed"
