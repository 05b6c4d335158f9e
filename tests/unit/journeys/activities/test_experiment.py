"""An experiment gives arms by the shares of the moment, and a bandit finds the best one."""

from __future__ import annotations

from collections import Counter

import pytest

from journeys.bandit import Weights
from journeys.clock import parse_duration
from journeys.command import Report
from journeys.identifiers import draw
from journeys.outcomes import Outcome
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.simulator import Simulator
from tests.harness.person import START
from tests.harness.plans import plan_of

TRIED = """
kind: journey
id: tried
version: 1
entry: {event: signup}
steps:
  try:
    experiment:
      arms: [{id: a, to: end}, {id: b, to: end}, {id: c, to: end}]
      holdout: {percent: 10, to: end}
      metric: {event: purchase, within: P1D}
      method: bandit
"""
FIXED = TRIED.replace("bandit", "fixed")
RATES = {"a": 0.02, "b": 0.05, "c": 0.10, "holdout": 0.0}
MINUTE = 60_000


def arms(simulator: Simulator, people: int, prefix: str = "p") -> Counter[str | None]:
    given: Counter[str | None] = Counter()
    for n in range(people):
        name = f"{prefix}{n}"
        simulator.event(name, "account.signup", {"eventType": "account.signup"})
        given[passed(simulator, name)] += 1
    return given


def passed(simulator: Simulator, name: str) -> str | None:
    reports = [h.what.step_event for h in simulator.trace(name) if isinstance(h.what, Report)]
    return next(e.branch for e in reports if e.outcome is Outcome.PASSED)


@pytest.mark.parametrize(("text", "moved"), [(TRIED, True), (FIXED, False)])
def test_weights_move_the_arms_of_a_bandit_alone_and_nobody_kept_out(
    text: str, *, moved: bool
) -> None:
    plans = Plans([plan_of(text)])
    before = arms(Simulator(plans, START), 1_000)
    plans.weigh(Weights("tried", 1, "try", {"a": 4.5, "b": 4.5, "c": 81.0}))
    after = arms(Simulator(plans, START), 1_000)
    assert before["holdout"] == after["holdout"] > 0
    assert before["c"] == pytest.approx(300, abs=50)
    assert after["c"] == (pytest.approx(810, abs=50) if moved else before["c"])


def test_weights_of_another_version_change_nothing() -> None:
    plans = Plans([plan_of(TRIED)])
    plans.weigh(Weights("tried", 2, "try", {"a": 90.0, "b": 0.0, "c": 0.0}))
    assert arms(Simulator(plans, START), 200)["b"] > 0


def crowd(plan: Plan) -> tuple[Simulator, Counter[str | None]]:
    """Let 5,000 people come, one a minute, and succeed as often as their arm lets them."""
    plans = Plans([plan])
    simulator = Simulator(plans, START)
    given: Counter[str | None] = Counter()
    for n in range(5_000):
        name = f"p{n}"
        simulator.event(name, "account.signup", {"eventType": "account.signup"})
        arm = passed(simulator, name)
        if n >= 4_000:
            given[arm] += 1
        if draw("buys", name) < RATES[str(arm)]:
            at = simulator.now + 30 * MINUTE
            simulator.event(name, "commerce.purchases", {"eventType": "commerce.purchases"}, at=at)
        simulator.advance(MINUTE)
    assert plans.weights("tried", 1, "try") == {}, "what is simulated changes no other plans"
    return simulator, given


def test_a_bandit_finds_the_best_of_three_arms() -> None:
    simulator, given = crowd(plan_of(TRIED))
    shares = simulator.plans.weights("tried", 1, "try")
    assert shares["c"] > 75
    assert min(shares.values()) >= 4.5
    assert sum(shares.values()) == pytest.approx(90)
    assert given["c"] > 700
    assert given["holdout"] == pytest.approx(100, abs=30)
    simulator.advance(parse_duration("P30D"))
    assert simulator.due is None


def test_fixed_shares_do_not_move() -> None:
    simulator, given = crowd(plan_of(FIXED))
    assert simulator.plans.weights("tried", 1, "try") == {}
    assert all(given[arm] == pytest.approx(300, abs=50) for arm in "abc")
