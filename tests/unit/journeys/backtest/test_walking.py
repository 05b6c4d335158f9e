"""People in a backtest: what was recorded of them, in order, and what comes of it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from journeys import codec
from journeys.backtest.answers import AnswersError, Model
from journeys.backtest.recording import Clock, Recorded
from journeys.backtest.tally import Kind, Tally, dump_tallies, load_tallies, of_kind
from journeys.backtest.trial import EXAMPLES, Trial
from journeys.backtest.walking import Backtest, Terms
from journeys.clock import format_instant, parse_instant
from journeys.command import Report
from journeys.messages import ActionResult, ActionStatus, JsonObject
from journeys.plans import Plans
from journeys.records import Record, read_event, read_profile
from journeys.simulator import Answer, Simulator, succeed
from journeys.step_event import StepEvent
from tests.harness.plans import COMMON, compiled

START = parse_instant("2026-03-02T10:00:00Z")
MINUTE = 60_000
HOUR = 60 * MINUTE
FOR_EVER = START + 10_000 * HOUR
PROJECT = (
    COMMON
    + """
kind: journey
id: welcome
version: 1
entry: {event: signup, reentry: {allowed: true, after: PT2H}}
exit:
  - {event: purchase}
steps:
  ask: {action: score, with: {reason: new}, on: {error: pause}}
  rank:
    condition:
      - {label: high, when: "@action{ask.points} > 5", to: pause}
      - {else: true, to: note}
  note: {update_profile: {noted: "true"}}
  pause: {wait: PT1H}
  mail: {action: mail}
  react:
    first_of:
      - {label: came, event: visit, to: tell}
      - {label: silent, wait: PT30M, to: end}
  tell: {emit: {topic: events, type: web.visit}}
---
kind: journey
id: limited
version: 1
entry: {event: visit}
steps:
  place: {cap: 2}
  pause: {wait: PT5M}
"""
)
PLANS = Plans(compiled(PROJECT).plans.values())
Said = dict[str, list[JsonObject]]


class Log:
    """Records of topics, each at its place."""

    def __init__(self) -> None:
        self.records: list[Recorded] = []

    def add(self, source: str, person: str, value: object, at: int) -> Record:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        record = Record(source, 0, len(self.records), at, person or None, data, len(data))
        self.records.append(Recorded(source, record))
        return record

    def event(self, person: str, kind: str, at: int, **fields: object) -> None:
        said = {"eventType": kind, "timestamp": format_instant(at), **fields}
        self.add("events", person, said, at)

    def of(self, person: str) -> list[Recorded]:
        return [each for each in self.records if key_of(each) == person]


def key_of(recorded: Recorded) -> str:
    assert recorded.record is not None
    return recorded.record.key or ""


def backtest(
    said: Said | None = None,
    *,
    until: int = FOR_EVER,
    clock: Clock = Clock.EVENT,
    tell: Callable[[StepEvent], None] | None = None,
    plans: Plans = PLANS,
) -> Backtest:
    return Backtest(plans, Model(plans, {}, said or {}), Terms(until, clock), tell)


def told(log: Log, person: str, **kept: Any) -> list[str]:
    events: list[StepEvent] = []
    backtest(tell=events.append, **kept).walk(person, log.of(person))
    return [f"{e.journey_id}.{e.step_id} {e.outcome}" for e in events]


def counted(tally: Tally, kind: Kind) -> dict[Any, int]:
    return {fact[0] if len(fact) == 1 else fact: n for fact, n in of_kind(tally, kind)}


def test_a_crowd_walks_as_in_the_simulator() -> None:
    chance, log = random.Random(3), Log()
    simulator = Simulator(PLANS, START, lambda r: Answer(code=succeed(r).code, after_ms=100))
    people = [f"p{n}" for n in range(40)]
    kinds = ("account.signup", "web.visit", "commerce.purchases", "web.other")
    at = START
    for _ in range(600):
        at += chance.randrange(1, 3 * MINUTE)
        person = chance.choice(people)
        simulator.run_until(at)
        if chance.random() < 0.1:
            record = log.add("profiles", person, {"email": f"{person}@mail.example"}, at)
            simulator.activate(person, read_profile(record, PLANS, at))  # type: ignore[arg-type]  # it is one
        else:
            log.event(person, chance.choice(kinds), at, plan="free")
            simulator.activate(person, read_event(log.records[-1].record, PLANS))  # type: ignore[arg-type]  # as above
    until = at + 20 * MINUTE
    simulator.run_until(until)
    walked: list[StepEvent] = []
    tested = backtest(until=until, tell=walked.append)
    # Who gets one of few places hangs on the others: there is room for everybody.
    for person in people:
        tested.walk(person, log.of(person))
        trace = simulator.trace(person)
        expected = [
            codec.dump_step_event(h.what.step_event) for h in trace if isinstance(h.what, Report)
        ]
        found = [codec.dump_step_event(e) for e in walked if e.profile_id == person]
        assert [e for e in found if "limited" not in e] == [
            e for e in expected if "limited" not in e
        ]
    inside = Counter(
        ("welcome", i.version, i.step)
        for person in people
        for i in simulator.state(person).instances
        if i.journey == "welcome"
    )
    stands = counted(tested.tally, Kind.INSIDE)
    assert inside
    assert {place: n for place, n in stands.items() if place[0] == "welcome"} == inside
    assert counted(tested.tally, Kind.LEFT_OUT)["not_listened"] > 0


def test_records_come_in_the_order_of_the_clock() -> None:
    log = Log()
    log.event("ann", "web.visit", START + 2 * HOUR)
    log.event("ann", "account.signup", START)
    assert told(log, "ann")[0] == "welcome.entry entered"
    backwards = Log()
    said = {"eventType": "account.signup", "timestamp": format_instant(START + 2 * HOUR)}
    backwards.add("events", "ann", said, START)
    said = {"eventType": "web.visit", "timestamp": format_instant(START)}
    backwards.add("events", "ann", said, START + 3 * HOUR)
    assert told(backwards, "ann")[0] == "limited.entry entered"
    assert told(backwards, "ann", clock=Clock.BROKER)[0] == "welcome.entry entered"


def test_nothing_happens_after_the_end() -> None:
    log = Log()
    log.event("ann", "account.signup", START)
    log.event("ann", "web.visit", START + 2 * HOUR)
    tested = backtest(until=START + HOUR)
    tested.walk("ann", log.of("ann"))
    assert counted(tested.tally, Kind.INSIDE) == {("welcome", 1, "pause"): 1}
    assert counted(tested.tally, Kind.LEFT_OUT) == {"after_the_end": 1}


def test_what_cannot_be_read_is_counted_by_its_reason() -> None:
    log = Log()
    log.add("events", "", {"eventType": "account.signup"}, START)
    log.add("events", "", b"{", START)
    log.add("events", "", {"eventType": 1}, START)
    tested = backtest()
    tested.walk("", log.of(""))
    assert counted(tested.tally, Kind.LEFT_OUT) == {"no_identity": 3}
    assert counted(tested.tally, Kind.RECORD) == {"events": 3}
    assert tested.tally[Kind.PERSON,] == 0


def asked(log: Log) -> str:
    """Give the id under which the first of all asks."""
    events: list[StepEvent] = []
    backtest(tell=events.append).walk("ann", log.of("ann"))
    return next(str(e.request_id) for e in events if e.outcome == "requested")


def answered(log: Log, status: ActionStatus, at: int, latency_ms: int = 700) -> None:
    result = ActionResult(asked(log), "ann", "i", status, "http_200", None, None, {"points": 9})
    text = codec.dump_result(result).replace('"latency_ms":0', f'"latency_ms":{latency_ms}')
    log.add("results", "ann", text.encode(), at)


def test_a_recorded_answer_comes_when_it_came() -> None:
    log = Log()
    log.event("ann", "account.signup", START)
    answered(log, ActionStatus.SUCCEEDED, START + 5_000)
    for clock, after in ((Clock.EVENT, 700), (Clock.BROKER, 5_000)):
        events: list[StepEvent] = []
        tested = backtest(clock=clock, tell=events.append)
        tested.walk("ann", log.of("ann"))
        (came,) = (e for e in events if e.step_id == "ask" and e.outcome == "succeeded")
        assert came.occurred_at == START + after
        assert any(e.branch == "high" for e in events)
        assert counted(tested.tally, Kind.ANSWER) == {"recorded": 1}


def test_what_somebody_says_goes_before_what_was_recorded() -> None:
    log = Log()
    log.event("ann", "account.signup", START)
    answered(log, ActionStatus.SUCCEEDED, START + 5_000)
    tested = backtest({"score": [{"status": 500, "after": "PT3S"}]})
    tested.walk("ann", log.of("ann"))
    assert tested.tally[Kind.STEP, "welcome", 1, "ask", "error", "error", "action_error"] == 1
    assert counted(tested.tally, Kind.ANSWER) == {"said": 1}


def test_answers_fall_by_their_shares() -> None:
    log = Log()
    people = [f"p{n}" for n in range(400)]
    for person in people:
        log.event(person, "account.signup", START)
    said: Said = {"score": [{"share": 1, "timeout": True}, {"share": 3, "body": {"points": 6}}]}
    tested = backtest(said)
    for person in people:
        tested.walk(person, log.of(person))
    late = tested.tally[Kind.STEP, "welcome", 1, "ask", "timeout", "timeout", "action_timeout"]
    assert 70 < late < 130
    assert tested.tally[Kind.STEP, "welcome", 1, "ask", "succeeded", None, None] == 400 - late


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"share": 0}, "score: `share` is 0; expected a number above 0"),
        ({"share": "all"}, "score: `share` is 'all'; expected a number above 0"),
        ({"stats": 500}, "score/stats: Extra inputs are not permitted"),
        ({"status": 500, "timeout": True}, "a call ends in one way"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told(answer: JsonObject, fault: str) -> None:
    with pytest.raises(AnswersError, match=fault.replace("/", ".").replace("(", ".")):
        Model(PLANS, {}, {"score": [answer]})


def test_an_action_with_a_rule_of_success_gets_an_answer_that_is_one() -> None:
    strict = PROJECT.replace("attempts: 3", 'attempts: 3\nsuccess: "@action{score.points} > 3"')
    plans = Plans(compiled(strict).plans.values())
    schema: JsonObject = {"type": "object", "properties": {"points": {"type": "integer"}}}
    schema["required"] = ["points"]
    tested, log = Backtest(plans, Model(plans, {"score": schema}, {}), Terms(FOR_EVER)), Log()
    log.event("ann", "account.signup", START)
    tested.walk("ann", log.of("ann"))
    assert tested.tally[Kind.STEP, "welcome", 1, "ask", "succeeded", None, None] == 1


def test_events_that_a_journey_sends_come_once_recorded_or_not() -> None:
    log = Log()
    log.add("profiles", "ann", {"email": "ann@mail.example"}, START)
    log.event("ann", "account.signup", START)
    log.event("ann", "web.visit", START + HOUR + 5 * MINUTE, _id="seen")
    ways = told(log, "ann")
    assert ways.count("limited.entry entered") == 1
    assert ways.count("limited.entry not_entered") == 1
    events: list[StepEvent] = []
    backtest(tell=events.append).walk("ann", log.of("ann"))
    (refused,) = (e for e in events if e.outcome == "not_entered")
    log.event("ann", "web.visit", refused.occurred_at + 5, _id=str(refused.trigger_event_id))
    assert sorted(told(log, "ann")) == sorted(ways)


def test_everybody_gets_a_place_and_those_are_counted() -> None:
    log, tested = Log(), backtest()
    for person in ("ann", "bob", "cyd"):
        log.event(person, "web.visit", START)
        tested.walk(person, log.of(person))
    assert tested.tally[Kind.STEP, "limited", 1, "entry", "entered", None, None] == 3
    assert counted(tested.tally, Kind.PLACE) == {("cap/limited/1/place", 2): 3}


def test_what_belongs_to_another_identity_stays_away_and_is_told() -> None:
    log, tested = Log(), backtest()
    identities = {"identityMap": {"ecid": [{"id": "ann"}], "crm": [{"id": "a1", "primary": True}]}}
    log.add("profiles", "ann", identities, START)
    log.event("ann", "account.signup", START + 1)
    tested.walk("ann", log.of("ann"))
    assert counted(tested.tally, Kind.LEFT_OUT) == {"passed_on": 2}
    assert counted(tested.tally, Kind.ENTERED) == {}


def test_two_sides_tell_who_enters_on_one_only() -> None:
    other = Plans(
        compiled(
            PROJECT.replace("{event: visit}\nsteps", "{event: purchase}\nsteps")
        ).plans.values()
    )
    trial, log = Trial([backtest(), backtest(plans=other)]), Log()
    for n in range(EXAMPLES + 2):
        log.event(f"p{n}", "web.visit", START)
    log.event("both", "web.visit", START)
    log.event("both", "commerce.purchases", START + HOUR)
    log.event("late", "commerce.purchases", START)
    for person in dict.fromkeys(map(key_of, log.records)):
        trial.take(person, log.of(person))
    first, second = trial.tallies
    assert counted(first, Kind.ONLY_HERE) == {"limited": EXAMPLES + 2}
    assert counted(second, Kind.ONLY_HERE) == {"limited": 1}
    assert len(list(of_kind(first, Kind.EXAMPLE))) == EXAMPLES
    assert load_tallies(dump_tallies(trial.tallies)) == trial.tallies
