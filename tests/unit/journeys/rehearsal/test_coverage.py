"""Every way through a journey is counted once for each time that somebody went it."""

from __future__ import annotations

from journeys.rehearsal.coverage import Way, coverage, uncovered_faults
from tests.harness.plans import RICH, plan_of
from tests.harness.scenarios import verdict_of

WALK = """
---
kind: scenario
id: walk
journey: rich
profile: {email: ann@example.org}
do:
  - event: signup
    payload: {total: 200, cart: c}
  - respond: {step: remind, error: true}
  - event: purchase
    payload: {cart: c}
"""


def test_each_branch_and_each_end_is_a_way() -> None:
    found = coverage(plan_of(RICH), [verdict_of(RICH + WALK).trace])
    assert {str(way): times for way, times in found.taken.items()} == {
        "choose:big": 1,
        "choose:else": 0,
        "ask": 1,
        "ask:error": 0,
        "ask:timeout": 0,
        "ask:not_sent": 0,
        "race:purchase": 1,
        "race:wait": 0,
        "pause": 0,
        "remind": 0,
        "remind:error": 1,
        "lost": 1,
    }
    assert found.percent == 100 * 5 / 12


def test_a_failure_without_a_way_covers_nothing() -> None:
    text = RICH.replace("on: {error: lost}, ", "").replace("  lost: {end: failed}\n", "")
    found = coverage(plan_of(text), [verdict_of(text + WALK).trace])
    assert found.taken[Way("remind")] == 0


def test_a_journey_without_a_document_is_named_itself() -> None:
    fault, *_ = uncovered_faults(coverage(plan_of(RICH), []), None)
    assert fault.place.file == "rich"


LEAVING = """
kind: journey
id: leaving
version: 1
entry: {event: signup}
exit:
  - {label: bought, event: purchase}
steps:
  race:
    first_of:
      - {label: bought, event: purchase, to: end}
      - {label: silent, wait: P1D, to: end}
---
kind: scenario
id: leaves
journey: leaving
do:
  - event: signup
  - event: purchase
expect:
  - exited: {reason: exit_criteria}
"""


def test_an_exit_is_no_branch_though_it_has_the_same_label() -> None:
    verdict = verdict_of(LEAVING)
    assert verdict.passed
    found = coverage(plan_of(LEAVING), [verdict.trace])
    assert found.taken == {Way("race", "bought"): 0, Way("race", "silent"): 0}
