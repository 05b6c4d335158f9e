"""Wait and end."""

from __future__ import annotations

import pytest

from journeys import codec
from journeys.clock import parse_duration
from journeys.messages import ActionStatus
from tests.harness.person import START, Person
from tests.harness.plans import SIMPLE, plan_of


@pytest.mark.parametrize("duration", ["PT1S", "PT0.5S", "P1DT12H", "P52W", "P3650D"])
def test_a_wait_lasts_as_long_as_written(duration: str) -> None:
    text = SIMPLE.replace("PT1H", duration).replace("steps:", "timeout: P3660D\nsteps:")
    ann = Person(plan_of(text))
    ann.signs_up()
    assert ann.person.due == START + parse_duration(duration)
    assert ann.step_events[-1].due_at == ann.person.due
    assert ann.passes(duration) == ["pause passed", "pause completed"]


def test_a_wait_of_nothing_goes_on_at_once() -> None:
    ann = Person(plan_of(SIMPLE.replace("PT1H", "PT0S")))
    assert ann.signs_up()[-2:] == ["pause passed", "pause completed"]


@pytest.mark.parametrize(
    "instant", ["0001-01-01", "0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00"]
)
def test_an_instant_at_the_ends_of_the_calendar_can_be_told_of(instant: str) -> None:
    text = SIMPLE.replace("{wait: PT1H}", '{wait: {until: "#{profile.at}"}}')
    text = text.replace("steps:", "timezone: Asia/Tokyo\nsteps:")
    ann = Person(plan_of(text), profile={"at": instant})
    ann.signs_up()
    waiting = next(e for e in ann.step_events if e.outcome == "waiting")
    assert codec.dump_step_event(waiting)


def test_a_walk_ends_as_completed_or_failed_as_written() -> None:
    done = SIMPLE.replace("{wait: PT1H}", "{end: completed}")
    assert Person(plan_of(done)).signs_up()[-1] == "pause completed"
    failed = SIMPLE.replace("{wait: PT1H}", "{end: failed}")
    assert Person(plan_of(failed)).signs_up()[-1] == "pause failed (ended_as_failed)"


def test_a_failed_end_tells_which_action_did_not_succeed() -> None:
    steps = """{action: mail, on: {error: give_up}, next: end}
  give_up: {end: failed}"""
    plan = plan_of(SIMPLE.replace("{wait: PT1H}", steps))
    ann = Person(plan, profile={"email": "a@example.org", "firstName": "A"})
    ann.signs_up(plan="basic")
    trace = ann.resolve(status=ActionStatus.TIMEOUT, code="timedout")
    assert trace[-1] == "give_up failed (action_timeout)"


def test_a_step_of_one_s_own_may_be_called_end() -> None:
    text = SIMPLE.replace("  pause: {wait: PT1H}", "  pause: {wait: PT1H}\n  end: {end: failed}")
    ann = Person(plan_of(text))
    ann.signs_up()
    assert ann.passes("PT1H") == ["pause passed", "end failed (ended_as_failed)"]
