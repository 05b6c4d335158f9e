"""Tests, dry runs and shadows: what is real in each, row by row as docs/how-to/rehearse.md says."""

from __future__ import annotations

import pytest

from journeys.command import CountTrial
from journeys.control import (
    CloseJourney,
    ContradictionError,
    EndRehearsal,
    PauseJourney,
    publish_message,
)
from journeys.messages import ActionStatus, JsonObject
from journeys.mode import Mode
from tests.harness.person import Person
from tests.harness.plans import plan_of, plans_of

FLAGGED: JsonObject = {"testProfile": True, "email": "a@example.org", "firstName": "A"}
SILENT = (Mode.DRY_RUN, Mode.SHADOW)
REHEARSED = (Mode.TEST, *SILENT)
EMPTY = """
kind: journey
id: tried
version: 1
entry: {event: visit}
steps:
  pause: {wait: PT1S}
"""
TRIED = """
kind: journey
id: tried
version: 2
entry: {event: signup, reentry: {after: PT0S}}
steps:
"""
OTHER = """
---
kind: journey
id: other
version: 1
entry: {event: purchase}
steps:
  stay: {wait: P1D}
"""


def rehearsing(mode: Mode, steps: str, profile: JsonObject | None = None, more: str = "") -> Person:
    """Give somebody beside a live version that does not listen to sign-ups."""
    plans = {(p.journey, p.version): p for p in plans_of(more + TRIED + steps + OTHER)}
    version_2 = plans.pop(("tried", 2))
    ann = Person(plan_of(EMPTY), *plans.values(), profile={**FLAGGED, **(profile or {})})
    ann.simulator.say(publish_message(version_2, mode))
    return ann


# What is real in which mode.


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(
    ("step", "real", "rehearsed"),
    [
        ("{action: mail}", "here requested", "here not_sent (dry_run)"),
        ("{action: score, with: {reason: x}}", "here requested", "here not_sent (dry_run)"),
        ("{update_profile: {tier: gold}}", "here passed", "here passed (dry_run)"),
        ("{emit: {type: a.b}}", "here passed", "here passed (dry_run)"),
        ("{jump: other}", "here passed", "here passed (dry_run)"),
        ("{lookup: stock}", "here requested", "here requested"),
        ("{cap: 2}", "here waiting", "here waiting"),
    ],
)
def test_what_acts_is_real_but_in_a_silent_mode(
    mode: Mode, step: str, real: str, rehearsed: str
) -> None:
    source = "kind: source\nid: stock\nurl: https://stock.example/\n---"
    ann = rehearsing(mode, f"  here: {step}\n  on: {{wait: P1D}}\n", more=source)
    told = ann.signs_up(plan="basic")
    assert told[:2] == ["entry entered", rehearsed if mode in SILENT else real]
    assert {e.mode for e in ann.step_events if e.journey_id == "tried"} == {mode}
    assert len(ann.requests) == (told[1] in ("here requested", "here waiting"))
    assert len(ann.emitted) == ("emit" in step and mode not in SILENT)
    assert ("tier" in ann.attributes) == ("profile" in step and mode not in SILENT)
    assert ("other v1 stay" in ann.places) == ("jump" in step and mode not in SILENT)


@pytest.mark.parametrize("mode", SILENT)
def test_a_message_that_is_not_sent_says_which_it_would_have_been(mode: Mode) -> None:
    ann = rehearsing(
        mode, "  here: {action: mail, on: {error: on, not_sent: on}}\n  on: {wait: P1D}\n"
    )
    ann.signs_up(plan="basic")
    told = ann.step_events[1]
    assert (told.action_id, told.channel, told.next_step_id) == ("mail", "email", "on")


@pytest.mark.parametrize("mode", Mode)
def test_consent_is_asked_in_every_mode(mode: Mode) -> None:
    refusing: JsonObject = {"consents": {"marketing": {"email": {"val": "n"}}}}
    ann = rehearsing(mode, "  here: {action: mail}\n", refusing)
    assert ann.signs_up(plan="basic")[1] == "here not_sent:not_sent (no_consent)"


@pytest.mark.parametrize("mode", Mode)
def test_policies_hold_and_count_for_real_only(mode: Mode) -> None:
    limits = "caps: [{at_most: 1, per: P1D}]\nentries: {at_most: 5, per: P1D}"
    policy = f"kind: policy\nid: calm\n{limits}\n---"
    ann = rehearsing(mode, "  here: {action: mail}\n  again: {action: mail}\n", more=policy)
    ann.signs_up(plan="basic")
    if mode not in SILENT:
        ann.resolve()
    told = [e for e in ann.step_events if e.step_id == "again"]
    assert (told[0].reason == "frequency_cap") == (mode is Mode.LIVE)
    assert bool(ann.person.contacts) == bool(ann.person.entries) == (mode is Mode.LIVE)


@pytest.mark.parametrize("mode", Mode)
def test_a_rehearsal_takes_no_place_from_anyone(mode: Mode) -> None:
    ann = rehearsing(mode, "  here: {cap: 1}\n")
    ann.signs_up()
    life = ann.simulator.plans.life("tried")
    rehearsed = "" if mode is Mode.LIVE else f"/{mode}/{life.revision if life else None}"
    assert ann.requests[0].endpoint == f"cap/tried/2/here{rehearsed}"


@pytest.mark.parametrize("mode", REHEARSED)
def test_a_rehearsal_that_begins_again_has_all_its_places(mode: Mode) -> None:
    ann = rehearsing(mode, "  here: {cap: 1}\n")
    ann.signs_up()
    version_2 = ann.simulator.plans.find("tried", 2)
    assert version_2 is not None
    ann.simulator.say(publish_message(version_2, mode))
    ann.signs_up()
    assert len({request.endpoint for request in ann.requests}) == 2


@pytest.mark.parametrize("mode", Mode)
def test_only_real_trials_move_a_bandit_and_silent_ones_are_not_watched(mode: Mode) -> None:
    arms = "arms: [{id: one, to: on}, {id: other, to: on}], metric: {event: purchase}"
    ann = rehearsing(
        mode, f"  here: {{experiment: {{{arms}, method: bandit}}}}\n  on: {{wait: PT5S}}\n"
    )
    ann.signs_up()
    ann.buys()
    counted = [c for c in ann.commands if isinstance(c, CountTrial)]
    converted = [e for e in ann.step_events if e.outcome == "converted"]
    assert len(counted) == (2 if mode is Mode.LIVE else 0)
    assert [e.mode for e in converted] == ([] if mode in SILENT else [mode])


@pytest.mark.parametrize("mode", Mode)
def test_nobody_reacts_to_what_was_not_sent(mode: Mode) -> None:
    race = "{first_of: [{reaction: {step: here, is: clicked}, to: end}, {wait: PT5S, to: lost}]}"
    ann = rehearsing(mode, f"  here: {{action: mail}}\n  race: {race}\n  lost: {{end: failed}}\n")
    ann.signs_up(plan="basic")
    if mode not in SILENT:
        ann.resolve()
        ann.reacts("clicked")
    ann.passes("PT5S")
    assert ann.step_events[-1].outcome == ("failed" if mode in SILENT else "completed")


@pytest.mark.parametrize("mode", REHEARSED)
def test_pausing_and_closing_the_live_version_does_not_reach_a_rehearsal(mode: Mode) -> None:
    ann = rehearsing(mode, "  here: {update_profile: {tier: gold}}\n  on: {wait: PT1S}\n")
    for command in (PauseJourney(journey="tried"), CloseJourney(journey="tried")):
        ann.simulator.say(command)
        assert ann.signs_up()[:1] == ["entry entered"]
        ann.passes("PT1S")


# Waits of a test.


@pytest.mark.parametrize(
    ("mode", "longest_ms", "over_after"),
    [
        (Mode.TEST, None, "PT10S"),
        (Mode.TEST, 5_000, "PT5S"),
        (Mode.TEST, 0, "PT0S"),
        (Mode.DRY_RUN, None, "P1D"),
        (Mode.SHADOW, 5_000, "P1D"),
    ],
)
@pytest.mark.parametrize(
    "wait", ["{wait: P1D}", "{first_of: [{event: visit, to: end}, {wait: P1D, to: end}]}"]
)
def test_waits_are_short_in_a_test_only(
    mode: Mode, longest_ms: int | None, over_after: str, wait: str
) -> None:
    ann = Person(profile=FLAGGED)
    plan = plan_of(TRIED + f"  here: {wait}\n  on: {{wait: P2D}}\n")
    ann.simulator.say(publish_message(plan, mode, longest_ms))
    ann.signs_up()
    due = ann.step_events[1].due_at
    ann.passes(over_after)
    assert due == ann.now
    ended = [e.step_id for e in ann.step_events if e.outcome in ("passed", "completed")]
    assert "here" in ended


# Who comes to a rehearsal.


def beside_live(mode: Mode, profile: JsonObject, entry: str = "event: signup") -> Person:
    audience = "kind: audience\nid: gold\nwhen: \"#{profile.tier} == 'gold'\"\n---"
    text = audience + TRIED + "  stay: {wait: PT2S}\n"
    text = text.replace(
        "event: signup, reentry: {after: PT0S}", f"{entry}, reentry: {{after: P1D}}"
    )
    ann = Person(plan_of(text.replace("version: 2", "version: 1")), profile=profile)
    ann.simulator.say(publish_message(plan_of(text), mode))
    return ann


@pytest.mark.parametrize("entry", ["event: signup", "audience: {id: gold}"])
def test_others_are_not_offered_a_test_beside_a_live_version(entry: str) -> None:
    bob, ann = beside_live(Mode.TEST, {}, entry), beside_live(Mode.TEST, FLAGGED, entry)
    for person in (bob, ann):
        person.signs_up("e1")
        person.signs_up("e1")
        person.changes({"tier": "gold"})
    assert {e.journey_version for e in bob.step_events} == {1}
    assert ann.places == ["tried v1 stay", "tried v2 stay"]


def test_others_are_told_why_where_there_is_no_live_version() -> None:
    ann = Person()
    ann.simulator.say(publish_message(plan_of(TRIED + "  on: {wait: PT1S}\n"), Mode.TEST))
    assert ann.signs_up() == ["entry not_entered (not_test_profile)"]


@pytest.mark.parametrize("mode", SILENT)
def test_a_silent_version_goes_before_the_live_one(mode: Mode) -> None:
    ann = beside_live(mode, {})
    ann.signs_up()
    assert [e.mode for e in ann.step_events] == [mode, mode, Mode.LIVE, Mode.LIVE]
    ann.passes("PT2S")
    assert [e.mode for e in ann.step_events][4:] == [mode, mode, Mode.LIVE, Mode.LIVE]


@pytest.mark.parametrize("mode", REHEARSED)
def test_a_jump_of_a_real_walk_is_offered_to_a_rehearsal_too(mode: Mode) -> None:
    jumping = OTHER.replace("other", "first").replace("purchase", "visit")
    jumping = jumping.replace("stay: {wait: P1D}", "on: {jump: tried}") + "---"
    live = TRIED.replace("version: 2", "version: 1") + "  stay: {wait: P1D}\n"
    ann = Person(*plans_of(jumping + live), profile=FLAGGED)
    ann.simulator.say(publish_message(plan_of(TRIED + "  stay: {wait: P1D}\n"), mode))
    ann.event("web.visit")
    assert sorted(ann.places) == ["tried v1 stay", "tried v2 stay"]


# What a rehearsal remembers.


@pytest.mark.parametrize("mode", REHEARSED)
@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("reentry: {allowed: false}", "reentry_not_allowed"),
        ("reentry: {after: P1D}", "reentry_too_early"),
        ("debounce: PT1H, reentry: {after: PT0S}", "debounced"),
    ],
)
def test_each_run_of_a_rehearsal_counts_its_own_walks(mode: Mode, rule: str, reason: str) -> None:
    text = TRIED.replace("reentry: {after: PT0S}", rule) + "  on: {wait: PT1S}\n"
    live, rehearsed = plan_of(text.replace("version: 2", "version: 1")), plan_of(text)
    ann = Person(live, profile=FLAGGED)
    ann.simulator.say(publish_message(rehearsed, mode))
    for _ in range(2):
        ann.signs_up()
        ann.passes("PT5S")
    fates = {
        m: [str(e.reason) for e in ann.step_events if (e.step_id, e.mode) == ("entry", m)]
        for m in Mode
    }
    assert fates[mode] == fates[Mode.LIVE] == ["None", reason]
    ann.simulator.say(publish_message(rehearsed, mode))
    ann.signs_up()
    assert [e.outcome for e in ann.step_events if e.mode is mode][-2:] == ["entered", "waiting"]


@pytest.mark.parametrize("mode", REHEARSED)
def test_rules_of_entry_hold_without_a_live_version(mode: Mode) -> None:
    once = TRIED.replace("{after: PT0S}", "{allowed: false}") + "  on: {wait: PT1S}\n"
    ann = Person(profile=FLAGGED)
    ann.simulator.say(publish_message(plan_of(once), mode))
    ann.signs_up()
    ann.passes("P2D")
    assert ann.signs_up() == ["entry not_entered (reentry_not_allowed)"]
    ann.simulator.say(EndRehearsal(journey="tried"))
    ann.signs_up()
    ann.passes("P2D")
    assert ann.stored is None, "nothing is kept of a rehearsal that is over"


# Again, and for real.


@pytest.mark.parametrize("mode", REHEARSED)
def test_other_content_of_the_same_version_takes_its_place(mode: Mode) -> None:
    ann = rehearsing(mode, "  here: {wait: PT5S}\n")
    ann.signs_up()
    ann.simulator.say(publish_message(plan_of(TRIED + "  there: {wait: PT5S}\n"), mode))
    assert ann.step_events[-1].reason == "rehearsal_over"
    ann.signs_up()
    assert ann.places == ["tried v2 there"]


@pytest.mark.parametrize("mode", REHEARSED)
def test_the_same_version_can_be_published_for_real_afterwards(mode: Mode) -> None:
    ann = rehearsing(mode, "  here: {wait: PT5S}\n")
    ann.signs_up()
    ann.simulator.say(publish_message(plan_of(TRIED + "  there: {wait: PT5S}\n")))
    assert ann.step_events[-1].reason == "rehearsal_over"
    ann.signs_up()
    assert ann.places == ["tried v2 there"]
    assert ann.step_events[-1].mode is Mode.LIVE


@pytest.mark.parametrize("mode", REHEARSED)
def test_a_published_version_is_not_rehearsed(mode: Mode) -> None:
    ann = Person(plan_of(EMPTY))
    with pytest.raises(ContradictionError, match="not newer than version 1, which is published"):
        ann.simulator.say(publish_message(plan_of(EMPTY), mode))


def test_in_a_test_the_answer_of_an_action_is_real() -> None:
    ann = rehearsing(
        Mode.TEST,
        "  here: {action: score, with: {reason: x}, on: {error: lost}}\n  lost: {end: failed}\n",
    )
    ann.signs_up()
    ann.resolve(status=ActionStatus.ERROR)
    assert ann.step_events[-1].outcome == "failed"
