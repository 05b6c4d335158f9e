"""Whatever is sent in whatever order, no window ever holds more than its cap."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.command import Report, RequestAction
from journeys.local_time import period_start
from journeys.messages import ActionRequest, ActionStatus
from journeys.outcomes import Outcome, Reason
from journeys.plan import Plan
from journeys.rehearsal.laws import broken_laws
from journeys.simulator import Answer, Happening, Simulator
from tests.harness.person import START
from tests.harness.plans import plans_of

HOUR, DAY = 3_600_000, 86_400_000
ZONE = "America/New_York"
JOURNEYS = """
kind: action
id: hello
channel: email
category: marketing
unsubscribe: false
to: ann@example.org
subject: Hello
body: Hello
---
kind: journey
id: news
version: 1
priority: 70
entry: {event: signup, reentry: {after: PT0S}}
steps:
  send: {action: hello, on: {error: end, timeout: end}}
---
kind: journey
id: offers
version: 1
entry: {event: purchase, reentry: {after: PT0S}}
steps:
  send: {action: hello, on: {error: end, timeout: end}}
"""
POLICY = "kind: policy\nid: calm\ncaps: [{at_most: 2, per: P7D}]\n---"
SLIDING, CALENDAR = 3, 2
STRICT = f"""
kind: policy
id: strict
caps: [{{at_most: {SLIDING}, per: P2D}}, {{at_most: {CALENDAR}, per: day}}]
quiet_hours: {{from: "22:00", to: "06:00", days: [sat, sun]}}
---"""
PLANS = plans_of(STRICT + JOURNEYS)
EVENTS = {"news": "account.signup", "offers": "commerce.purchases"}
ANSWERS = st.builds(
    Answer,
    status=st.sampled_from(ActionStatus),
    after_ms=st.sampled_from([0, 0, 1, 30_000, 3 * HOUR]),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One event that lets a journey send something, and what becomes of that."""

    after_ms: int
    journey: str
    answer: Answer


SENT = st.builds(
    Sent,
    st.sampled_from([0, 1, HOUR, 5 * HOUR, DAY - 1, DAY]),
    st.sampled_from(sorted(EVENTS)),
    ANSWERS,
)


class Outside:
    """Answers requests one after the other, and remembers what became of each."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = iter(answers)
        self.ends: list[tuple[ActionRequest, Answer]] = []

    def __call__(self, request: ActionRequest) -> Answer:
        answer = next(self.answers)
        self.ends.append((request, answer))
        return answer

    def counted(self, now: int) -> list[int]:
        """Give when those were asked for that were sent, or may still be."""
        return [
            request.requested_at
            for request, answer in self.ends
            if answer.status is ActionStatus.SUCCEEDED
            or request.requested_at + answer.after_ms > now
        ]


def is_full(instants: list[int], now: int) -> bool:
    day = period_start(now, "day", ZONE)
    in_days = sum(now - 2 * DAY < at <= now for at in instants)
    return in_days >= SLIDING or sum(day <= at <= now for at in instants) >= CALENDAR


@given(st.lists(SENT, max_size=25))
def test_no_window_ever_holds_more_than_its_cap(sends: list[Sent]) -> None:
    outside = Outside([each.answer for each in sends])
    simulator = Simulator(PLANS, START, outside, stored=True)
    simulator.describe("ann", {"timeZone": ZONE})
    for each in sends:
        simulator.advance(each.after_ms)
        simulator.event("ann", EVENTS[each.journey], {"eventType": EVENTS[each.journey]})
    simulator.advance(3 * DAY)
    kept = sorted(outside.counted(simulator.now))
    for at in kept:
        assert sum(at - 2 * DAY < other <= at for other in kept) <= SLIDING
        day = period_start(at, "day", ZONE)
        assert sum(day <= other <= at for other in kept) <= CALENDAR
    assert simulator.state("ann").asked == {}
    assert list(broken_laws(simulator)) == []


@given(st.lists(SENT, max_size=25))
def test_nothing_is_withheld_for_a_cap_that_has_room(sends: list[Sent]) -> None:
    answers = [Answer(each.answer.status) for each in sends]
    outside = Outside(answers)
    simulator = Simulator(PLANS, START, outside)
    simulator.describe("ann", {"timeZone": ZONE})
    for each in sends:
        simulator.advance(each.after_ms)
        before, seen = outside.counted(simulator.now), len(simulator.trace("ann"))
        simulator.event("ann", EVENTS[each.journey], {"eventType": EVENTS[each.journey]})
        told = reasons(simulator.trace("ann")[seen:])
        assert (Reason.FREQUENCY_CAP in told) <= is_full(before, simulator.now)


def reasons(trace: list[Happening]) -> list[Reason | None]:
    events = [h.what.step_event for h in trace if isinstance(h.what, Report)]
    return [event.reason for event in events if event.outcome is Outcome.NOT_SENT]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_a_thousand_people_at_one_cap_nobody_gets_a_third_message(seed: int) -> None:
    plans: list[Plan] = plans_of(POLICY + JOURNEYS)
    chance = random.Random(seed)  # an order, no secret
    simulator = Simulator(plans, START)
    sends = [(f"p{n}", journey) for n in range(1_000) for journey in (*EVENTS, *EVENTS)]
    chance.shuffle(sends)
    for person, journey in sends:
        simulator.advance(chance.randrange(120_000))
        simulator.event(person, EVENTS[journey], {"eventType": EVENTS[journey]})
    assert simulator.now < START + 7 * DAY
    shares = Counter[str]()
    for one in simulator.people.values():
        asked = [h.what.request for h in one.trace if isinstance(h.what, RequestAction)]
        shares.update(request.journey_id for request in asked)
        assert len(asked) == 2
        assert reasons(one.trace) == [Reason.FREQUENCY_CAP] * 2
    assert shares.total() == 2_000
    assert min(shares.values()) > 900
    assert list(broken_laws(simulator)) == []
