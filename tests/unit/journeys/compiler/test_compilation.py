"""From projects to plans."""

from __future__ import annotations

import time

import pytest

from journeys.diagnostics import DefinitionError
from tests.harness.plans import COMMON, RICH, SIMPLE, compiled, plan_of


def test_a_plan_is_complete_in_itself() -> None:
    plan = plan_of(RICH)
    assert (plan.journey, plan.version, plan.label) == ("rich", 3, "Everything")
    assert (plan.namespace, plan.timezone, plan.first) == ("ecid", "Europe/Paris", "choose")
    assert set(plan.events) == {"signup", "purchase"}
    assert set(plan.actions) == {"mail", "score"}
    assert plan.entry.reentry_after_ms == 3_600_000
    assert (plan.entry.debounce_ms, plan.entry.max_age_ms) == (0, None)


def test_a_step_flows_to_the_next_one_written_unless_it_says_otherwise() -> None:
    steps = plan_of(RICH).steps
    assert {name: step.next for name, step in steps.items()} == {
        "choose": "ask",
        "ask": "race",
        "race": "pause",
        "pause": "race",
        "remind": "end",
        "lost": "end",
    }


def test_a_project_compiles_all_its_journeys_and_one_fault_stops_only_its_own() -> None:
    broken = SIMPLE.replace("simple", "broken").replace("signup", "sign_up")
    found = compiled(f"{COMMON}{SIMPLE}---\n{broken}")
    assert set(found.plans) == {"simple"}
    assert len(found.errors) == 1
    with pytest.raises(DefinitionError, match="the event 'sign_up' is not defined"):
        found.raise_errors()


def test_a_warning_keeps_nobody_from_publishing() -> None:
    found = compiled(
        COMMON + SIMPLE + "    \n".rstrip() + "  lost: {wait: PT1H, next: lost, max_visits: 2}\n"
    )
    assert found.plans.keys() == {"simple"}
    lonely = SIMPLE.replace("{wait: PT1H}", "{wait: PT1H, next: end}") + "  lost: {wait: PT1H}\n"
    found = compiled(COMMON + lonely)
    assert found.plans.keys() == {"simple"}
    assert [d.severity for d in found.diagnostics] == ["warning"]
    found.raise_errors()


def test_of_two_journeys_with_one_id_the_first_is_kept() -> None:
    found = compiled(COMMON + SIMPLE + "---\n" + SIMPLE.replace("PT1H", "PT2H"))
    assert found.plans["simple"].steps["pause"].deadline.duration_ms == 3_600_000  # type: ignore[attr-defined]
    assert [d.code for d in found.errors] == ["JRN301"]


def test_the_largest_journey_compiles_in_a_moment() -> None:
    steps = "".join(f"  s{n}: {{wait: PT1H}}\n" for n in range(200))
    began = time.process_time()
    plan = plan_of(SIMPLE.replace("  pause: {wait: PT1H}\n", steps))
    assert len(plan.steps) == 200
    assert time.process_time() - began < 1.0


def test_a_journey_of_more_steps_is_refused() -> None:
    steps = "".join(f"  s{n}: {{wait: PT1H}}\n" for n in range(201))
    (fault,) = compiled(COMMON + SIMPLE.replace("  pause: {wait: PT1H}\n", steps)).errors
    assert fault.message == "'steps' holds 201; at most 200 are allowed"


def test_an_event_is_told_from_others_by_its_payload_alone() -> None:
    text = """
    kind: event
    id: e
    when: "#{profile.age} > 3 and @event{e.age} > 3"
    """
    (fault,) = compiled(text).diagnostics
    assert fault.code == "JRN502"
    assert fault.message == "there is no field 'age'"
    assert fault.place.column == text.splitlines()[3].index("age") + 1


def test_a_journey_that_was_read_as_it_was_meant_is_not_run() -> None:
    found = compiled(COMMON + SIMPLE.replace("entry:", "trigger:"))
    assert [d.message for d in found.errors] == ["unknown field 'trigger'"]
    assert found.plans == {}


def test_a_journey_that_uses_such_a_definition_is_not_run_either() -> None:
    text = COMMON.replace("subject:", "subjekt:") + SIMPLE + "  send: {action: mail}\n"
    found = compiled(text)
    assert [d.message for d in found.errors] == ["unknown field 'subjekt'"]
    assert found.plans == {}


def test_past_an_unknown_field_everything_else_is_judged() -> None:
    text = SIMPLE.replace("{event: signup}", "{event: sign_up, wen: '1 +'}")
    found = compiled(COMMON + text)
    assert [d.code for d in found.errors] == ["JRN302", "JRN202", "JRN501"]


def test_a_field_has_one_name_only() -> None:
    text = SIMPLE.replace("pause: {wait: PT1H}", "act: {action: score, arguments: {reason: a}}")
    found = compiled(COMMON + text)
    told = [(d.code, d.message, d.hint) for d in found.errors]
    assert told == [("JRN202", "unknown field 'arguments'", "did you mean 'with'?")]
