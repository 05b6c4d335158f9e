"""Virtual time: everything due comes at its instant, for everybody, in one order."""

from __future__ import annotations

from journeys.clock import parse_duration
from journeys.command import Report
from journeys.forgetting import REMEMBER_MS
from journeys.messages import ActionRequest, ActionStatus
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.simulator import Answer, Answers, Happening, ProfileStood, Simulator, succeed
from journeys.state import ECHOES
from tests.harness.person import START, trace_line
from tests.harness.plans import RICH, SIMPLE, plan_of, plans_of

ASKING = """
kind: journey
id: asking
version: 1
entry: {event: signup, reentry: {allowed: true, after: PT0S}}
steps:
  ask: {action: score, with: {reason: test}, on: {error: end, timeout: later}, next: end}
  later: {wait: PT1M}
"""


def simulated(*plans: Plan, answers: Answers = succeed, stored: bool = False) -> Simulator:
    return Simulator(plans, START, answers, stored=stored)


def signs_up(
    simulator: Simulator, person: str, *, at: int | None = None, **payload: object
) -> None:
    body = {"eventType": "account.signup", **payload}
    simulator.event(person, "account.signup", body, at=at)  # type: ignore[arg-type]  # JSON


def lines(simulator: Simulator, person: str = "ann") -> list[str]:
    return [
        f"{happening.at - START} {line}"
        for happening in simulator.trace(person)
        if isinstance(happening.what, Report) and (line := trace_line(happening.what))
    ]


def test_every_timer_fires_at_its_instant_however_far_time_moves() -> None:
    simulator = simulated(plan_of(SIMPLE))
    signs_up(simulator, "ann")
    simulator.advance(parse_duration("P30D"))
    hour = parse_duration("PT1H")
    assert lines(simulator)[-2:] == [f"{hour} pause passed", f"{hour} pause completed"]
    assert simulator.now == START + parse_duration("P30D")


def test_people_are_served_in_the_order_of_time() -> None:
    simulator = simulated(plan_of(SIMPLE))
    signs_up(simulator, "bob", at=START + 2_000)
    signs_up(simulator, "ann", at=START + 1_000)
    seen: list[tuple[int, str]] = []
    while (due := simulator.due) is not None:
        simulator.run_until(due)
        seen += [(h.at, name) for name in simulator.people for h in simulator.trace(name)[-1:]]
    assert [name for _, name in sorted(set(seen))] == ["ann", "bob", "ann", "bob"]


def test_what_is_scheduled_for_an_instant_comes_before_its_timers() -> None:
    simulator = simulated(plan_of(RICH))
    signs_up(simulator, "ann", total=2, cart="c")
    purchase = {"eventType": "commerce.purchases", "cart": "c"}
    day = START + parse_duration("P1D")
    simulator.event("ann", "commerce.purchases", dict(purchase), at=day)
    simulator.run_until(day)
    assert f"{day - START} race passed:purchase" in lines(simulator)


def test_answers_come_when_they_say_and_default_to_success_at_once() -> None:
    asking = plan_of(ASKING)
    quick = simulated(asking)
    signs_up(quick, "ann")
    assert lines(quick)[-2:] == ["0 ask succeeded", "0 ask completed"]

    def late(request: ActionRequest) -> Answer:
        return Answer(ActionStatus.TIMEOUT, "timedout", after_ms=request.timeout_ms)

    slow = simulated(asking, answers=late)
    signs_up(slow, "ann")
    assert lines(slow)[-1] == "0 ask requested"
    slow.advance(5_000)
    assert lines(slow)[-2:] == ["5000 ask timeout:timeout (action_timeout)", "5000 later waiting"]


def test_a_request_may_stay_open_until_it_is_answered() -> None:
    asked: list[ActionRequest] = []
    simulator = simulated(plan_of(ASKING), answers=asked.append)
    signs_up(simulator, "ann")
    simulator.advance(parse_duration("P1D"))
    assert lines(simulator)[-1] == "0 ask requested"
    simulator.answer(asked[0], Answer(ActionStatus.ERROR, "http_500", after_ms=7))
    simulator.advance(7)
    assert lines(simulator)[-1] == f"{simulator.now - START} ask completed"
    simulator.answer(asked[0], Answer())
    simulator.run_until(simulator.now)
    assert lines(simulator)[-1].endswith("ask completed")


LOYAL = """
kind: audience
id: loyal
when: "#{profile.loyal} == true"
---
"""
CAPPED = """
kind: journey
id: capped
version: 1
entry: {event: signup}
steps:
  gift: {cap: 2, on: {full: later}, next: end}
  later: {wait: PT1H}
"""
SENDING = """
kind: journey
id: sending
version: 1
entry: {event: signup}
steps:
  send: {emit: {type: commerce.purchases, payload: {total: 5}}}
---
kind: journey
id: hearing
version: 1
entry: {event: purchase, when: "@event{purchase.total} == 5"}
steps:
  pause: {wait: PT1H}
"""


def test_a_cap_lets_so_many_pass_over_all_people() -> None:
    simulator = simulated(plan_of(CAPPED))
    for name in ("ann", "bob", "cid"):
        signs_up(simulator, name)
    assert lines(simulator, "bob")[-1] == "0 gift completed"
    assert lines(simulator, "cid")[-2:] == ["0 gift passed:full (cap)", "0 later waiting"]


def test_an_event_that_a_journey_sends_comes_back_to_the_person() -> None:
    simulator = simulated(*plans_of(SENDING))
    signs_up(simulator, "ann")
    assert lines(simulator)[-2:] == ["0 entry entered", "0 pause waiting"]


def test_audiences_and_readings_begin_walks() -> None:
    text = SIMPLE.replace("{event: signup}", "{audience: {id: loyal, on: exit}}")
    simulator = simulated(plan_of(f"{LOYAL}{text}"))
    simulator.describe("ann", {}, ["loyal"])
    simulator.cross("ann", "loyal", inside=False)
    assert lines(simulator) == ["0 entry entered", "0 pause waiting"]
    text = SIMPLE.replace("{event: signup}", "{read: {audience: loyal}}")
    simulator = simulated(plan_of(f"{LOYAL}{text}"))
    simulator.describe("ann", {}, ["loyal"])
    simulator.offer("ann", "simple", at=START + 5)
    simulator.offer("bob", "simple", at=START + 5)
    simulator.advance(5)
    assert lines(simulator) == ["5 entry entered", "5 pause waiting"]
    assert lines(simulator, "bob") == []


def test_a_trace_holds_the_profile_each_time_it_changed() -> None:
    simulator = simulated(plan_of(SIMPLE))
    simulator.describe("ann", {"city": "Rome"})
    simulator.change("ann", {"age": 7})
    simulator.change("ann", None, at=START + 1)
    simulator.advance(1)
    stood = [h for h in simulator.trace("ann") if isinstance(h.what, ProfileStood)]
    assert stood == [
        Happening(START, ProfileStood({"city": "Rome"})),
        Happening(START, ProfileStood({"city": "Rome", "age": 7})),
        Happening(START + 1, ProfileStood({})),
    ]
    assert simulator.attributes("ann") == {}


def test_writing_and_reading_state_in_between_changes_nothing() -> None:
    traces = []
    for stored in (False, True):
        simulator = Simulator(Plans([plan_of(RICH)]), START, stored=stored)
        simulator.describe("ann", {"email": "ann@example.org"})
        signs_up(simulator, "ann", total=200, cart="c")
        simulator.advance(parse_duration("P3D"))
        traces.append(simulator.trace("ann"))
    assert traces[0] == traces[1]
    assert len(traces[0]) > 10


def test_a_journey_that_begins_itself_by_its_own_event_does_not_hold_time() -> None:
    circle = """
kind: journey
id: circle
version: 1
entry: {event: visit, reentry: {after: PT0S}}
steps:
  again: {emit: {type: web.visit}}
"""
    simulator = Simulator(plans_of(circle), START)
    simulator.event("ann", "web.visit", {"eventType": "web.visit"})
    simulator.advance(1)
    assert simulator.now == START + 1
    assert simulator.due == START + REMEMBER_MS
    told = [h.what.step_event for h in simulator.trace("ann") if isinstance(h.what, Report)]
    assert [e.reason for e in told if e.step_id == "again" and e.outcome == "passed"] == [
        *[None] * ECHOES,
        "too_many_echoes",
    ]
