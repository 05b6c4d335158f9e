"""Committed outputs: plans, step events, and stored state that must load for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from journeys import (
    codec,
    control,
    count_codec,
    dispatch_codec,
    formats,
    identity_codec,
    inquiry_codec,
    reading_codec,
    table_codec,
    watch_codec,
)
from journeys.activation import (
    ActionResolved,
    AudiencesSurveyed,
    EntryAsked,
    EntryOffered,
    EventReceived,
    Hop,
    IdentityReleased,
    Nudged,
    PassedOn,
    PersonGiven,
)
from journeys.alerts import AlertKind, AlertState, Board, Fault, told
from journeys.attributes import UNKNOWN, Attributes
from journeys.bandit import Bandit, Tally, TrialReport, Weights
from journeys.command import PersonKnown, StartReading, WithdrawCalls
from journeys.compiler import compile_project
from journeys.control import (
    CloseJourney,
    Define,
    EndRehearsal,
    EnterPerson,
    PauseJourney,
    QueryPerson,
    ResumeJourney,
    Retire,
    RollBack,
    StopJourney,
    Weigh,
    publish_message,
)
from journeys.definitions import DatasetDefinition, ModelDefinition
from journeys.expressions.explaining import Explained
from journeys.history import History, PastEvent
from journeys.inquiry import CallUnderWay, Ended, Inquiry, LiveState, Rule, WalkState
from journeys.ledger import Ledger, Sample
from journeys.lifecycle import Lifecycle, Pause, Rehearsal, Turn
from journeys.manifest import Manifest, dump_manifest, load_manifest
from journeys.messages import ActionRequest, ActionResult, ActionStatus
from journeys.mode import Mode
from journeys.outcomes import Outcome, Reason
from journeys.plan import Reading
from journeys.presence import Counting, Part, Place, Sweep
from journeys.project import read_project
from journeys.readings import Agenda, Planned, Schedule, Survey, Wave
from journeys.state import Alias, Instance, Linked, PersonState, Waiting
from journeys.watch import Watch
from tests.harness.person import Person
from tests.harness.plans import RICH, SIMPLE, plan_of

GOLDEN = Path(__file__).parent
ROOT = GOLDEN.parents[1]
Golden = Callable[[Path, str], None]

PERSON = PersonState(
    instances=[
        Instance(
            id="0f3b",
            journey="welcome",
            version=1,
            entered_at=1_772_352_000_000,
            step="react",
            key="cart-1",
            waiting=Waiting(1_772_524_800_000, ["purchase"], None),
            visits={"greet": 1, "react": 1},
            events={"signup": {"eventType": "account.signup", "plan": "basic", "n": [1, 2.5]}},
            actions={"greet": {"jo_status_code": "smtp_250"}},
            last_error="no_consent",
        ),
        Instance("1a2b", "other", 2, 1, "ask", waiting=Waiting(request="9c8d"), visits={"ask": 3}),
    ],
    recent=["e1", "e2"],
    left={"welcome": 5, "carts\x1fcart-1": 6},
    alarm=1_772_524_800_000,
)
ROW = b'{"sku":"tea","price":12.5}'
ATTRIBUTES = Attributes(
    {"email": "ann@example.org", "tags": ["a"], "loyalty": {"tier": "gold", "points": 7}},
    1_772_352_000_000,
    {"phone": 1_772_352_000_001, "loyalty": [1_772_352_000_000, {"points": 1_772_352_000_002}]},
)
HISTORY = History(
    {"purchase": [PastEvent(1_772_352_000_000, {"total": 12.5, "": {"total": 12.5}})]}
)
REQUEST = ActionRequest(
    request_id="9c8d",
    profile_id="ann",
    instance_id="1a2b",
    journey_id="other",
    journey_version=2,
    step_id="ask",
    action_id="score",
    channel="webhook",
    endpoint="https://crm.example",
    message={"method": "POST", "url": "https://crm.example/score", "body": {"person": "ann"}},
    timeout_ms=5_000,
    max_attempts=3,
    requested_at=1_772_352_000_000,
)
RESULT = ActionResult(
    request_id="9c8d",
    profile_id="ann",
    instance_id="1a2b",
    status=ActionStatus.ERROR,
    code="http_503",
    reason=None,
    detail="the service answered 503",
    response={"error": "busy"},
    attempts=3,
    latency_ms=1_234,
)
BANDIT = Bandit(["short", "long"], 90, 3_600_000)
TALLY = Tally("try", 2, "arms", BANDIT, {"short": 7, "long": 5}, {"long": 1}, 1_772_355_600_000)
WEIGHTS = Weights("try", 2, "arms", {"short": 22.5, "long": 67.5})
TRIAL = TrialReport("try", 2, "arms", "long", succeeded=True, bandit=BANDIT)
SCHEDULE = Schedule(
    "news",
    2,
    Mode.LIVE,
    Reading(
        "loyal",
        500,
        at=1_772_355_600_000,
        every_ms=86_400_000,
        incremental=True,
        force_reentry=True,
        waves=2,
        wave_every_ms=3_600_000,
    ),
    1_772_352_000_000,
    is_new=True,
    is_open=True,
    end=1_780_000_000_000,
)
KNOWN = PersonKnown("ann", is_known=True)
START = StartReading("sales", 1, "sales/1/e-1", 5_000, None, {"city": "Lyon"})
OFFER = EntryOffered("news", "news/2/1772355600000", None, 2, 1_772_269_200_000, 1_772_355_600_123)
SURVEY = Survey({"loyal": "5f0c"}, 1_772_352_000_000)
SURVEYED = AudiencesSurveyed("survey/1772352000000")
INQUIRY = Inquiry("q-1", values=True, journey="welcome", payload={"plan": "basic"})
READ = Explained("x > 2", holds=False, read={"x": "1"}, needs="> 2")
JUDGED = Rule("when", "condition", "x was 1; needs > 2", READ)
ANSWER = LiveState(
    id="q-1",
    profile_id="ann",
    at=1_772_352_000_000,
    merged_into=None,
    identities=["ann@example.org"],
    walks=[
        WalkState(
            instance_id="i-1",
            journey="welcome",
            version=1,
            mode="live",
            key=None,
            entered_at=1_772_351_000_000,
            step="score",
            step_kind="action",
            since=1_772_351_900_000,
            events=[],
            ways=["error"],
            call=CallUnderWay("r-1", 1_772_351_900_000),
            until=None,
            held=False,
            ends_at=1_780_000_000_000,
            pending=1,
            conditions=[JUDGED],
        )
    ],
    next_timer=1_780_000_000_000,
    attributes=["email", "consents.marketing.email.val"],
    values=None,
    audiences={"regulars": 1_772_000_000_000},
    ended=[Ended("cart", "c1", 1_771_000_000_000)],
    messages_counted={"email/marketing/welcome": [1_772_351_000_000]},
    entries_counted={},
    refused_channels=["email"],
    suppressed_channels=[],
    recent_events=["e-1"],
    entry=[JUDGED],
    messages=[Rule("offer", None, "nothing keeps it back")],
)
ASKED = EntryAsked("welcome", "journeys.control/0/7", {"plan": "basic"})
WAVE = Wave(
    "news", 2, OFFER.record_id, 500, 1_772_355_600_123, 1_772_359_200_123, 1_772_359_200_123, 1, 2
)
AGENDA = Agenda(
    {"news/2": Planned(SCHEDULE, 1_772_442_000_000, 1_772_352_005_000, 1_772_355_600_123)},
    [replace(WAVE, since=1_772_269_200_000, given=3, cursor="ann")],
    1_772_359_200_123,
)
LIFE = Lifecycle(
    revision=9,
    live=3,
    former=2,
    rehearsal=Rehearsal(4, Mode.TEST, 10_000, 8),
    pause=Pause("discard", 1_772_355_600_000),
    turns=(
        Turn(5, 2, "move", {"ask": "exit"}, {"pause": "rest"}),
        Turn(7, 0, "exit", reason=Reason.STOPPED),
    ),
    uncounted=1,
)
WATCH = Watch(
    "welcome",
    Lifecycle(revision=3, live=2),
    said_at=1_772_355_600_000,
    entered_at=1_772_355_660_000,
    ledgers={
        2: Ledger({Outcome.ENTERED: 5, Outcome.EXITED: 2}, 4, 1, [Sample(1, 3, 4)], drift=0),
    },
    drifts={2: 0},
    board=Board(
        {
            "capping/2/remind": told(
                "welcome", Fault(AlertKind.CAPPING, 2, "remind", 7, 0), AlertState.RAISED, 9
            )
        }
    ),
)
DATASET = DatasetDefinition(
    "crm",
    "profiles",
    {"type": "object", "properties": {"customerId": {"type": "string"}}},
    "customerId",
    timestamp="updatedAt",
    files="data/crm/*.parquet",
)
SWEEP = Sweep(9, nudges=True, collects=True, keeps_ms=604_800_000)
PLACE = Place("0f3b", "ann", 7)
PART = Part(inside=5, behind=2, sweep=SWEEP, timer=1_772_352_000_100)
COUNTING = Counting(1_772_352_000_500, 1_772_351_990_000)
ALIAS = PersonState(
    merged_into=Alias("ann", "journeys.profiles/0/7", 3),
    aliases={"device-2": Linked("journeys.profiles/1/4", 2)},
)
HOPS = (Hop("device-2", "journeys.profiles/1/4", 3), Hop("device-1", "journeys.profiles/0/7", 4))
GIVEN = PassedOn(
    HOPS[1:],
    PersonGiven("journeys.profiles/0/7", PERSON, ATTRIBUTES, HISTORY, {"crm": 7}, 9, timed=True),
)
PASSED_EVENT = PassedOn(
    HOPS,
    EventReceived("e1", "journeys.events/0/1", "web.visit", {"n": [1, 2.5]}, 1_772_352_000_000),
)
PASSED_RESULT = PassedOn(HOPS, ActionResolved(RESULT))
RELEASED = IdentityReleased("journeys.profiles/0/7")
WITHDRAWN = WithdrawCalls("ann")
MANIFEST = Manifest(
    release="1.0",
    code="0123456789abcdef",
    home="/opt/journeys",
    python="/opt/journeys/bin/python",
    flink="2.3.0",
    formats={"plan": 4, "state": 4},
    operators=["events-in", "journey-engine"],
    parts=128,
    backend="rocksdb",
)
STORED: dict[str, tuple[Callable[[], str], Callable[[str], object], object]] = {
    "person": (lambda: codec.dump_person(PERSON), codec.load_person, PERSON),
    "profile": (lambda: codec.dump_profile(ATTRIBUTES), codec.load_profile, None),
    "history": (lambda: codec.dump_history(HISTORY), codec.load_history, HISTORY),
    "plan": (
        lambda: json.dumps(codec.dump_plan(plan_of(RICH)), indent=1) + "\n",
        codec.load_plan,
        None,
    ),
    "count": (lambda: count_codec.dump_count(41), count_codec.load_count, 41),
    "tally": (lambda: count_codec.dump_tally(TALLY), count_codec.load_tally, TALLY),
    "weights": (lambda: count_codec.dump_weights(WEIGHTS), count_codec.load_weights, WEIGHTS),
    "trial": (lambda: codec.dump_trial(TRIAL), codec.load_trial, TRIAL),
    "agenda": (lambda: reading_codec.dump_agenda(AGENDA), reading_codec.load_agenda, AGENDA),
    "schedule": (lambda: reading_codec.dump_told(SCHEDULE), reading_codec.load_told, SCHEDULE),
    "survey": (lambda: reading_codec.dump_told(SURVEY), reading_codec.load_told, SURVEY),
    "surveyed": (
        lambda: count_codec.dump_surveyed(SURVEYED),
        count_codec.load_nudge,
        SURVEYED,
    ),
    "start": (lambda: reading_codec.dump_told(START), reading_codec.load_told, START),
    "person_known": (lambda: reading_codec.dump_told(KNOWN), reading_codec.load_told, KNOWN),
    "offer": (lambda: count_codec.dump_offer(OFFER), count_codec.load_nudge, OFFER),
    "asked": (lambda: count_codec.dump_asked(ASKED), count_codec.load_nudge, ASKED),
    "inquiry": (lambda: count_codec.dump_inquiry(INQUIRY), count_codec.load_nudge, INQUIRY),
    "answer": (
        lambda: inquiry_codec.dump_live_state(ANSWER),
        inquiry_codec.load_live_state,
        ANSWER,
    ),
    "follow": (count_codec.dump_nudge, count_codec.load_nudge, Nudged()),
    "lifecycle": (lambda: codec.dump_lifecycle(LIFE), codec.load_lifecycle, LIFE),
    "definition": (
        lambda: codec.dump_definition(DATASET, 8),
        codec.load_definition,
        (DATASET, 8),
    ),
    "row": (lambda: table_codec.dump_row(ROW), table_codec.load_row, ROW),
    "came": (lambda: table_codec.dump_came(7), table_codec.load_came, 7),
    "place": (lambda: count_codec.dump_place(PLACE), count_codec.load_told, PLACE),
    "sweep": (lambda: count_codec.dump_sweep(SWEEP), count_codec.load_told, SWEEP),
    "part": (lambda: count_codec.dump_part(PART), count_codec.load_part, PART),
    "occupancy": (
        lambda: count_codec.dump_occupancy(PART.occupancy(3)),
        count_codec.load_occupancy,
        PART.occupancy(3),
    ),
    "counting": (
        lambda: count_codec.dump_counting(COUNTING),
        count_codec.load_counting,
        COUNTING,
    ),
    "alias": (lambda: codec.dump_person(ALIAS), codec.load_person, ALIAS),
    "given": (lambda: identity_codec.dump_passed(GIVEN), identity_codec.load_passed, GIVEN),
    "passed_event": (
        lambda: identity_codec.dump_passed(PASSED_EVENT),
        identity_codec.load_passed,
        PASSED_EVENT,
    ),
    "passed_result": (
        lambda: identity_codec.dump_passed(PASSED_RESULT),
        identity_codec.load_passed,
        PASSED_RESULT,
    ),
    "released": (
        lambda: identity_codec.dump_passed(RELEASED),
        identity_codec.load_passed,
        RELEASED,
    ),
    "withdrawn": (
        lambda: dispatch_codec.dump_withdrawal(WITHDRAWN),
        dispatch_codec.load_asked,
        WITHDRAWN,
    ),
    "watch": (lambda: watch_codec.dump_watch(WATCH), watch_codec.load_watch, WATCH),
    "request": (lambda: codec.dump_request(REQUEST), codec.load_request, REQUEST),
    "result": (lambda: codec.dump_result(RESULT), codec.load_result, RESULT),
    "manifest": (lambda: dump_manifest(MANIFEST), load_manifest, MANIFEST),
}
"""Each kind of stored value: how it is written today, how it is read, and what it is."""
VERSIONS = {
    "person": formats.STATE_VERSION,
    "profile": formats.PROFILE_VERSION,
    "history": formats.HISTORY_VERSION,
    "plan": formats.PLAN_VERSION,
    "count": formats.COUNT_VERSION,
    "tally": formats.TALLY_VERSION,
    "weights": formats.WEIGHTS_VERSION,
    "trial": formats.MESSAGE_VERSION,
    "agenda": formats.READING_VERSION,
    "schedule": formats.READING_VERSION,
    "survey": formats.READING_VERSION,
    "surveyed": formats.SWEEP_VERSION,
    "start": formats.READING_VERSION,
    "person_known": formats.READING_VERSION,
    "offer": formats.SWEEP_VERSION,
    "asked": formats.SWEEP_VERSION,
    "inquiry": formats.SWEEP_VERSION,
    "answer": formats.ANSWER_VERSION,
    "follow": formats.SWEEP_VERSION,
    "lifecycle": formats.LIFECYCLE_VERSION,
    "definition": formats.DEFINITION_VERSION,
    "row": formats.ROW_VERSION,
    "came": formats.ROW_VERSION,
    "place": formats.SWEEP_VERSION,
    "sweep": formats.SWEEP_VERSION,
    "part": formats.SWEEP_VERSION,
    "occupancy": formats.SWEEP_VERSION,
    "counting": formats.SWEEP_VERSION,
    "alias": formats.STATE_VERSION,
    "given": formats.IDENTITY_VERSION,
    "passed_event": formats.IDENTITY_VERSION,
    "passed_result": formats.IDENTITY_VERSION,
    "released": formats.IDENTITY_VERSION,
    "withdrawn": formats.MESSAGE_VERSION,
    "watch": formats.WATCH_VERSION,
    "request": formats.MESSAGE_VERSION,
    "result": formats.MESSAGE_VERSION,
    "manifest": formats.MANIFEST_VERSION,
}
SINCE = {"survey": 2, "alias": 4}
"""The first version of a kind that knows of it, where that is not 1."""


COMMANDS: list[control.ControlCommand] = [
    PauseJourney(journey="welcome", then="discard", until=1_772_355_600_000),
    PauseJourney(journey="welcome", why="301 people entered in a minute, and 300 are allowed"),
    ResumeJourney(journey="welcome"),
    CloseJourney(journey="welcome"),
    StopJourney(journey="welcome"),
    EndRehearsal(journey="welcome"),
    EnterPerson(journey="welcome", profile_id="ann", payload={"plan": "basic"}, id="e-1"),
    QueryPerson(profile_id="ann", id="q-1", journey="welcome", payload={"plan": "basic"}),
    Weigh(journey="try", version=2, step="arms", shares={"short": 22.5, "long": 67.5}),
    Retire(journey="welcome", version=1),
    Define(definition=DATASET),
    Define(definition=ModelDefinition("loyalty", 2, "1.5")),
    publish_message(plan_of(SIMPLE), Mode.TEST, 5_000),
    RollBack(plan=plan_of(SIMPLE), exceptions={"ask": "finish"}, moves={"rest": "pause"}),
]
"""One of each kind: they lie on the control topic for ever."""


def test_commands_are_written_as_this_version_writes_them(golden: Golden) -> None:
    assert {command.command for command in COMMANDS} == set(control.COMMANDS)
    lines = [control.dump_command(command).decode() for command in COMMANDS]
    golden(GOLDEN / "commands" / "v1.jsonl", "\n".join(lines) + "\n")


def test_commands_of_every_version_are_read_for_ever() -> None:
    lines = (GOLDEN / "commands" / "v1.jsonl").read_text(encoding="utf-8").splitlines()
    assert [control.load_command(json.loads(line)) for line in lines] == COMMANDS


@pytest.mark.parametrize("kind", STORED)
def test_state_is_written_as_this_version_writes_it(kind: str, golden: Golden) -> None:
    write, _, _ = STORED[kind]
    golden(GOLDEN / "state" / f"v{VERSIONS[kind]}" / f"{kind}.json", write())


@pytest.mark.parametrize("kind", STORED)
def test_state_of_every_version_loads_for_ever(kind: str) -> None:
    _, load, expected = STORED[kind]
    files = sorted((GOLDEN / "state").glob(f"v*/{kind}.json"))
    assert len(files) == VERSIONS[kind] - SINCE.get(kind, 1) + 1
    for file in files:
        loaded = load(file.read_text(encoding="utf-8"))
        assert expected is None or loaded == expected


def test_attributes_of_the_first_version_are_older_than_any_that_has_a_time() -> None:
    first, second = (
        codec.load_profile((GOLDEN / "state" / version / "profile.json").read_text())
        for version in ("v1", "v2")
    )
    assert first == Attributes({"email": "ann@example.org", "tags": ["a"]}, UNKNOWN)
    assert second == ATTRIBUTES


def test_the_plan_of_the_welcome_example(golden: Golden) -> None:
    folder = ROOT / "examples" / "welcome"
    read = (".yaml", ".json", ".txt", ".html")
    files = {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*"))
        if file.suffix in read
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    }
    models = {"models/taste.onnx": (folder / "models" / "taste.onnx").read_bytes()}
    compilation = compile_project(read_project(files, {}, models), "schemas/profile.json")
    assert [d.render(files) for d in compilation.diagnostics] == []
    plan = codec.dump_plan(compilation.plans["welcome"])
    golden(GOLDEN / "plans" / "welcome.json", json.dumps(plan, indent=1) + "\n")


def test_the_step_events_of_a_walk(golden: Golden) -> None:
    ann = Person(plan_of(RICH), profile={"email": "ann@example.org", "firstName": "Ann"})
    ann.signs_up("e1", total=200, cart="c1", plan="basic")
    ann.resolve(response={"score": 7}, latency_ms=42, provider_message_id="m1")
    ann.passes("P1DT1H")
    ann.buys("e2", cart="c1")
    ann.resolve(status=ActionStatus.TIMEOUT, code="timedout", detail="no success within 30000 ms")
    ann.signs_up("e3", total=1)
    lines = [codec.dump_step_event(event) for event in ann.step_events]
    golden(GOLDEN / "step_events" / "walk.jsonl", "\n".join(lines) + "\n")
