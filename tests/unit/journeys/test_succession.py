"""People inside follow what is said of their journey, each before anything else happens to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from journeys.control import (
    CloseJourney,
    EndRehearsal,
    PauseJourney,
    ResumeJourney,
    RollBack,
    StopJourney,
    publish_message,
)
from journeys.messages import JsonObject
from journeys.mode import Mode
from journeys.plan import Plan
from tests.harness.person import Person
from tests.harness.plans import plan_of

FIRST = """
kind: journey
id: walk
version: 1
entry: {event: signup, reentry: {after: PT0S}}
steps:
  pause: {wait: PT2H}
  ask: {action: score, with: {reason: x}}
  race:
    first_of:
      - {event: purchase, to: mail}
      - {wait: P1D, to: end}
  mail: {action: mail}
  rest: {wait: PT1H}
"""
SECOND = (
    FIRST.replace("version: 1", "version: 2")
    .replace("pause: {wait: PT2H}", "hold: {wait: PT5H}")
    .replace("ask: {action: score, with: {reason: x}}", "query: {action: score, with: {reason: y}}")
    .replace("event: purchase, to: mail", "event: visit, to: mail")
    .replace("mail: {action: mail}\n", "mail: {wait: PT3H}\n")
    .replace("  rest: {wait: PT1H}\n", "")
)
MOVES = {"pause": "hold", "ask": "query", "rest": "end"}
PROFILE: JsonObject = {"email": "ann@example.org"}


def second(**fields: object) -> Plan:
    chosen = {"in_flight": "move", "moves": MOVES, **fields}
    return replace(plan_of(SECOND), **chosen)  # type: ignore[arg-type]


def at(step: str) -> Person:
    """Give a person who stands at a step of the first version."""
    ann = Person(plan_of(FIRST), profile=PROFILE)
    ann.signs_up()
    for reached in ("pause", "ask", "race", "mail", "rest"):
        if step == reached:
            break
        match reached:
            case "pause":
                ann.passes("PT2H")
            case "race":
                ann.buys()
            case _:
                ann.resolve()
    assert ann.places == [f"walk v1 {step}"]
    return ann


def test_a_wait_ends_when_it_was_to_end() -> None:
    ann = at("pause")
    ann.passes("PT1H")
    assert ann.hears(publish_message(second())) == ["pause moved_out:v2", "hold moved_in"]
    assert ann.passes("PT1H") == ["hold passed", "query requested"]


def test_an_answer_under_way_comes_to_the_new_step() -> None:
    ann = at("ask")
    ann.hears(publish_message(second()))
    assert ann.places == ["walk v2 query"]
    assert ann.resolve(response={"n": 1}) == ["query succeeded", "race waiting"]
    assert ann.person.instances[0].actions["query"]["n"] == 1


def test_a_race_listens_to_what_the_new_version_races_for_and_its_time_runs_on() -> None:
    ann = at("race")
    ann.passes("PT20H")
    ann.hears(publish_message(second()))
    assert ann.buys() == []
    assert ann.event("web.visit") == ["race passed:visit", "mail waiting"]
    bob = at("race")
    bob.passes("PT20H")
    bob.hears(publish_message(second()))
    assert bob.passes("PT4H") == ["race passed:wait", "race completed"]


def test_a_step_of_another_kind_is_entered_anew() -> None:
    ann = at("mail")
    trace = ann.hears(publish_message(second()))
    assert trace == ["mail moved_out:v2", "mail moved_in", "mail waiting"]
    assert ann.resolve() == [], "the answer of the step that is left changes nothing"
    assert ann.passes("PT3H") == ["mail passed", "mail completed"]


def test_who_is_mapped_to_the_end_has_completed() -> None:
    ann = at("rest")
    trace = ann.hears(publish_message(second()))
    assert trace == ["rest moved_out:v2", "end moved_in", "end completed"]


@pytest.mark.parametrize(
    ("fields", "trace", "places"),
    [
        ({"in_flight": "finish"}, [], ["walk v1 pause"]),
        ({"in_flight": "exit"}, ["pause exited (forced)"], []),
        ({"moves": {}}, ["pause exited (not_mapped)"], []),
        ({"exceptions": {"pause": "finish"}}, [], ["walk v1 pause"]),
        ({"exceptions": {"pause": "exit"}}, ["pause exited (forced)"], []),
        ({"in_flight": "exit", "exceptions": {"pause": "move"}}, None, ["walk v2 hold"]),
    ],
)
def test_the_author_chooses_for_the_journey_and_for_single_steps(
    fields: dict[str, object], trace: list[str] | None, places: list[str]
) -> None:
    ann = at("pause")
    found = ann.hears(publish_message(second(**fields)))
    assert trace is None or found == trace
    assert ann.places == places


def test_whoever_finishes_an_old_version_is_judged_by_the_step_of_that_moment() -> None:
    ann = at("pause")
    ann.hears(publish_message(second(exceptions={"pause": "finish"})))
    ann.passes("PT2H")
    assert ann.places == ["walk v1 ask"], "though those at `ask` were to move"


def test_a_person_who_was_away_follows_every_turn_in_order() -> None:
    ann = at("pause")
    plans = ann.plans
    for plan in (second(), replace(second(), version=3, in_flight="move", moves={})):
        plans.publish(plan)
    assert ann.passes("PT1S", asleep=True) == [
        "pause moved_out:v2",
        "hold moved_in",
        "hold moved_out:v3",
        "hold moved_in",
    ]
    assert ann.places == ["walk v3 hold"]


def test_going_back_brings_them_to_the_step_from_where_they_came() -> None:
    merged = second(moves={**MOVES, "ask": "hold"})
    for step in ("pause", "ask"):
        ann = at(step)
        ann.hears(publish_message(merged))
        assert ann.places == ["walk v2 hold"]
        back = RollBack(plan=plan_of(FIRST), moves={"hold": "pause"})
        ann.hears(back)
        assert ann.places == [f"walk v1 {step}"], "though two steps led to one"


def test_going_back_after_going_on_follows_the_map() -> None:
    ann = at("pause")
    ann.hears(publish_message(second()))
    ann.passes("PT2H")
    ann.resolve()
    assert ann.places == ["walk v2 race"]
    ann.hears(RollBack(plan=plan_of(FIRST), moves={"hold": "pause"}))
    assert ann.places == ["walk v1 race"]
    assert ann.buys() == ["race passed:purchase", "mail requested"]


def test_no_report_has_the_id_of_another_however_often_people_move() -> None:
    ann = at("pause")
    ann.hears(publish_message(second()))
    for number in (3, 5, 7):
        ann.hears(RollBack(plan=plan_of(FIRST), moves={"hold": "pause"}))
        ann.hears(publish_message(replace(second(), version=number)))
    ann.passes("P3D")
    ids = [event.event_id for event in ann.step_events]
    assert len(ids) == len(set(ids))


def test_reactions_to_a_message_find_the_step_that_was_renamed() -> None:
    text = FIRST.replace(
        "event: purchase, to: mail", "reaction: {step: ask, is: clicked}, to: mail"
    )
    first = plan_of(text.replace("action: score, with: {reason: x}", "action: mail"))
    text = text.replace("ask: {action: score, with: {reason: x}}", "letter: {action: mail}")
    later = plan_of(text.replace("version: 1", "version: 2").replace("step: ask", "step: letter"))
    ann = Person(first, profile=PROFILE)
    ann.signs_up()
    ann.passes("PT2H")
    ann.resolve()
    request = ann.requests[-1]
    ann.hears(publish_message(replace(later, in_flight="move", moves={"ask": "letter"})))
    assert ann.reacts("clicked", request) == ["race passed:clicked", "mail requested"]


# Pause, close, stop.

PAUSE, RESUME = PauseJourney(journey="walk"), ResumeJourney(journey="walk")


def test_in_a_pause_nobody_enters_and_nothing_that_acts_happens() -> None:
    ann = at("pause")
    ann.hears(PAUSE)
    bob = Person(plan_of(FIRST))
    bob.hears(PAUSE)
    assert bob.signs_up() == ["entry not_entered (paused)"]
    before = len(ann.requests)
    assert ann.passes("P1D") == ["pause passed", "ask held"]
    assert len(ann.requests) == before
    assert ann.hears(RESUME) == ["ask requested"]


def test_a_call_under_way_ends_and_what_follows_is_held() -> None:
    ann = at("race")
    ann.hears(PAUSE)
    assert ann.buys() == ["race passed:purchase", "mail held"]
    assert ann.hears(RESUME) == ["mail requested"]


def test_events_of_the_pause_are_acted_on_after_it() -> None:
    ann = at("pause")
    ann.passes("PT1H")
    ann.hears(PAUSE)
    ann.passes("PT2H")
    assert ann.buys() == []
    ann.hears(RESUME)
    assert ann.resolve() == [
        "ask succeeded",
        "race waiting",
        "race passed:purchase",
        "mail requested",
    ]


def test_a_pause_can_let_people_out_instead() -> None:
    ann = at("pause")
    ann.hears(PauseJourney(journey="walk", then="discard"))
    assert ann.passes("PT2H") == ["pause passed", "ask exited (paused)"]


def test_a_pause_that_ends_by_itself_needs_nobody() -> None:
    ann = at("pause")
    ann.hears(PauseJourney(journey="walk", until=ann.now + 3 * 3_600_000))
    assert ann.passes("PT2H") == ["pause passed", "ask held"]
    assert ann.passes("PT1H") == ["ask requested"]


def test_held_twice_is_told_twice_and_sent_once() -> None:
    ann = at("pause")
    ann.hears(PAUSE)
    ann.passes("PT2H")
    ann.hears(PauseJourney(journey="walk", until=ann.now + 60_000))
    assert ann.passes("PT1M") == ["ask requested"]
    ids = [event.event_id for event in ann.step_events]
    assert len(ids) == len(set(ids))


def test_exit_criteria_and_timeouts_hold_in_a_pause() -> None:
    text = FIRST.replace("steps:", "timeout: P2D\nexit: [{event: visit}]\nsteps:")
    ann = Person(plan_of(text), profile=PROFILE)
    ann.signs_up()
    ann.hears(PAUSE)
    ann.passes("PT2H")
    assert ann.passes("P2D") == ["ask exited (timeout)"]
    bob = Person(plan_of(text), profile=PROFILE)
    bob.signs_up()
    bob.hears(PAUSE)
    bob.passes("PT2H")
    assert bob.event("web.visit") == ["ask exited:visit (exit_criteria)"]


def test_a_person_can_be_moved_while_held() -> None:
    ann = at("pause")
    ann.hears(PAUSE)
    ann.passes("PT2H")
    assert ann.hears(publish_message(second())) == ["ask moved_out:v2", "query moved_in"]
    assert ann.hears(RESUME) == ["query requested"]


def test_closing_lets_those_inside_go_on_and_stopping_does_not() -> None:
    ann = at("pause")
    assert ann.hears(CloseJourney(journey="walk")) == []
    assert ann.passes("PT2H") == ["pause passed", "ask requested"]
    assert ann.hears(StopJourney(journey="walk")) == ["ask exited (stopped)"]
    assert ann.signs_up() == ["entry not_entered (stopped)"]
    assert ann.resolve() == []


def test_a_new_version_begins_after_a_stop_and_those_of_before_stay_out() -> None:
    ann = at("pause")
    ann.hears(StopJourney(journey="walk"))
    ann.hears(publish_message(second()))
    assert ann.signs_up() == ["entry entered", "hold waiting"]


# Rehearsals.


def test_a_test_takes_flagged_people_and_shortens_waits() -> None:
    ann = Person(profile={**PROFILE, "testProfile": True})
    ann.hears(publish_message(plan_of(FIRST), Mode.TEST))
    assert ann.signs_up() == ["entry entered", "pause waiting"]
    assert ann.passes("PT10S") == ["pause passed", "ask requested"]
    bob = Person(profile=PROFILE)
    bob.hears(publish_message(plan_of(FIRST), Mode.TEST))
    assert bob.signs_up() == ["entry not_entered (not_test_profile)"]


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.SHADOW])
def test_a_silent_rehearsal_decides_and_sends_nothing(mode: Mode) -> None:
    ann = Person(plan_of(FIRST), profile=PROFILE)
    ann.hears(publish_message(second(), mode))
    trace = ann.signs_up()
    assert trace.count("entry entered") == 2
    ann.passes("PT5H")
    assert {request.journey_version for request in ann.requests} == {1}
    silent = [event for event in ann.step_events if event.mode is mode]
    assert "dry_run" in {event.reason for event in silent}
    assert {event.journey_version for event in silent} == {2}


def test_the_people_of_a_rehearsal_leave_with_it_and_never_become_real() -> None:
    ann = Person(plan_of(FIRST), profile=PROFILE)
    ann.hears(publish_message(second(), Mode.SHADOW))
    ann.signs_up()
    assert ann.hears(EndRehearsal(journey="walk")) == ["hold exited (rehearsal_over)"]
    assert ann.places == ["walk v1 pause"]
    bob = Person(plan_of(FIRST), profile=PROFILE)
    bob.hears(publish_message(second(), Mode.SHADOW))
    bob.signs_up()
    trace = bob.hears(publish_message(second()))
    assert sorted(trace) == [
        "hold exited (rehearsal_over)",
        "hold moved_in",
        "pause moved_out:v2",
    ]


def test_a_trial_that_begins_again_begins_with_nobody() -> None:
    ann = Person(profile=PROFILE)
    ann.hears(publish_message(plan_of(FIRST), Mode.DRY_RUN))
    ann.signs_up()
    changed = replace(plan_of(FIRST), label="other")
    assert ann.hears(publish_message(changed, Mode.DRY_RUN)) == ["pause exited (rehearsal_over)"]
    assert ann.signs_up() == ["entry entered", "pause waiting"]
