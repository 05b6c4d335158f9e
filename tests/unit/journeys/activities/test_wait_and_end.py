"""Wait and end."""

from __future__ import annotations

import pytest

from journeys import codec
from journeys.clock import parse_duration, parse_instant
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


@pytest.mark.parametrize(
    ("until", "zone", "expected"),
    [
        ("2026-03-01T08:00:01Z", "UTC", "2026-03-01T08:00:01Z"),
        ("2026-03-05T09:30:15+02:00", "UTC", "2026-03-05T07:30:15Z"),
        ("2026-03-05T09:30:15.250", "Asia/Tokyo", "2026-03-05T00:30:15.250Z"),
        ("2026-03-05T09:30:15", "America/New_York", "2026-03-05T14:30:15Z"),
        ("2026-03-29T02:30:00", "Europe/Paris", "2026-03-29T01:30:00Z"),  # is skipped: 03:30
        ("2026-03-30", "Europe/Paris", "2026-03-29T22:00:00Z"),
        ("2026-03-05T09:30:15", "nowhere", "2026-03-05T09:30:15Z"),
    ],
)
def test_an_instant_from_data_is_waited_for_to_the_millisecond(
    until: str, zone: str, expected: str
) -> None:
    text = SIMPLE.replace("{wait: PT1H}", '{wait: {until: "@event{signup.until}"}}')
    ann = Person(
        plan_of(text.replace("steps:", "timezone: profile\nsteps:")), profile={"timeZone": zone}
    )
    ann.signs_up(until=until)
    assert ann.person.due == parse_instant(expected)
    ann.simulator.run_until(parse_instant(expected) - 1)
    assert ann.places == ["simple v1 pause"]
    ann.simulator.run_until(parse_instant(expected))
    assert ann.places == []


@pytest.mark.parametrize(
    "until", ["2026-03-01T08:00:00Z", "1999-01-01", "2026-03-01T09:00:00+02:00"]
)
def test_an_instant_that_has_come_holds_nobody(until: str) -> None:
    text = SIMPLE.replace("{wait: PT1H}", '{wait: {until: "@event{signup.until}"}}')
    trace = Person(plan_of(text)).signs_up(until=until)
    assert trace[-2:] == ["pause passed", "pause completed"]


@pytest.mark.parametrize("until", [None, "tomorrow", ""])
def test_an_instant_that_is_none_holds_nobody_and_says_so(until: str | None) -> None:
    text = SIMPLE.replace("{wait: PT1H}", '{wait: {until: "@event{signup.until}"}}')
    trace = Person(plan_of(text)).signs_up(until=until)
    assert trace[-2:] == ["pause passed (no_instant)", "pause completed"]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "2026-03-01T09:00:00Z"),
        ("Asia/Tokyo", "2026-03-02T00:00:00Z"),
        ("America/New_York", "2026-03-01T14:00:00Z"),
        ("Asia/Kolkata", "2026-03-02T03:30:00Z"),
        (None, "2026-03-01T09:00:00Z"),
    ],
)
def test_the_next_nine_o_clock_is_each_person_s_own(zone: str | None, expected: str) -> None:
    text = SIMPLE.replace("{wait: PT1H}", '{wait: {at: "09:00"}}')
    ann = Person(
        plan_of(text.replace("steps:", "timezone: profile\nsteps:")), profile={"timeZone": zone}
    )
    ann.signs_up()
    assert ann.person.due == parse_instant(expected)
    ann.simulator.run_until(parse_instant(expected) - 1)
    assert ann.places == ["simple v1 pause"]
    ann.simulator.run_until(parse_instant(expected))
    assert ann.places == []


def test_a_zone_that_changes_while_a_person_waits_counts_from_the_next_wait_on() -> None:
    steps = '{wait: {at: "09:00"}, max_visits: 2, next: pause}'
    text = SIMPLE.replace("{wait: PT1H}", steps).replace("steps:", "timezone: profile\nsteps:")
    ann = Person(plan_of(text), profile={"timeZone": "Asia/Tokyo"})
    ann.signs_up()
    ann.changes({"timeZone": "UTC"})
    assert ann.person.due == parse_instant("2026-03-02T00:00:00Z")
    ann.passes("P1D")
    assert ann.person.due == parse_instant("2026-03-02T09:00:00Z")


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
