"""A walk: what ends it besides its own steps, and what its reports say."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from journeys.activity import Block, Cause, Go, Move, Step, Visit
from journeys.control import publish_message
from journeys.expressions import values
from journeys.plan import Plan
from journeys.state import Waiting
from journeys.walk import MAX_MOVES
from tests.harness.person import Person
from tests.harness.plans import SIMPLE, plan_of

OTHER = SIMPLE.replace("id: simple", "id: other")


@dataclass(frozen=True)
class Broken(Step):
    """A step with a defect."""

    def enter(self, visit: Visit) -> Move:
        message = "the table is missing"
        raise LookupError(message)


@dataclass(frozen=True)
class Spinning(Step):
    """A step that waits for no time at all, over and over."""

    waits: bool = False

    def enter(self, visit: Visit) -> Move:
        return Block(Waiting(due=visit.now)) if self.waits else Go(self.id)

    def resume(self, visit: Visit, cause: Cause) -> Move:
        return Go(self.id)


def with_step(plan: Plan, step: Step) -> Plan:
    return replace(plan, steps={**plan.steps, step.id: step})


def test_a_defect_in_a_step_ends_that_walk_only() -> None:
    broken = with_step(plan_of(SIMPLE), Broken("pause", "wait", "end"))
    ann = Person(broken, plan_of(OTHER))
    assert ann.signs_up() == [
        "entry entered",
        "pause waiting",
        "entry entered",
        "pause failed (engine_error)",
    ]
    assert ann.step_events[-1].detail == "LookupError: the table is missing"
    assert ann.places == ["other v1 pause"]


def test_a_plan_that_names_no_such_step_ends_the_walk() -> None:
    plan = replace(plan_of(SIMPLE), first="nowhere")
    ann = Person(plan)
    assert ann.signs_up() == ["entry entered", "nowhere failed (engine_error)"]


def test_an_expression_past_a_bound_ends_the_walk_with_its_reason() -> None:
    steps = """
    condition:
      - {when: "listSize(@event{signup.items}) > 0", to: end}
      - {else: true, to: end}"""
    ann = Person(plan_of(SIMPLE.replace(" {wait: PT1H}", steps)), plan_of(OTHER))
    trace = ann.signs_up(items=[0] * (values.MAX_ITEMS + 1))
    assert trace[-1] == "pause failed (expression_error)"
    assert ann.places == ["other v1 pause"]


@pytest.mark.parametrize("waits", [False, True])
def test_a_walk_that_spins_is_ended(*, waits: bool) -> None:
    spinning = with_step(plan_of(SIMPLE), Spinning("pause", "wait", "end", waits=waits))
    ann = Person(spinning, plan_of(OTHER))
    ann.signs_up()
    failed = [e for e in ann.step_events if e.outcome == "failed"]
    assert [e.reason for e in failed] == ["state_limit"]
    assert len(ann.step_events) <= 2 * MAX_MOVES + 5
    assert ann.places == ["other v1 pause"]


def test_reports_say_who_where_when_and_why() -> None:
    ann = Person(plan_of(SIMPLE))
    ann.signs_up("e1")
    entered, waiting = ann.step_events
    assert (entered.step_id, entered.step_kind, entered.next_step_id) == ("entry", "entry", "pause")
    assert (entered.cause, entered.event_type) == ("event", "account.signup")
    assert entered.trigger_event_id == "e1"
    assert (waiting.step_kind, waiting.cause, waiting.visit) == ("wait", "event", 1)
    ann.passes("PT1H")
    passed, completed = ann.step_events[2:]
    assert (passed.cause, passed.next_step_id, passed.trigger_event_id) == ("timer", "end", None)
    assert completed.outcome == "completed"
    assert {e.instance_id for e in ann.step_events} == {entered.instance_id}
    assert {e.profile_id for e in ann.step_events} == {"ann"}


def test_visits_are_counted_and_every_report_has_its_own_id() -> None:
    text = SIMPLE + "  again: {wait: PT1H, next: pause, max_visits: 9}\n"
    ann = Person(plan_of(text))
    ann.signs_up()
    ann.passes("PT10H")
    assert max(e.visit for e in ann.step_events) == 6
    ids = [e.event_id for e in ann.step_events]
    assert len(ids) == len(set(ids))


def test_the_same_activations_give_the_same_answers() -> None:
    def walked() -> Person:
        ann = Person(plan_of(SIMPLE))
        ann.signs_up("e1")
        ann.passes("PT1H")
        return ann

    assert walked().commands == walked().commands


def test_who_is_moved_to_the_end_is_at_a_step_of_its_kind() -> None:
    ann = Person(plan_of(SIMPLE))
    ann.signs_up()
    second = plan_of(SIMPLE.replace("version: 1", "version: 2").replace("pause:", "rest:"))
    moved = replace(second, in_flight="move", moves={"pause": "end"})
    ann.simulator.say(publish_message(moved))
    ends = [(e.step_id, e.step_kind, e.outcome) for e in ann.step_events[-2:]]
    assert ends == [("end", "end", "moved_in"), ("end", "end", "completed")]
