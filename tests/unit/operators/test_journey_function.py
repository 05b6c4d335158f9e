"""The journey operator at the keyed harness: each call by a function that knows only its state."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from journeys import codec, count_codec, reading_codec
from journeys.bandit import Weights
from journeys.control import (
    ControlCommand,
    Define,
    PauseJourney,
    ResumeJourney,
    Retire,
    StopJourney,
    Weigh,
    dump_command,
    publish_message,
)
from journeys.definitions import DatasetDefinition, ModelDefinition
from journeys.dispatch.doubts import DOUBT_MS
from journeys.errors import UnknownVersionError
from journeys.formats import STATE_VERSION
from journeys.messages import ActionResult, ActionStatus
from journeys.presence import BUCKETS, bucket_of
from journeys.readings import Schedule
from operators.descriptors import DEFINITIONS, PERSON, PLANS, WEIGHTS, Route, Said
from operators.journey_function import JourneyFunction
from tests.harness.keyed import JourneyHarness, KeyedHarness, routed, words
from tests.harness.plans import SIMPLE, plan_of

MAIL = """
kind: journey
id: mailing
version: 1
entry: {event: signup, reentry: {after: PT0S}}
steps:
  pause: {wait: PT1H}
  hello: {action: mail, next: end}
"""
RACE = """
kind: journey
id: race
version: 1
entry: {event: signup}
steps:
  react:
    first_of:
      - {event: purchase, to: end}
      - {wait: P1D, to: end}
"""


def succeeded(request: dict[str, object]) -> ActionResult:
    asked = request["request"]
    assert isinstance(asked, dict)
    return ActionResult(
        asked["request_id"],
        asked["profile_id"],
        asked["instance_id"],
        ActionStatus.SUCCEEDED,
        "smtp_250",
    )


@pytest.mark.parametrize("restart", [True, False])
def test_a_person_walks_from_event_to_end_and_leaves_nothing_behind_after_a_day(
    *, restart: bool
) -> None:
    harness = JourneyHarness(plan_of(MAIL), restart=restart)
    harness.profile("ann", {"email": "ann@example.org", "firstName": "Ann"})
    assert words(harness.event("ann", "account.signup", plan="basic")) == [
        "entry entered",
        "pause waiting",
    ]
    assert harness.advance("PT59M") == []
    rows = harness.advance("PT1M")
    assert words(rows) == ["pause passed", "hello requested"]
    (request,) = routed(rows, Route.REQUEST)
    assert request["request"]["message"]["to"] == "ann@example.org"
    assert words(harness.result(succeeded(request))) == ["hello succeeded", "hello completed"]
    assert harness.advance("P1D") == []
    assert words(harness.profile("ann", None)) == []
    harness.assert_clean()


def test_erasing_a_person_leaves_no_timer_and_no_state() -> None:
    harness = JourneyHarness(plan_of(MAIL))
    harness.profile("ann", {"email": "ann@example.org"})
    harness.event("ann", "account.signup")
    assert words(harness.profile("ann", None)) == ["pause exited"]
    harness.assert_clean()


def test_people_do_not_see_each_other() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    harness.event("ann", "account.signup")
    harness.advance("PT30M")
    harness.event("bob", "account.signup")
    rows = harness.advance("PT30M")
    assert [e["profile_id"] for e in routed(rows, Route.STEP_EVENT)] == ["ann", "ann"]
    assert [key for _, key in sorted(harness.store.timers)] == ["bob", "ann"]


def test_an_event_that_wins_a_race_takes_the_timer_away() -> None:
    harness = JourneyHarness(plan_of(RACE))
    harness.event("ann", "account.signup")
    ((due, _),) = harness.store.timers
    harness.advance("PT1M")
    harness.event("ann", "commerce.purchases")
    assert (due, "ann") not in harness.store.timers
    assert len(harness.store.timers) == 1, "what is remembered will be forgotten"


def test_a_person_has_one_timer_however_many_waits() -> None:
    harness = JourneyHarness(plan_of(RACE), plan_of(SIMPLE))
    harness.event("ann", "account.signup")
    assert len(harness.store.timers) == 1
    harness.advance("PT1H")
    assert len(harness.store.timers) == 1, "the later wait has its turn"
    harness.advance("P1D")
    assert len(harness.store.timers) == 1, "what is remembered will be forgotten"
    harness.advance("P1D")
    harness.assert_clean()


def test_a_timer_fires_even_if_the_clock_was_set_back() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    harness.event("ann", "account.signup")
    ((due, key),) = harness.store.timers
    harness.store.timers.clear()
    harness.store.now = due - 7_200_000
    harness.store.key = key
    from tests.harness.keyed import Context

    rows = list(harness.function.on_timer(due, Context(harness.store)))
    assert words(rows) == ["pause passed", "pause completed"]


def test_an_event_nobody_listens_to_is_counted_and_not_stored() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    (row,) = harness.event("ann", "web.unheard")
    assert tuple(row) == ("ignored", "web.unheard", "")
    harness.assert_clean()


def test_a_plan_published_on_the_control_topic_is_stored_and_used() -> None:
    harness = JourneyHarness()
    assert words(harness.event("ann", "account.signup")) == []
    assert words(harness.control(plan_of(SIMPLE))) == []
    assert harness.published == ["simple/1"]
    assert words(harness.event("ann", "account.signup")) == ["entry entered", "pause waiting"]


@pytest.mark.parametrize("restart", [True, False])
def test_what_belongs_to_no_journey_is_stored_and_the_latest_holds(*, restart: bool) -> None:
    harness = JourneyHarness(plan_of(SIMPLE), restart=restart)
    for version in (1, 2):
        model = ModelDefinition("loyalty", version, "1.5")
        assert harness.say(Define(definition=model)) == []
    (name, text), *others = harness.store.broadcast[DEFINITIONS.name].items()
    assert (name, others) == (".model/loyalty", [])
    assert codec.load_definition(text)[0] == model


@pytest.mark.parametrize("first_holds", [True, False])
def test_a_job_that_goes_on_keeps_what_was_defined_after_its_submission(
    *, first_holds: bool
) -> None:
    first, second = (
        DatasetDefinition("crm", "profiles", {"properties": {name: {"type": "string"}}}, "id")
        for name in ("a", "b")
    )
    texts = [dump_command(Define(definition=dataset)).decode() for dataset in (first, second)]
    before = JourneyHarness(plan_of(SIMPLE))
    job = KeyedHarness(lambda: JourneyFunction([(3, texts[0])]), store=before.store)
    heard = texts if not first_holds else texts[:1]
    for offset, text in enumerate(heard, start=3):
        row = before.row("control", None, text.encode())
        row[3] = offset
        assert job.broadcast(row) == []
    job.stop()
    record = before.row("profiles", "ann", b'{"_dataset": "crm", "a": 1}')
    (letter,) = routed(job.element("ann", record), Route.DEAD_LETTER) or [{"reason": None}]
    assert letter["reason"] == ("schema" if first_holds else None)


SCORED = """
kind: model
id: churn
version: {version}
formula: "{formula}"
---
kind: journey
id: scored
version: 1
entry: {{event: signup}}
steps:
  pause: {{wait: PT1H}}
  rank:
    condition:
      - {{label: high, when: "@decision{{churn.score}} > 0.5", to: end}}
      - {{label: low, else: true, to: end}}
"""


@pytest.mark.parametrize("restart", [True, False])
def test_the_model_that_was_defined_last_decides_for_whoever_is_inside(*, restart: bool) -> None:
    plans = [plan_of(SCORED.format(version=n, formula=0.8 / n)) for n in (1, 2)]
    harness = JourneyHarness(plans[0], restart=restart)
    for plan in plans:
        harness.event(f"ann-{len(harness.rows)}", "account.signup")
        assert harness.say(Define(definition=plan.rules.models["churn"])) == []
    refused = harness.say(Define(definition=plans[0].rules.models["churn"]))
    (letter,) = routed(refused, Route.DEAD_LETTER)
    assert (letter["reason"], letter["key"]) == ("contradiction", ".model/churn")
    rows = harness.advance("PT1H")
    decided = [e for e in routed(rows, Route.STEP_EVENT) if e["outcome"] == "passed"]
    ranked = [(e["branch"], e["scores"]) for e in decided if e["step_id"] == "rank"]
    assert ranked == [("low", "churn@2=0.4")] * 2


TRIED = """
kind: journey
id: tried
version: 1
entry: {event: signup}
steps:
  try:
    experiment:
      arms: [{id: a, to: end}, {id: b, to: end}]
      metric: {event: purchase, within: P7D}
      method: bandit
"""


def arms(harness: JourneyHarness, people: int) -> set[str]:
    rows = [row for n in range(people) for row in harness.event(f"p{n}", "account.signup")]
    events = routed(rows, Route.STEP_EVENT)
    return {event["branch"] for event in events if event["outcome"] == "passed"}


@pytest.mark.parametrize("restart", [True, False])
def test_shares_from_the_control_topic_are_stored_and_used(*, restart: bool) -> None:
    assert arms(JourneyHarness(plan_of(TRIED), restart=restart), 30) == {"a", "b"}
    harness = JourneyHarness(plan_of(TRIED), restart=restart)
    weights = Weights("tried", 1, "try", {"a": 0.0, "b": 100.0})
    assert harness.say(Weigh(**asdict(weights))) == []
    assert harness.store.broadcast[WEIGHTS.name] == {
        "tried/1/try": count_codec.dump_weights(weights)
    }
    assert arms(harness, 30) == {"b"}
    assert harness.published == []


def test_shares_go_with_the_version_that_they_are_of() -> None:
    harness = JourneyHarness(plan_of(TRIED))
    harness.say(Weigh(journey="tried", version=1, step="try", shares={"a": 0.0, "b": 100.0}))
    harness.control(plan_of(TRIED.replace("version: 1", "version: 2")))
    for version in (1, 2):  # the second is entered, and stays
        harness.say(Weigh(journey="tried", version=version, step="try", shares={"a": 100.0}))
        harness.say(Retire(journey="tried", version=version))
    assert list(harness.store.broadcast[WEIGHTS.name]) == ["tried/2/try"]
    late = Weigh(journey="tried", version=1, step="try", shares={"a": 100.0})
    assert harness.say(late) == []
    assert list(harness.store.broadcast[WEIGHTS.name]) == ["tried/2/try"]


SECOND = SIMPLE.replace("version: 1", "version: 2").replace("pause:", "rest:")


def moved(harness: JourneyHarness) -> list[Said]:
    plan = replace(plan_of(SECOND), in_flight="move", moves={"pause": "rest"})
    return harness.control(plan)


@pytest.mark.parametrize("restart", [True, False])
def test_everyone_inside_is_swept_and_a_nudge_moves_them(*, restart: bool) -> None:
    harness = JourneyHarness(plan_of(SIMPLE), restart=restart)
    rows = harness.event("ann", "account.signup")
    (place,) = (row for row in rows if row[0] == Route.PRESENCE)
    assert place[1] == f"simple/1/{bucket_of('ann')}"
    assert count_codec.load_told(place[2]).revision == 1
    swept = [row for row in moved(harness) if row[0] == Route.PRESENCE]
    assert {row[1] for row in swept} == {f"simple/{v}/{b}" for v in (1, 2) for b in range(BUCKETS)}
    rows = harness.send("nudges", "ann", b'{"v":1,"nudge":"follow"}')
    assert words(rows) == ["pause moved_out", "rest moved_in"]
    places = {row[1]: count_codec.load_told(row[2]) for row in rows if row[0] == Route.PRESENCE}
    assert places[f"simple/1/{bucket_of('ann')}"].revision is None
    assert (places[f"simple/2/{bucket_of('ann')}"].revision or 0) > 1


def test_what_holds_survives_a_restart_and_old_versions_go_when_they_are_retired() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    moved(harness)
    harness.say(PauseJourney(journey="simple"))
    assert harness.published == ["simple/1", "simple/2"]
    assert words(harness.event("ann", "account.signup")) == ["entry not_entered"]
    gone = harness.say(Retire(journey="simple", version=1))
    assert harness.published == ["simple/2"]
    assert {row[1] for row in gone} == {f"simple/1/{bucket}" for bucket in range(BUCKETS)}
    harness.say(ResumeJourney(journey="simple"))
    assert words(harness.event("ann", "account.signup")) == ["entry entered", "rest waiting"]


def test_a_version_of_a_release_that_did_not_count_those_inside_is_kept() -> None:
    harness = JourneyHarness()
    harness.store.broadcast[PLANS.name]["simple/1"] = codec.plan_text(plan_of(SIMPLE))
    harness.event("ann", "account.signup")
    swept = [row for row in moved(harness) if row[0] == Route.PRESENCE]
    assert not any(json.loads(row[2])["sweep"]["collects"] for row in swept)
    assert harness.say(Retire(journey="simple", version=1)) == []
    assert harness.published == ["simple/1", "simple/2"]
    third = harness.control(plan_of(SECOND.replace("version: 2", "version: 3")))
    swept = [row for row in third if row[0] == Route.PRESENCE]
    collected = {str(row[1])[:8] for row in swept if json.loads(row[2])["sweep"]["collects"]}
    assert collected == {"simple/2"}
    rows = harness.profile("ann", {"city": "Rome"})
    assert words(rows) == ["pause moved_out", "rest moved_in"], "who is not nudged follows then"
    assert [str(row[1])[:8] for row in rows if row[0] == Route.PRESENCE] == ["simple/1", "simple/2"]


def test_a_command_that_does_not_fit_is_one_dead_letter_and_changes_nothing() -> None:
    harness = JourneyHarness(plan_of(SECOND))
    rows = harness.control(plan_of(SIMPLE))
    assert [letter["reason"] for letter in routed(rows, Route.DEAD_LETTER)] == ["contradiction"]
    assert words(harness.event("ann", "account.signup")) == ["entry entered", "rest waiting"]


def test_a_defect_met_by_a_command_is_one_dead_letter_and_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError

    harness = JourneyHarness(plan_of(SIMPLE), restart=False)
    harness.event("bob", "web.visit")
    monkeypatch.setattr("operators.journey_function.sweeps", broken)
    rows = harness.say(PauseJourney(journey="simple"))
    assert [letter["reason"] for letter in routed(rows, Route.DEAD_LETTER)] == ["unworkable"]
    assert words(harness.event("ann", "account.signup")) == ["entry not_entered"]


def test_what_came_with_the_submission_is_told_to_those_inside_once_it_is_read() -> None:
    before = JourneyHarness(plan_of(SIMPLE))
    before.event("ann", "account.signup")
    before.say(PauseJourney(journey="simple", until=0))
    plan = replace(plan_of(SECOND), in_flight="move", moves={"pause": "rest"})
    text = dump_command(publish_message(plan)).decode()
    function = JourneyFunction([(9, text)])
    after = KeyedHarness(lambda: function, store=before.store)
    row = before.row("control", "simple/2", text.encode())
    row[3] = 9  # its offset
    assert words(after.element("bob", before.row("events", "bob", SIGNUP))) == [
        "entry entered",
        "rest waiting",
    ]
    swept = [found for found in after.broadcast(row) if found[0] == Route.PRESENCE]
    assert len(swept) == 2 * BUCKETS
    assert before.published == ["simple/1", "simple/2"]


SIGNUP = b'{"eventType": "account.signup"}'
READ = """
kind: audience
id: loyal
when: "#{profile.loyal} == true"
---
kind: journey
id: simple
version: VERSION
entry: {read: {audience: loyal}}
steps: {pause: {wait: P1D}}
"""


def resumed(
    before: JourneyHarness, *commands: ControlCommand, again_at: int | None = None
) -> list[list[Said]]:
    """Say commands while a job is down, and let it go on; give what each makes it say.

    With `again_at` the job crashes before it takes this one, the first being 0.
    """
    texts = list(enumerate((dump_command(command) for command in commands), start=9))
    said = [(offset, text.decode()) for offset, text in texts]
    after = KeyedHarness(lambda: JourneyFunction(said), store=before.store)
    rows = []
    for number, (offset, text) in enumerate(texts):
        if number == again_at:
            after.stop()
        row = before.row("control", None, text)
        row[3] = offset
        rows.append(after.broadcast(row))
    return rows


@pytest.mark.parametrize("again_at", [None, 1, 2])
def test_those_inside_are_told_of_each_thing_that_was_said_while_the_job_was_down(
    again_at: int | None,
) -> None:
    before = JourneyHarness(plan_of(SIMPLE))
    before.control(plan_of(SIMPLE))
    mover = replace(plan_of(SECOND), in_flight="move", moves={"pause": "rest"})
    third = plan_of(SECOND.replace("version: 2", "version: 3"))
    commands = (PauseJourney(journey="simple"), publish_message(mover), publish_message(third))
    said = resumed(before, *commands, again_at=again_at)
    sweeps = [{json.loads(row[2])["sweep"]["nudges"] for row in rows} for rows in said]
    assert sweeps == [{False}, {True}, {False}], "only one of them moves anybody"


@pytest.mark.parametrize("again_at", [None, 1])
def test_what_did_not_fit_when_it_was_said_does_not_fit_later(again_at: int | None) -> None:
    after = JourneyHarness()
    early = StopJourney(journey="simple")
    refused, _ = resumed(after, early, publish_message(plan_of(SIMPLE)), again_at=again_at)
    (letter,) = routed(refused, Route.DEAD_LETTER)
    assert (letter["reason"], letter["topic"]) == ("contradiction", "j.control")
    assert words(after.event("ann", "account.signup")) == ["entry entered", "pause waiting"]


def schedule(text: str) -> Schedule:
    told = reading_codec.load_told(text)
    assert isinstance(told, Schedule)
    return told


@pytest.mark.parametrize("again_at", [None, 1])
def test_an_audience_is_read_that_a_version_reads_which_came_while_the_job_was_down(
    again_at: int | None,
) -> None:
    first, second = (publish_message(plan_of(READ.replace("VERSION", v))) for v in "12")
    rows = resumed(JourneyHarness(), first, second, again_at=again_at)
    told = [{row[2] for row in found if row[0] == Route.PEOPLE} for found in rows]
    schedules = [[schedule(text) for text in sorted(texts)] for texts in told]
    stood = [{(s.version, s.is_new, s.is_open) for s in found} for found in schedules]
    assert (1, True, True) in stood[0]
    assert (2, True, True) in stood[1]
    assert not any(version == 2 and is_open for version, _, is_open in stood[0]), "not said yet"


def test_the_counter_is_told_of_an_arm_and_of_its_success() -> None:
    harness = JourneyHarness(plan_of(TRIED))
    rows = harness.event("ann", "account.signup") + harness.event("ann", "commerce.purchases")
    told = [row for row in rows if row[0] == Route.TRIAL]
    assert {row[1] for row in told} == {"tried/1/try"}
    assert [codec.load_trial(row[2]).succeeded for row in told] == [False, True]
    assert words(rows)[-1] == "try converted"


def test_people_inside_an_older_version_finish_it() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    harness.event("ann", "account.signup")
    harness.control(plan_of(SIMPLE.replace("version: 1", "version: 2").replace("PT1H", "PT5H")))
    harness.event("bob", "account.signup")
    rows = harness.advance("PT1H")
    assert words(rows) == ["pause passed", "pause completed"]
    assert {e["journey_version"] for e in routed(rows, Route.STEP_EVENT)} == {1}
    rows = harness.advance("PT4H")
    assert {e["journey_version"] for e in routed(rows, Route.STEP_EVENT)} == {2}


@pytest.mark.parametrize(
    ("source", "key", "value", "reason"),
    [
        ("events", "ann", b"{", "not_json"),
        ("events", "ann", b"\xff\xfe", "not_utf8"),
        ("events", "ann", None, "empty"),
        ("events", None, b"{}", "no_identity"),
        ("profiles", "ann", b"[]", "not_an_object"),
        ("profiles", None, None, "no_identity"),
        ("results", "ann", b"", "wrong_type"),
        ("results", None, b"{}", "no_identity"),
        ("results", "ann", b'{"v": 99}', "unknown_version"),
    ],
)
def test_a_bad_record_becomes_one_dead_letter(
    source: str, key: str | None, value: bytes | None, reason: str
) -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    (letter,) = routed(harness.send(source, key, value), Route.DEAD_LETTER)
    assert (letter["reason"], letter["topic"], letter["key"]) == (reason, f"j.{source}", key)
    harness.assert_clean()


def test_a_bad_command_becomes_one_dead_letter_and_changes_no_plan() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    for value in (b"{", b'{"v": 1, "command": "dance"}', b'{"v": 1, "command": "publish"}'):
        (letter,) = routed(
            harness.broadcast(harness.row("control", "simple", value)), Route.DEAD_LETTER
        )
        assert letter["topic"] == "j.control"
    assert harness.published == []


def test_a_result_for_somebody_else_is_refused() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    result = ActionResult("r", "bob", "i", ActionStatus.SUCCEEDED, "http_200")
    (letter,) = routed(
        harness.send("results", "ann", codec.dump_result(result).encode()), Route.DEAD_LETTER
    )
    assert letter["reason"] == "wrong_identity"


def test_a_record_with_any_timestamp_becomes_a_dead_letter() -> None:
    harness = JourneyHarness()
    harness.store.now = 2**63 - 1
    (letter,) = routed(harness.send("events", "ann", b"{"), Route.DEAD_LETTER)
    assert letter["recorded_at"] is None


def test_state_of_a_newer_release_stops_the_job_and_is_kept() -> None:
    harness = JourneyHarness(plan_of(SIMPLE))
    newer = json.dumps({"v": STATE_VERSION + 1, "person": {}})
    harness.store.values[PERSON.name]["ann"] = newer
    with pytest.raises(UnknownVersionError, match=f"format version {STATE_VERSION + 1}"):
        harness.event("ann", "account.signup")
    assert harness.store.values[PERSON.name]["ann"] == newer


def test_what_cannot_be_written_changes_nothing_and_becomes_a_dead_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = JourneyHarness(plan_of(SIMPLE))

    def refuse(_: object) -> str:
        message = "Integer exceeds 64-bit range"
        raise TypeError(message)

    monkeypatch.setattr(codec, "dump_step_event", refuse)
    (letter,) = routed(harness.event("ann", "account.signup"), Route.DEAD_LETTER)
    assert (letter["reason"], "64-bit" in letter["detail"]) == ("unworkable", True)
    harness.assert_clean()


def test_after_a_failure_calls_are_in_doubt_and_results_of_before_settle_them() -> None:
    plan = plan_of(
        MAIL.replace("  pause: {wait: PT1H}\n", "").replace(
            "action: mail", "action: score, with: {reason: new}"
        )
    )
    harness = JourneyHarness(plan, restart=False)
    harness.control(plan)
    (fresh,) = routed(harness.event("ann", "account.signup"), Route.REQUEST)
    assert "doubtful" not in fresh
    result = replace(succeeded(fresh), endpoint="https://crm.example")
    before = harness.row("results", "ann", codec.dump_result(result).encode())
    harness.stop()
    harness.store.failures += 1
    harness.store.now += 1
    (again,) = routed(harness.event("bob", "account.signup"), Route.REQUEST)
    assert again["doubtful"]
    (settled,) = routed(harness.element("ann", before), Route.REQUEST)
    assert settled["result"]["request_id"] == fresh["request"]["request_id"]
    assert routed(harness.result(result), Route.REQUEST) == [], "it was written since"
    harness.store.now += DOUBT_MS
    (later,) = routed(harness.event("cid", "account.signup"), Route.REQUEST)
    assert "doubtful" not in later
