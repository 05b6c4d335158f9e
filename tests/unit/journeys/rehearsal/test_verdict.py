"""Expectations are met in order, each by what it describes, and by nothing else."""

from __future__ import annotations

import re

import pytest

from tests.harness.plans import RICH, SIMPLE
from tests.harness.scenarios import verdict_of

ANN = "{id: ann, email: ann@example.org, firstName: Ann}"
DO = """
  - respond: {step: ask, status: 503}
  - event: signup
    payload: {total: 200, cart: c1, plan: basic}
    id: s1
  - event: signup
    payload: {total: 2, cart: c2}
  - event: signup
    payload: {total: 0}
  - event: signup
    id: s1
    payload: {total: 200, cart: c1}
  - profile: {city: Rome}
  - advance: PT1H
  - event: purchase
    payload: {cart: c1}
  - advance: {until: 2026-03-03T08:00:00Z}
"""


def failed(expect: str, do: str = DO, journey: str = RICH) -> int | None:
    """Give the first expectation that was not met."""
    name = re.findall(r"^id: (.+)", journey, re.MULTILINE)[0]
    text = f"{journey}---\nkind: scenario\nid: s\njourney: {name}\nprofile: {ANN}\n"
    verdict = verdict_of(f"{text}do:{do}\nexpect:\n{expect}")
    assert verdict.passed is (verdict.unmet is None)
    return verdict.unmet


@pytest.mark.parametrize(
    "expected",
    [
        "entered: rich",
        "entered: true",
        "not_entered: {reason: condition}",
        "not_entered: {journey: rich, reason: duplicate}",
        "at: race",
        "at: {step: race, visit: 1, at: +PT0S}",
        "step: choose",
        "step: {id: choose, branch: big, outcome: passed}",
        "step: {id: ask, outcome: error, branch: error, reason: action_error}",
        "step: {id: race, branch: purchase, at: +PT1H}",
        "step: {id: race, at: 2026-03-01T10:00:00+01:00}",
        "action: score",
        "action: {id: score, to: 'https://crm.example/score', with: {person: ann, reason: big}}",
        "action: {id: mail, to: ann@example.org, body_contains: chose basic, at: +PT1H}",
        "action: {id: mail, with: {subject: Hello Ann}}",
        "completed: true",
        "completed: {journey: rich, at: +PT1H}",
        "profile: {city: Rome, email: ann@example.org}",
        "profile: {city: null}",
    ],
)
def test_what_happened_is_found(expected: str) -> None:
    assert failed(f"  - {expected}") is None


@pytest.mark.parametrize(
    "expected",
    [
        "not_entered: {reason: already_inside}",
        "at: {step: race, visit: 9}",
        "at: {step: race, at: +PT59M}",
        "step: {id: choose, branch: big, visit: 2}",
        "step: {id: ask, outcome: timeout}",
        "action: {id: score, with: {reason: small}}",
        "action: {id: mail, to: bob@example.org}",
        "action: {id: mail, body_contains: premium}",
        "action: {id: mail, at: +PT0S}",
        "no_action: mail",
        "exited: true",
        "failed: {reason: action_error}",
        "profile: {city: Paris}",
    ],
)
def test_what_did_not_happen_is_not_found(expected: str) -> None:
    assert failed(f"  - {expected}") == 0


def test_expectations_are_met_in_their_order() -> None:
    assert failed("  - action: score\n  - action: mail\n  - completed: true") is None
    assert failed("  - action: mail\n  - action: score") == 1


def test_two_expectations_of_one_kind_need_two_happenings() -> None:
    assert failed("  - entered: true\n  - entered: true") is None
    assert failed("  - entered: true\n  - entered: true\n  - entered: true") == 2


def test_two_kinds_may_speak_of_one_happening() -> None:
    assert failed("  - at: ask\n  - action: score\n  - step: ask") == 1
    assert failed("  - action: score\n  - at: ask\n  - step: ask") is None


WITHHELD = """
  - event: signup
    payload: {total: 200, cart: c1, plan: basic}
  - respond: {step: remind, not_sent: egress_denied}
  - event: purchase
    payload: {cart: c1}
"""


@pytest.mark.parametrize(
    ("expected", "is_met"),
    [
        ("not_sent: remind", True),
        ("not_sent: {step: remind, reason: egress_denied, visit: 1, at: +PT0S}", True),
        ("not_sent: {step: remind, reason: frequency_cap}", False),
        ("not_sent: ask", False),
        ("not_sent: {step: remind, visit: 2}", False),
    ],
)
def test_a_message_that_was_withheld_is_found(expected: str, *, is_met: bool) -> None:
    assert (failed(f"  - {expected}", do=WITHHELD) is None) is is_met


def test_a_profile_holds_until_it_changes() -> None:
    assert failed("  - completed: true\n  - profile: {city: Rome}") is None
    assert failed("  - completed: true\n  - profile: {city: null}") == 1
    assert failed("  - profile: {city: Rome}\n  - profile: {email: ann@example.org}") is None


def test_an_action_that_never_was_is_seen_wherever_it_is_forbidden() -> None:
    assert failed("  - no_action: mail", do="\n  - advance: PT1H\n") is None
    assert failed("  - completed: true\n  - no_action: score") == 1


def test_another_journey_of_the_project_can_be_spoken_of() -> None:
    both = f"{SIMPLE}---\n{RICH}"
    do = "\n  - event: signup\n    payload: {total: 200, cart: c}\n"
    assert failed("  - entered: rich\n  - entered: simple", do, both) is None
    assert failed("  - no_action: score", do, both) is None
    assert failed("  - no_action: {journey: rich, id: score}", do, both) == 0


def test_copies_of_an_event_are_repeats_only_under_one_id() -> None:
    often = SIMPLE.replace("{event: signup}", '{event: signup, key: "@event{signup._id}"}')
    do = "\n  - {event: signup, repeat: 3}\n"
    assert failed("  - entered: true\n  - entered: true\n  - entered: true", do, often) is None
    do = "\n  - {event: signup, repeat: 2, id: e}\n"
    assert failed("  - entered: true\n  - not_entered: {reason: duplicate}", do, often) is None


def test_an_erased_person_leaves() -> None:
    do = "\n  - event: signup\n  - profile: null\n"
    expect = "  - exited: {reason: erased, step: pause}\n  - profile: {email: null}"
    assert failed(expect, do, SIMPLE) is None


@pytest.mark.parametrize(
    ("response", "outcome", "code"),
    [
        ("{step: ask}", "succeeded", "http_200"),
        ("{step: ask, status: 201}", "succeeded", "http_201"),
        ("{step: ask, status: 404}", "error", "http_404"),
        ("{step: ask, error: true}", "error", "internalError"),
        ("{step: ask, error: true, code: odd}", "error", "odd"),
        ("{step: ask, timeout: true}", "timeout", "timedout"),
        ("{step: ask, not_sent: no_consent}", "not_sent", "no_consent"),
    ],
)
def test_calls_end_as_the_scenario_says(response: str, outcome: str, code: str) -> None:
    do = f"\n  - respond: {response}\n  - event: signup\n    payload: {{total: 200, cart: c}}\n"
    text = f"{RICH}---\nkind: scenario\nid: s\njourney: rich\ndo:{do}  - advance: PT5S\n"
    verdict = verdict_of(f"{text}expect:\n  - step: {{id: ask, outcome: {outcome}}}\n")
    assert verdict.passed
    (step,) = [
        h.what.step_event  # type: ignore[union-attr]  # met by a report
        for n, h in enumerate(verdict.trace)
        if n == verdict.met[0]
    ]
    assert step.code == code
    assert step.occurred_at == verdict.scenario.start + (5_000 if outcome == "timeout" else 0)
