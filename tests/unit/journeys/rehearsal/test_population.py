"""A crowd is drawn from schemas and a seed, and what becomes of it adds up."""

from __future__ import annotations

import pytest

from journeys.clock import parse_duration
from journeys.command import Report
from journeys.kinds.scenario import ResponseSpec
from journeys.plans import Plans
from journeys.rehearsal.coverage import coverage
from journeys.rehearsal.population import Crowd, populate
from journeys.rehearsal.statistics import Statistics, percentile, statistics
from journeys.rehearsal.subject import Subject
from journeys.rehearsal.summary import summary, summary_lines
from journeys.state import MAX_PENDING
from tests.harness.person import Person
from tests.harness.plans import RICH, SIMPLE, plan_of

MONTH = parse_duration("P30D")


def crowd(**fields: object) -> Crowd:
    return Crowd(**{"people": 200, "duration_ms": MONTH, **fields})  # type: ignore[arg-type]


def added_up(chosen: Crowd) -> Statistics:
    plan = plan_of(RICH)
    simulator = populate(Subject(plan, Plans([plan])), chosen)
    return statistics(plan, simulator)


def test_the_same_seed_gives_the_same_crowd_and_another_gives_another() -> None:
    first = summary(added_up(crowd()))
    assert summary(added_up(crowd())) == first
    assert summary(added_up(crowd(seed=2))) != first


def test_nobody_is_lost_and_every_way_is_gone() -> None:
    plan = plan_of(RICH)
    simulator = populate(Subject(plan, Plans([plan])), crowd())
    traces = [person.trace for person in simulator.people.values()]
    found = statistics(plan, simulator)
    assert found.people == 200
    assert found.ledger.drift == 0
    assert found.ledger.entered + sum(found.ledger.not_entered.values()) >= 200
    missed = {str(way) for way in coverage(plan, traces).uncovered}
    rare = {"ask:error", "ask:timeout", "ask:not_sent", "remind:error", "lost"}
    assert missed <= rare


def test_steps_say_how_often_they_were_reached_how_left_and_how_long_it_took() -> None:
    found = added_up(crowd())
    assert found.steps["choose"].visits == found.ledger.entered
    assert set(found.steps["pause"].dwell_ms) == {parse_duration("PT1H")}
    assert found.steps["race"].ways["passed:wait"] > 0
    assert max(found.steps["race"].dwell_ms) == parse_duration("P1D")
    assert sum(found.messages.values()) == sum(found.actions_of)
    assert len(found.actions_of) == found.ledger.entered


def test_answers_and_a_profile_that_are_given_leave_nothing_to_chance() -> None:
    refusal = ResponseSpec(step="ask", status=500)
    profile = {"email": "ann@example.org", "firstName": "Ann"}
    found = added_up(crowd(answers=(refusal,), profile=profile))
    assert set(found.steps["ask"].ways) == {"error"}
    assert found.steps["remind"].reasons["no_address"] == 0


def test_a_summary_shows_the_ledger_and_every_step() -> None:
    lines = list(summary_lines(added_up(crowd())))
    assert any(line.startswith("  ledger       balanced") for line in lines)
    assert [line.split()[0] for line in lines[-6:]] == [*plan_of(RICH).steps]


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert percentile([], 0.5) is None
    assert percentile([7], 0.95) == 7
    assert percentile(list(range(100)), 0.95) == 95
    assert percentile([3, 1, 2], 0.5) == 2


BANDIT = """
kind: journey
id: tried
version: 1
entry: {event: signup}
steps:
  try:
    experiment:
      arms: [{id: short, to: end}, {id: long, to: end}]
      metric: {event: purchase, within: P7D}
      method: bandit
"""


def test_a_summary_shows_how_arms_do_and_where_their_shares_have_moved() -> None:
    plan = plan_of(BANDIT)
    plans = Plans([plan])
    found = statistics(plan, populate(Subject(plan, plans), crowd()))
    arms = found.ledger.experiments["try"]
    assert sum(arm.given for arm in arms.values()) == found.ledger.entered == 200
    assert 0 < sum(arm.converted for arm in arms.values()) < 200
    assert set(found.steps["try"].ways) == {"passed:short", "passed:long", "completed"}
    lines = "\n".join(summary_lines(found))
    assert "  experiments\n    try          long: " in lines
    assert "shares at the end: short " in lines
    assert sum(found.weights["try"].values()) > 99.9
    assert plans.weights("tried", 1, "try") == {}, "the crowd moved its own shares only"


def test_most_of_a_crowd_have_an_hour_at_which_they_read() -> None:
    text = SIMPLE.replace("{wait: PT1H}", "{wait: {send_time: email, explore: 0}}")
    plan = plan_of(text)
    simulator = populate(Subject(plan, Plans([plan])), crowd(duration_ms=parse_duration("P3D")))
    told = [h.what.step_event for p in simulator.people.values() for h in p.trace
            if isinstance(h.what, Report) and h.what.step_event.outcome == "waiting"]  # fmt: skip
    unknown = sum(event.reason == "no_habit" for event in told)
    assert len(told) == 200
    assert unknown == pytest.approx(60, abs=25)


def test_events_that_a_busy_walk_could_not_keep_are_counted_and_end_no_visit() -> None:
    plan = plan_of(RICH)
    ann = Person(plan)
    ann.signs_up(total=200, cart="c")
    for _ in range(MAX_PENDING + 1):
        ann.buys(cart="c")
    ann.now += 1_000
    ann.resolve()
    found = statistics(plan, ann.simulator).steps["ask"]
    assert found.reasons == {"too_many_pending": 1}
    assert found.dwell_ms == [1_000]
    assert found.ways == {"succeeded": 1}


def test_everybody_in_a_crowd_is_read_once() -> None:
    text = """
kind: audience
id: loyal
when: "#{profile.orders} > 3"
---
kind: journey
id: news
version: 1
entry: {ENTRY}
steps: {stay: {wait: PT1H}}
"""
    for entry in ("read: {audience: loyal}", "business: {event: visit, audience: loyal}"):
        plan = plan_of(text.replace("ENTRY", entry))
        found = statistics(plan, populate(Subject(plan, Plans([plan])), crowd()))
        assert (found.ledger.entered, found.ledger.drift) == (200, 0)
