"""A search finds what breaks a law, and shows it by as little as it takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import yaml

from journeys.activity import Block, Go, Move, Step, Visit
from journeys.diagnostics import Code, Place
from journeys.kinds.scenario import DO
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.rehearsal.coverage import coverage
from journeys.rehearsal.fuzz import Search, law_fault, scenario_text, search
from journeys.rehearsal.subject import Subject
from journeys.state import Waiting
from tests.harness.plans import RICH, SIMPLE, plan_of


def searched(plan: Plan, runs: int = 60) -> Search:
    return search(Subject(plan, Plans([plan])), seed=7, runs=runs)


def with_step(step: Step) -> Plan:
    plan = plan_of(SIMPLE)
    return replace(plan, steps={"pause": step})


@dataclass(frozen=True)
class Stuck(Step):
    def enter(self, visit: Visit) -> Move:
        return Block(Waiting())


@dataclass(frozen=True)
class Broken(Step):
    def enter(self, visit: Visit) -> Move:
        message = "a defect"
        raise RuntimeError(message)


@dataclass(frozen=True)
class Forgetful(Step):
    """Behaves otherwise once its state has been written and read."""

    def enter(self, visit: Visit) -> Move:
        return Block(Waiting(due=visit.now + 1_000))

    def resume(self, visit: Visit, cause: object) -> Move:
        events = visit.instance.events
        again = Go("pause") if len(events) < 3 else Go("end")
        events[f"e{len(events)}"] = {"no JSON": (1,)}  # it comes back as a list
        known = all(isinstance(value["no JSON"], tuple) for value in list(events.values())[1:])
        return again if known else Go("end", branch="forgot")


def test_a_sound_journey_breaks_no_law_and_is_walked_everywhere() -> None:
    found = searched(plan_of(RICH), runs=200)
    assert found.broken is None
    assert found.runs == 200
    assert coverage(found.plan, found.traces).uncovered == []


EVERYTHING = """
kind: action
id: hello
channel: email
to: "#{profile.email}"
subject: Hello
body: Hello
---
kind: audience
id: loyal
when: "#{profile.loyal} == true"
---
kind: source
id: weather
url: https://weather.example/today
---
kind: journey
id: everything
version: 1
entry: {audience: {id: loyal, on: enter}, reentry: {after: PT0S}}
exit:
  - {event: purchase, when: "@event{purchase.total} > 100"}
timeout: P30D
steps:
  share:
    split:
      - {label: most, percent: 90, to: gate}
      - {label: few, percent: 10, to: sun}
  gate: {cap: 2, on: {full: sun}}
  sun: {lookup: weather, on: {error: mark}}
  warm:
    condition:
      - {label: warm, when: "@action{sun.degrees} > 20", to: mark}
      - {label: cold, else: true, to: send}
  mark: {update_profile: {warm: true}}
  send: {action: hello}
  note: {emit: {type: web.visit, payload: {n: 1}}}
  race:
    first_of:
      - {label: opened, reaction: {step: send, is: opened}, to: again}
      - {label: left, audience: {id: loyal, on: exit}, to: end}
      - {label: visited, event: visit, when: "@event{visit.n} == 2", to: again}
      - {label: silent, wait: P2D, to: again}
  again: {wait: PT1H, next: share, max_visits: 3}
"""


def test_journeys_with_every_kind_of_step_are_searched() -> None:
    found = searched(plan_of(EVERYTHING), runs=150)
    assert found.broken is None
    missed = {str(way) for way in coverage(found.plan, found.traces).uncovered}
    assert missed <= {"gate:full"}


def test_the_same_seed_tries_the_same_runs() -> None:
    assert searched(plan_of(RICH), 5).traces == searched(plan_of(RICH), 5).traces


@pytest.mark.parametrize(
    ("step", "law"),
    [
        (Stuck("pause", "wait", "end"), "someone stands at step 'pause' of 'simple'"),
        (Broken("pause", "wait", "end"), "failed with engine_error: RuntimeError: a defect"),
        (Forgetful("pause", "wait", "end"), "ends otherwise when state is written and read"),
    ],
    ids=["stuck", "defect", "forgetful"],
)
def test_a_broken_law_is_shown_by_the_least_that_breaks_it(step: Step, law: str) -> None:
    broken = searched(with_step(step)).broken
    assert broken is not None
    assert any(law in said for said in broken.laws)
    assert len(broken.do) <= 2
    fault = law_fault(broken, Place("flow.yaml"))
    assert fault.code is Code.EXPECTATION
    assert law in fault.message
    assert fault.hint == "`--seed 7` finds it again"


def test_what_was_found_is_a_scenario_ready_to_paste() -> None:
    broken = searched(with_step(Broken("pause", "wait", "end"))).broken
    assert broken is not None
    written = yaml.safe_load(scenario_text(broken))
    assert written["kind"] == "scenario"
    assert written["journey"] == "simple"
    (item,) = written["do"]
    assert DO["event"].model_validate(item).kind == "event"
