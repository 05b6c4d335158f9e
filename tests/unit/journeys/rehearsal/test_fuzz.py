"""A search finds what breaks a law, and shows it by as little as it takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import yaml

from journeys.activity import Block, Go, Move, Step, Visit
from journeys.diagnostics import Code, Place
from journeys.kinds.scenario import DO
from journeys.plan import Plan, Plans
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
        events[f"e{len(events)}"] = (1,)  # type: ignore[assignment]  # no JSON: comes back as a list
        known = all(isinstance(value, tuple) for value in list(events.values())[1:])
        return again if known else Go("end", branch="forgot")


def test_a_sound_journey_breaks_no_law_and_is_walked_everywhere() -> None:
    found = searched(plan_of(RICH), runs=200)
    assert found.broken is None
    assert found.runs == 200
    assert coverage(found.plan, found.traces).uncovered == []


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
