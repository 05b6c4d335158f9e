"""Audiences by rule: people go in and out as things happen, and as time alone passes."""

from __future__ import annotations

from journeys.activation import EventReceived
from journeys.clock import parse_duration
from journeys.messages import JsonObject
from journeys.plan import Plans
from tests.harness.keyed import JourneyHarness, words
from tests.harness.person import START, Person
from tests.harness.plans import compiled, plan_of, plans_of

EAGER = """
kind: audience
id: cooling
label: Three purchases in seven days, then no visit for two
when: "count(@history{purchase.total, P7D}) >= 3 and count(@history{visit.page, P2D}) == 0"
---
kind: journey
id: asking
version: 1
entry: {audience: {id: cooling}, reentry: {after: PT0S}}
steps:
  race:
    first_of:
      - {audience: {id: cooling, on: exit}, to: end}
      - {wait: P30D, label: stayed}
"""
DAY = parse_duration("P1D")
INSIDE = ["entry entered", "race waiting"]
OUT = ["race passed:exit_cooling", "race completed"]


def buyer(*, visited: bool) -> Person:
    """Give somebody who has bought three times on three days."""
    ann = Person(plan_of(EAGER))
    for _ in range(2):
        ann.buys(total=10)
        ann.passes("P1D")
    if visited:
        ann.event("web.visit", {"page": "/"})
    return ann


def test_the_event_that_makes_a_rule_true_takes_a_person_in() -> None:
    ann = buyer(visited=False)
    assert ann.buys(total=10) == INSIDE
    assert ann.person.members == {"cooling": START + 2 * DAY}


def test_time_alone_takes_a_person_in() -> None:
    ann = buyer(visited=True)
    assert ann.buys(total=10) == []
    assert ann.passes("P2D") == []
    assert ann.passes("PT1S") == INSIDE
    entered = next(e for e in ann.step_events if e.outcome == "entered")
    assert (entered.cause, entered.occurred_at) == ("audience", START + 4 * DAY + 1)


def test_an_event_takes_a_person_out() -> None:
    ann = buyer(visited=False)
    ann.buys(total=10)
    assert ann.event("web.visit", {"page": "/"}) == OUT
    assert ann.person.members == {}


def test_an_event_of_a_file_goes_into_the_history_and_begins_and_wakes_nothing() -> None:
    ann = Person(plan_of(EAGER), plan_of(WELCOMED))
    assert [past_purchase(ann, n, days_ago=n) for n in range(3)] == [[], [], INSIDE]
    assert [e.journey_id for e in ann.step_events if e.outcome == "entered"] == ["asking"]
    assert ann.event("web.visit", {"page": "/"}) == OUT
    assert len(ann.person.recent) == 1, "only the visit is among the events remembered"


def test_an_event_of_a_file_that_comes_again_changes_nothing_however_many_there_are() -> None:
    ann = Person(plan_of(EAGER))
    for _ in range(2):
        for n in range(100):
            past_purchase(ann, n, days_ago=n % 2)
    kept = ann.history.events["purchase"]
    assert len(kept) == 100
    assert {past.fields["_id"] for past in kept} == {f"b{n}" for n in range(100)}


def past_purchase(ann: Person, n: int, days_ago: int) -> list[str]:
    payload: JsonObject = {"total": 10, "_id": f"b{n}"}
    at = START - days_ago * DAY
    return ann.activate(
        EventReceived(f"b{n}", f"f/0/{n}", "commerce.purchases", payload, at, past=True)
    )


WELCOMED = """
kind: journey
id: welcomed
version: 1
entry: {event: purchase}
steps:
  pause: {wait: PT1H}
"""


def test_time_alone_takes_a_person_out() -> None:
    ann = buyer(visited=False)
    ann.buys(total=10)
    assert ann.passes("P5D") == []  # the first purchase is seven days ago
    assert ann.passes("PT1S") == OUT


def test_who_goes_in_again_begins_another_walk() -> None:
    ann = buyer(visited=False)
    ann.buys(total=10)
    ann.event("web.visit", {"page": "/"})
    assert ann.passes("P2DT1S") == INSIDE
    entered = [e for e in ann.step_events if e.outcome == "entered"]
    assert len({e.instance_id for e in entered}) == 2
    assert len({e.event_id for e in ann.step_events}) == len(ann.step_events)


def test_a_journey_can_begin_whichever_way_the_border_is_crossed() -> None:
    text = EAGER.replace("{audience: {id: cooling}, re", "{audience: {id: cooling, on: both}, re")
    told = text.replace("- {audience: {id: cooling, on: exit}, to: end}", "- {event: visit}")
    ann = Person(plan_of(told))
    assert ann.crosses("cooling") == INSIDE
    assert ann.crosses("cooling", inside=False) == ["entry not_entered (already_inside)"]
    ann.event("web.visit", {"page": "/"})
    assert ann.crosses("cooling", inside=False) == []
    assert ann.crosses("cooling") == INSIDE


def test_a_person_is_looked_at_again_only_when_it_can_matter() -> None:
    ann = buyer(visited=False)
    assert ann.person.review_at == START + 7 * DAY + 1
    ann.passes("P40D")
    assert ann.person.review_at is None
    assert ann.person.due is None


def test_a_timer_that_fires_late_still_comes_before_the_event() -> None:
    ann = buyer(visited=True)
    ann.buys(total=10)
    ann.passes("P3D", asleep=True)
    assert ann.event("web.visit", {"page": "/"})[-2:] == OUT


def test_attributes_take_people_in_and_out() -> None:
    text = EAGER.replace(
        '"count(@history{purchase.total, P7D}) >= 3 and count(@history{visit.page, P2D}) == 0"',
        "\"#{profile.tier} == 'gold'\"",
    )
    ann = Person(plan_of(text))
    assert ann.changes({"tier": "gold"}) == INSIDE
    assert ann.changes({"name": "Ann"}) == []
    assert ann.changes({"tier": None}) == OUT


def test_an_exit_criterion_by_a_rule_ends_a_walk() -> None:
    text = (
        EAGER
        + """
---
kind: journey
id: other
version: 1
entry: {event: signup}
exit: [{audience: {id: cooling}}]
steps:
  pause: {wait: P30D}
"""
    )
    ann = Person(*plans_of(text))
    ann.signs_up()
    for _ in range(2):
        ann.buys(total=10)
    assert ann.buys(total=10) == ["pause exited:cooling (exit_criteria)", *INSIDE]


def test_who_was_told_to_be_inside_is_not_judged_by_the_rule() -> None:
    ann = Person(plan_of(EAGER))
    assert ann.crosses("cooling") == INSIDE
    assert ann.event("web.visit", {"page": "/"}) == []
    assert ann.crosses("cooling", inside=False) == OUT


def test_an_erased_person_is_in_no_audience() -> None:
    ann = buyer(visited=False)
    ann.buys(total=10)
    assert ann.changes(None) == ["race exited (erased)"]
    assert (ann.person.members, ann.person.review_at) == ({}, None)


def test_an_erased_person_goes_into_no_audience_of_the_unknown() -> None:
    text = EAGER.replace(
        EAGER.partition("when: ")[2].partition("\n")[0], "isEmpty(#{profile.tier})"
    )
    ann = Person(plan_of(text), profile={"tier": "gold"})
    assert ann.changes(None) == []
    assert ann.stored is None


def test_an_event_of_a_clock_that_is_ahead_counts_when_its_time_comes() -> None:
    ann = buyer(visited=False)
    payload: JsonObject = {"eventType": "commerce.purchases", "total": 10}
    event = EventReceived("e", "t/0/9", "commerce.purchases", payload, ann.now + 500)
    assert ann.activate(event) == []
    assert ann.person.review_at == ann.now + 500
    assert ann.passes("PT1S") == INSIDE


def test_an_event_that_comes_after_its_time_is_over_changes_nothing() -> None:
    ann = buyer(visited=False)
    payload: JsonObject = {"eventType": "commerce.purchases", "total": 10}
    late = EventReceived("e", "t/0/9", "commerce.purchases", payload, ann.now - 7 * DAY - 1)
    assert ann.activate(late) == []
    assert ann.passes("P30D") == []
    assert ann.person.review_at is None


def test_who_is_told_to_be_inside_stays_when_the_rule_ends() -> None:
    ann = buyer(visited=False)
    ann.buys(total=10)
    assert ann.crosses("cooling") == []
    assert ann.event("web.visit", {"page": "/"}) == []
    assert ann.crosses("cooling", inside=False) == OUT


def test_a_timer_that_fires_late_names_what_follows_as_one_in_time_does() -> None:
    text = """
kind: audience
id: gold
when: "#{profile.tier} == 'gold'"
---
kind: journey
id: giving
version: 1
entry: {event: signup}
steps:
  pause: {wait: PT1H}
  give: {update_profile: {tier: gold}}
---
kind: journey
id: golden
version: 1
entry: {audience: {id: gold}}
steps:
  pause: {wait: P1D}
"""
    instances = []
    for asleep in (False, True):
        ann = Person(*plans_of(text))
        ann.signs_up()
        ann.passes("PT2H", asleep=asleep)
        instances += [i.id for i in ann.person.instances]
    assert len(instances) == 2
    assert len(set(instances)) == 1


def test_the_same_rule_counts_in_whatever_order_plans_come() -> None:
    old = plan_of(EAGER)
    new = plan_of(EAGER.replace("version: 1", "version: 2").replace(">= 3", ">= 4"))
    for published in ((old, new), (new, old)):
        assert Plans(published).followed == {"cooling": new}


def test_the_job_wakes_a_person_whom_time_alone_takes_in() -> None:
    harness = JourneyHarness(plan_of(EAGER), restart=True)
    for n in range(3):
        harness.event("ann", "commerce.purchases", total=n)
    harness.event("ann", "web.visit", page="/")
    assert words(harness.advance("P2DT1S")) == ["entry entered", "race waiting"]


def test_a_border_that_a_clock_moves_is_not_run_yet() -> None:
    text = EAGER.replace(
        "count(@history{visit.page, P2D}) == 0", "inLastDays(toDateTime('2026-01-01T00:00:00Z'), 3)"
    )
    found = compiled("kind: event\nid: purchase\nmatch: {eventType: a}\n---\n" + text)
    assert [str(d.code) for d in found.not_run] == ["JRN415"] * 2


def test_who_came_in_since_a_reading_is_not_known_where_a_clock_moves_the_border() -> None:
    """A reading of everyone asks the rule when it comes; an incremental one has followed it."""
    for more, faults in (("", 0), (", every: P1D, incremental: true", 1)):
        found = compiled(f"""
kind: audience
id: recent
when: "inLastDays(#{{profile.bornAt}}, 3)"
---
kind: journey
id: news
version: 1
entry: {{read: {{audience: recent{more}}}}}
steps: {{stay: {{wait: P1D}}}}
""")
        assert [str(d.code) for d in found.not_run] == ["JRN415"] * faults
