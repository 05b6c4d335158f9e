"""The main loop: who enters, who is woken, what is due when, and what a repeat changes."""

from __future__ import annotations

import pytest

from journeys.activation import ActionResolved
from journeys.entry import MAX_INSTANCES
from journeys.expressions import values
from journeys.messages import JsonValue
from journeys.plan import Plan
from tests.harness.person import Person
from tests.harness.plans import COMMON, SIMPLE, compiled, plan_of

ENTERED = ["entry entered", "pause waiting"]
LEFT = ["pause passed", "pause completed"]
KEYED = """
kind: journey
id: carts
version: 1
entry: {event: signup, key: "@event{signup.cart}", reentry: {after: PT0S}}
steps:
  pause: {wait: PT1H}
"""
RACE = """
kind: journey
id: race
version: 1
entry: {event: signup}
steps:
  pause: {wait: PT1H}
  react:
    first_of:
      - {event: purchase, to: bought}
      - {wait: PT1H, to: silent}
  bought: {end: completed}
  silent: {end: failed}
"""


def entry(rules: str) -> Plan:
    return plan_of(SIMPLE.replace("{event: signup}", rules))


# Entry.


def test_the_entry_event_begins_a_walk() -> None:
    ann = Person(plan_of(SIMPLE))
    assert ann.signs_up() == ENTERED
    assert ann.places == ["simple v1 pause"]


def test_an_event_that_is_no_entry_begins_none() -> None:
    ann = Person(plan_of(RACE))
    assert ann.buys() == []
    assert (ann.places, ann.ignored) == ([], [])


def test_an_event_that_nobody_listens_to_is_counted() -> None:
    ann = Person(plan_of(SIMPLE))
    assert ann.event("web.unheard") == []
    assert ann.ignored == ["web.unheard"]
    assert ann.stored is None


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (50, ENTERED),
        (49, ["entry not_entered (condition)"]),
        (None, ["entry not_entered (condition)"]),
        ("many", ["entry not_entered (condition)"]),
    ],
)
def test_the_entry_condition_decides_and_null_is_no(total: object, expected: list[str]) -> None:
    ann = Person(entry('{event: signup, when: "@event{signup.total} >= 50"}'))
    assert ann.signs_up(total=total) == expected  # type: ignore[arg-type]


def test_the_entry_condition_reads_the_profile_and_its_id() -> None:
    plan = entry("""{event: signup, when: "#{profile.vip} and #{profile.id} == 'ann'"}""")
    assert Person(plan, profile={"vip": True}).signs_up() == ENTERED
    assert Person(plan, profile={"vip": True}, name="bob").signs_up() != ENTERED


def test_the_entry_condition_reads_the_clock_in_the_journey_s_zone() -> None:
    rules = """{event: signup, when: "substr(toString(now()), 11, 13) == '17'"}"""
    text = SIMPLE.replace("{event: signup}", rules)
    tokyo = plan_of(text.replace("version: 1", "version: 1\ntimezone: Asia/Tokyo"))
    own = plan_of(text.replace("version: 1", "version: 1\ntimezone: profile"))
    assert Person(tokyo).signs_up() == ENTERED
    assert Person(own, profile={"timeZone": "Asia/Tokyo"}).signs_up() == ENTERED
    assert Person(own, profile={"timeZone": "Mars/Base"}).signs_up() != ENTERED
    assert Person(own, profile={"timeZone": 7}).signs_up() != ENTERED


def test_somebody_inside_does_not_enter_again() -> None:
    ann = Person(plan_of(SIMPLE))
    ann.signs_up()
    assert ann.signs_up() == ["entry not_entered (already_inside)"]
    assert len(ann.places) == 1


def test_somebody_who_left_enters_again_after_five_minutes_by_default() -> None:
    ann = Person(plan_of(SIMPLE))
    ann.signs_up()
    assert ann.passes("PT1H") == LEFT
    ann.passes("PT4M59S")
    assert ann.signs_up() == ["entry not_entered (reentry_too_early)"]
    ann.passes("PT1S")
    assert ann.signs_up() == ENTERED


def test_reentry_may_be_forbidden() -> None:
    ann = Person(entry("{event: signup, reentry: {allowed: false}}"))
    ann.signs_up()
    ann.passes("P30D")
    assert ann.signs_up() == ["entry not_entered (reentry_not_allowed)"]


def test_reentry_may_be_at_once() -> None:
    ann = Person(entry("{event: signup, reentry: {after: PT0S}}"))
    ann.signs_up()
    ann.passes("PT1H")
    assert ann.signs_up() == ENTERED


def test_a_key_lets_a_person_walk_once_per_value() -> None:
    ann = Person(plan_of(KEYED))
    assert ann.signs_up(cart="a") == ENTERED
    assert ann.signs_up(cart="b") == ENTERED
    assert ann.signs_up(cart="a") == ["entry not_entered (already_inside)"]
    assert [i.key for i in ann.person.instances] == ["a", "b"]
    assert ann.passes("PT1H") == LEFT + LEFT


def test_reentry_is_judged_for_each_value_of_the_key() -> None:
    ann = Person(plan_of(KEYED.replace("after: PT0S", "allowed: false")))
    ann.signs_up(cart="a")
    ann.passes("PT1H")
    assert ann.signs_up(cart="a") == ["entry not_entered (reentry_not_allowed)"]
    assert ann.signs_up(cart="b") == ENTERED


@pytest.mark.parametrize("cart", [None, ""])
def test_an_entry_key_without_value_lets_nobody_in(cart: str | None) -> None:
    ann = Person(plan_of(KEYED))
    assert ann.signs_up(cart=cart) == ["entry not_entered (no_key)"]


def test_walks_of_one_person_at_once_are_bounded() -> None:
    ann = Person(plan_of(KEYED))
    for n in range(MAX_INSTANCES):
        assert ann.signs_up(cart=str(n)) == ENTERED
    assert ann.signs_up(cart="more") == ["entry not_entered (too_many_instances)"]


def test_leaves_that_are_remembered_are_bounded() -> None:
    ann = Person(plan_of(KEYED.replace("after: PT0S", "after: P91D")))
    for n in range(300):
        ann.signs_up(cart=str(n))
        ann.passes("PT1H")
    assert len(ann.person.left) == 256
    assert "carts\x1f299" in ann.person.left


def test_one_event_may_begin_several_journeys_in_an_order_that_no_restart_changes() -> None:
    plans = [plan_of(SIMPLE), plan_of(RACE)]
    for published in (plans, plans[::-1]):
        ann = Person(*published)
        assert ann.signs_up() == ENTERED + ENTERED
        assert ann.places == ["race v1 pause", "simple v1 pause"]


def test_an_entry_condition_past_a_bound_lets_nobody_in_and_says_so() -> None:
    when = "listSize(@event{signup.items}) > 0"
    ann = Person(entry(f'{{event: signup, when: "{when}"}}'))
    items: JsonValue = [0] * (values.MAX_ITEMS + 1)
    assert ann.signs_up(items=items) == ["entry not_entered (expression_error)"]
    assert "too long" in (ann.step_events[0].detail or "")
    assert ann.ignored == []


def test_an_event_condition_past_a_bound_lets_nobody_in_and_says_so() -> None:
    own = COMMON.replace(
        "match: {eventType: account.signup}",
        'match: {eventType: account.signup}\nwhen: "listSize(@event{signup.items}) > 0"',
    )
    (plan,) = compiled(own + SIMPLE).plans.values()
    ann = Person(plan)
    items: JsonValue = [0] * (values.MAX_ITEMS + 1)
    assert ann.signs_up(items=items) == ["entry not_entered (expression_error)"]
    assert ann.ignored == [], "an event is counted once, as refused"
    assert ann.signs_up(items=[1]) == ENTERED
    assert ann.signs_up(items=[]) == []
    assert ann.ignored == ["account.signup"]


# Races of events and timers.


def test_an_event_before_the_race_begins_does_not_count() -> None:
    ann = Person(plan_of(RACE))
    ann.signs_up()
    assert ann.buys() == []
    assert ann.passes("PT1H") == ["pause passed", "react waiting"]


def test_an_event_during_the_race_wins_it() -> None:
    ann = Person(plan_of(RACE))
    ann.signs_up()
    ann.passes("PT1H30M")
    assert ann.buys() == ["react passed:purchase", "bought completed"]


def test_an_event_at_the_very_instant_of_the_timer_goes_first() -> None:
    ann = Person(plan_of(RACE))
    ann.signs_up()
    ann.passes("PT1H")
    ann.now += 3_600_000
    assert ann.buys() == ["react passed:purchase", "bought completed"]


def test_a_timer_that_was_due_before_goes_before_the_event() -> None:
    ann = Person(plan_of(RACE))
    ann.signs_up()
    ann.passes("PT1H")
    ann.now += 3_600_001
    assert ann.buys() == ["react passed:wait", "silent failed (ended_as_failed)"]


def test_an_event_at_the_instant_at_which_the_race_begins_comes_too_early() -> None:
    ann = Person(plan_of(RACE))
    ann.signs_up()
    ann.now += 3_600_000
    assert ann.buys() == ["pause passed", "react waiting"]
    assert ann.buys() == ["react passed:purchase", "bought completed"]


def test_a_late_timer_counts_the_next_wait_from_when_it_fired() -> None:
    ann = Person(plan_of(RACE))
    ann.signs_up()
    assert ann.passes("PT5H", asleep=True) == ["pause passed", "react waiting"]
    assert ann.person.due == ann.now + 3_600_000


def test_late_timers_fire_in_the_order_of_their_instants() -> None:
    long = plan_of(SIMPLE.replace("id: simple", "id: long").replace("PT1H", "PT2H"))
    ann = Person(long, plan_of(SIMPLE))
    ann.signs_up()
    ann.passes("PT5H", asleep=True)
    left = [e.journey_id for e in ann.step_events if e.outcome == "completed"]
    assert left == ["simple", "long"]


def test_a_walk_does_not_react_to_the_event_that_began_it() -> None:
    text = RACE.replace("event: purchase", "event: signup").replace("  pause: {wait: PT1H}\n", "")
    ann = Person(plan_of(text))
    assert ann.signs_up() == ["entry entered", "react waiting"]
    assert ann.signs_up() == [
        "react passed:signup",
        "bought completed",
        "entry not_entered (reentry_too_early)",
    ]


def test_nobody_is_woken_before_time() -> None:
    ann = Person(plan_of(SIMPLE))
    ann.signs_up()
    ann.now += 3_599_999
    assert ann.passes("PT0S", asleep=True) == []


# Repeats.


def test_a_repeated_event_begins_no_second_walk() -> None:
    ann = Person(entry("{event: signup, reentry: {after: PT0S}}"))
    ann.signs_up("e1")
    ann.passes("PT1H")
    assert ann.signs_up("e1") == ["entry not_entered (duplicate)"]
    assert ann.signs_up("e2") == ENTERED


def test_a_repeated_event_moves_nobody_twice() -> None:
    text = RACE.replace("to: bought", "to: react").replace(
        "react:\n", "react:\n    max_visits: 9\n"
    )
    ann = Person(plan_of(text.replace("  bought: {end: completed}\n", "")))
    ann.signs_up()
    ann.passes("PT1H")
    assert ann.buys("e1") == ["react passed:purchase", "react waiting"]
    assert ann.buys("e1") == []
    assert ann.buys("e2") == ["react passed:purchase", "react waiting"]


def test_the_repeat_of_an_event_from_before_a_race_does_not_win_it() -> None:
    ann = Person(plan_of(RACE))
    ann.signs_up()
    ann.buys("e1")
    ann.passes("PT1H")
    assert ann.buys("e1") == []
    assert ann.places == ["race v1 react"]


def test_repeats_are_remembered_for_a_bounded_number_of_events() -> None:
    ann = Person(entry("{event: signup, reentry: {after: PT0S}}"))
    for n in range(65):
        ann.signs_up(f"e{n}")
    assert len(ann.person.recent) == 64
    assert ann.signs_up("e1") == ["entry not_entered (duplicate)"]
    assert ann.signs_up("e0") == ["entry not_entered (already_inside)"]


def test_the_same_event_id_long_after_begins_another_walk_with_other_ids() -> None:
    ann = Person(entry("{event: signup, reentry: {after: PT0S}}"))
    ann.signs_up("e")
    ann.passes("PT1H")
    for n in range(64):
        ann.signs_up(f"more{n}")
        ann.passes("PT1H")
    assert ann.signs_up("e") == ENTERED
    ids = [e.event_id for e in ann.step_events]
    assert len(ids) == len(set(ids))


# Profiles.


def test_a_changed_profile_counts_from_then_on() -> None:
    ann = Person(entry('{event: signup, when: "#{profile.vip}"}'))
    assert ann.changes({"vip": False}) == []
    assert ann.signs_up() == ["entry not_entered (condition)"]
    ann.changes({"vip": True})
    assert ann.signs_up() == ENTERED


def test_erasing_a_person_ends_every_walk_and_forgets_the_past() -> None:
    ann = Person(plan_of(SIMPLE), plan_of(RACE), profile={"email": "a@example.org"})
    ann.signs_up("e1")
    assert ann.changes(None) == ["pause exited (erased)"] * 2
    assert {e.cause for e in ann.step_events[-2:]} == {"profile"}
    assert ann.stored is None
    assert ann.attributes == {}
    assert ann.signs_up("e1") == ENTERED + ENTERED


def test_erasing_somebody_who_is_not_inside_reports_nothing() -> None:
    ann = Person(plan_of(SIMPLE), profile={"email": "a@example.org"})
    assert ann.changes(None) == []
    assert ann.stored is None


# Versions.


def test_people_finish_the_version_they_are_in_and_others_enter_the_new_one() -> None:
    first, second = plan_of(RACE), plan_of(RACE.replace("version: 1", "version: 2"))
    ann = Person(first)
    ann.signs_up()
    ann.plans.publish(second)
    assert ann.signs_up() == ["entry not_entered (already_inside)"]
    assert ann.step_events[-1].journey_version == 2
    ann.passes("PT1H")
    assert ann.places == ["race v1 react"]
    ann.buys()
    assert {e.journey_version for e in ann.step_events if e.instance_id} == {1}
    ann.passes("PT5M")
    ann.signs_up()
    assert ann.places == ["race v2 pause"]


def test_nobody_enters_an_older_version_whichever_was_published_last() -> None:
    first, second = plan_of(SIMPLE), plan_of(SIMPLE.replace("version: 1", "version: 2"))
    ann = Person(second, first)
    ann.signs_up()
    assert ann.places == ["simple v2 pause"]


def test_an_event_that_only_an_old_version_hears_still_wakes_its_people() -> None:
    deaf = RACE.replace("version: 1", "version: 2").replace("event: purchase", "event: visit")
    ann = Person(plan_of(RACE))
    ann.signs_up()
    ann.plans.publish(plan_of(deaf))
    ann.passes("PT1H")
    assert ann.buys() == ["react passed:purchase", "bought completed"]


def test_people_in_a_version_the_job_does_not_know_leave_as_failed() -> None:
    ann = Person(plan_of(SIMPLE))
    ann.signs_up()
    ann.plans = Person(plan_of(SIMPLE.replace("version: 1", "version: 2"))).plans
    assert ann.passes("PT1H") == ["pause failed (plan_missing)"]
    assert ann.step_events[-1].step_kind == "unknown"


def test_a_result_that_nobody_waits_for_changes_nothing() -> None:
    text = SIMPLE.replace("{wait: PT1H}", "{action: mail}")
    ann = Person(plan_of(text), profile={"email": "a@example.org", "firstName": "A"})
    ann.signs_up(plan="basic")
    stranger = ann.result(request_id="another")
    before = ann.stored
    assert ann.activate(ActionResolved(stranger)) == []
    assert ann.stored == before
    assert ann.resolve() == ["pause succeeded", "pause completed"]
    assert ann.resolve() == []


# Types of fields, which payloads hold as texts.

MOMENTS = {
    "schema.json": '{"properties": {"a": %s, "b": %s}}'
    % (('{"format": "date-time", "type": "string"}',) * 2)
}
SAME_INSTANT = {"a": "2026-03-01T09:00:00+01:00", "b": "2026-03-01T08:00:00Z"}


@pytest.mark.parametrize("place", ["event", "entry", "condition", "race", "message"])
def test_dates_of_a_schema_are_compared_as_instants_wherever_they_are_read(place: str) -> None:
    same = "@event{signup.a} == @event{signup.b}"
    steps = {
        "condition": f'{{condition: [{{when: "{same}", to: end}}]}}',
        "race": f'{{first_of: [{{event: signup, when: "{same}", to: end}}]}}',
        "message": f'{{action: score, with: {{reason: "={same}"}}}}',
    }
    own = COMMON.replace(
        "match: {eventType: account.signup}",
        "schema: schema.json\nmatch: {eventType: account.signup}"
        + (f'\nwhen: "{same}"' if place == "event" else ""),
    ).replace("{{ event.signup.plan }}", "tea")
    journey = SIMPLE.replace("{wait: PT1H}", steps.get(place, "{wait: PT1H}"))
    if place == "entry":
        journey = journey.replace("{event: signup}", f'{{event: signup, when: "{same}"}}')
    found = compiled(own + journey, MOMENTS)
    found.raise_errors()
    ann = Person(found.plans["simple"])
    trace = ann.signs_up(**SAME_INSTANT)
    assert trace[0] == "entry entered"
    if place == "condition":
        assert trace[1] == "pause passed:when_1"
    if place == "race":
        assert ann.signs_up(**SAME_INSTANT)[0] == "pause passed:signup"
    if place == "message":
        assert ann.requests[0].message["body"] == {"person": "ann", "reason": "true"}
