"""Trials: what counts as success of an arm, for how long, and what is told of it."""

from __future__ import annotations

import pytest

from journeys.command import CountTrial
from journeys.mode import Mode
from journeys.outcomes import Outcome
from journeys.state import TRIALS
from tests.harness.person import Person
from tests.harness.plans import plan_of

TRIED = """
kind: journey
id: tried
version: 1
entry: {event: signup, reentry: {after: PT0S}}
steps:
  try:
    experiment:
      arms: [{id: short}, {id: long}]
      metric: {event: purchase, when: "@event{purchase.total} > 10", within: P7D}
      method: bandit
  pause: {wait: PT1H}
"""
NO_END = TRIED.replace(", within: P7D", "")
FIXED = TRIED.replace("bandit", "fixed")


def inside(text: str = TRIED) -> Person:
    ann = Person(plan_of(text))
    ann.signs_up("e1")
    return ann


def converted(lines: list[str]) -> list[str]:
    return [line for line in lines if " converted" in line]


def told(person: Person) -> list[tuple[str, bool]]:
    counted = [c.report for c in person.commands if isinstance(c, CountTrial)]
    assert all(r.experiment == "tried/1/try" for r in counted)
    return [(r.arm, r.succeeded) for r in counted]


def test_a_success_is_reported_once_under_the_walk_and_the_arm() -> None:
    ann = inside()
    (arm,) = [e.branch for e in ann.step_events if e.outcome is Outcome.PASSED]
    assert ann.buys("e2", total=11) == [f"try converted:{arm}"]
    assert ann.buys("e3", total=12) == []
    event = ann.step_events[-1]
    assert (event.step_id, event.step_kind, event.visit) == ("try", "experiment", 1)
    assert (event.cause, event.trigger_event_id) == ("event", "e2")
    assert event.event_type == "commerce.purchases"
    assert {e.instance_id for e in ann.step_events} == {event.instance_id}
    assert told(ann) == [(arm, False), (arm, True)]
    assert ann.person.trials == []


@pytest.mark.parametrize(
    ("text", "after", "counts"),
    [
        (TRIED, "PT59M", True),
        (TRIED, "PT2H", True),
        (TRIED, "P6DT23H59M59.999S", True),
        (TRIED, "P7D", False),
        (NO_END, "PT59M", True),
        (NO_END, "PT1H", False),
    ],
)
def test_a_success_counts_for_as_long_as_the_metric_says(
    text: str, after: str, *, counts: bool
) -> None:
    ann = inside(text)
    ann.passes(after)
    assert (len(converted(ann.buys(total=11))) == 1) is counts
    assert ann.person.trials == []


def test_an_event_that_ends_the_walk_is_a_success_before_it_does() -> None:
    ann = inside(NO_END.replace("steps:", "exit: [{event: purchase}]\nsteps:"))
    lines = ann.buys(total=11)
    assert [line.split(":")[0] for line in lines] == ["try converted", "pause exited"]


@pytest.mark.parametrize("total", [10, None, "much"])
def test_an_event_that_does_not_meet_the_condition_is_none(total: int | str | None) -> None:
    ann = inside()
    assert ann.buys(total=total) == []
    assert len(ann.person.trials) == 1


def test_a_condition_that_fails_is_no_success_and_harms_nobody() -> None:
    ann = inside(
        TRIED.replace("@event{purchase.total} > 10", "matchRegExp(@event{purchase.a}, 'a+')")
    )
    assert ann.buys(a="b" * 60_000 + "!") == []
    assert ann.places == ["tried v1 pause"]


def test_a_repeat_of_a_success_is_none_for_a_later_trial() -> None:
    ann = inside()
    ann.buys("e2", total=11)
    ann.passes("PT1H")
    ann.signs_up("e3")
    assert ann.buys("e2", total=11) == []
    assert len(converted(ann.buys("e4", total=11))) == 1


def test_an_event_is_the_success_of_every_trial_that_is_open() -> None:
    ann = inside()
    ann.passes("PT1H")
    ann.signs_up("e2")
    assert len(converted(ann.buys(total=11))) == 2
    ids = [e.event_id for e in ann.step_events]
    assert len(set(ids)) == len(ids)


def test_the_event_that_begins_a_walk_is_no_success_of_it() -> None:
    text = TRIED.replace("{event: signup,", "{event: purchase,")
    ann = Person(plan_of(text))
    assert converted(ann.buys(total=11)) == []
    assert len(ann.person.trials) == 1


def test_an_arm_that_leads_to_the_end_still_counts_where_the_metric_says_how_long() -> None:
    ann = inside(TRIED.replace("{id: short}, {id: long}", "{id: a, to: end}, {id: b, to: end}"))
    assert ann.places == []
    ann.passes("P6D")
    assert len(converted(ann.buys(total=11))) == 1


def test_nobody_counts_a_fixed_experiment_but_its_successes_are_reported() -> None:
    ann = inside(FIXED)
    assert len(converted(ann.buys(total=11))) == 1
    assert told(ann) == []


def test_a_rehearsal_is_reported_and_not_counted() -> None:
    ann = inside()
    for trial in ann.person.trials:
        trial.mode = Mode.DRY_RUN
    before = told(ann)
    ann.buys(total=11)
    assert (ann.step_events[-1].outcome, ann.step_events[-1].mode) == ("converted", "dry_run")
    assert told(ann) == before


def test_erasing_a_person_forgets_their_trials() -> None:
    ann = inside()
    ann.changes(None)
    assert ann.stored is None
    assert converted(ann.buys(total=11)) == []


def test_the_oldest_trials_are_forgotten_beyond_the_bound() -> None:
    ann = Person(plan_of(TRIED.replace("PT1H", "PT1S")))
    for _ in range(TRIALS + 3):
        ann.signs_up()
        ann.passes("PT1S")
    assert len(ann.person.trials) == TRIALS
    assert len(converted(ann.buys(total=11))) == TRIALS


def test_people_kept_out_are_tried_on_too() -> None:
    text = TRIED.replace("metric:", "holdout: {percent: 99.9, to: end}\n      metric:")
    ann = inside(text)
    assert ann.buys(total=11) == ["try converted:holdout"]
    assert told(ann) == [("holdout", False), ("holdout", True)]
