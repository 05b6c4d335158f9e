"""Audiences by rule: people go in and out as things happen, and as time alone passes."""

from __future__ import annotations

from journeys.activation import AudiencesSurveyed, EventReceived
from journeys.clock import format_instant, parse_duration
from journeys.control import StopJourney, publish_message
from journeys.messages import JsonObject
from journeys.mode import Mode
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.readings import SETTLE_MS
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


CLOCKED = """
kind: model
id: loyalty
formula: "dateDiff(#{profile.since}, now(), 'days') / 365"
---
kind: audience
id: recent
when: "RULE"
---
kind: journey
id: asking
version: 1
timezone: profile
entry: {audience: {id: recent}, reentry: {after: PT0S}}
steps:
  race:
    first_of:
      - {audience: {id: recent, on: exit}, to: end}
      - {wait: P30D, label: stayed}
"""


def of_rule(rule: str) -> Person:
    return Person(plan_of(CLOCKED.replace("RULE", rule)))


def test_a_clock_takes_a_person_in_and_out_to_the_millisecond() -> None:
    ann = of_rule("between(now(), #{profile.from}, #{profile.to})")
    assert ann.changes({"from": "2026-03-02T08:00:00Z", "to": "2026-03-03T08:00:00Z"}) == []
    assert ann.person.review_at == START + DAY
    assert ann.passes("P1D") == INSIDE
    assert ann.person.members == {"recent": START + DAY}
    assert ann.person.review_at == START + 2 * DAY + 1
    assert ann.passes("P1D") == []
    assert ann.passes("PT1S") == OUT_OF_RECENT
    told = [e.occurred_at for e in ann.step_events if e.outcome == "completed"]
    assert told == [START + 2 * DAY + 1]
    assert ann.person.review_at is None


OUT_OF_RECENT = ["race passed:exit_recent", "race completed"]


def test_a_clock_that_a_score_reads_moves_a_border() -> None:
    ann = of_rule("@decision{loyalty.score} >= 1")
    assert ann.changes({"since": "2025-03-11T08:00:00Z"}) == []
    assert ann.passes("P9D") == []
    assert ann.passes("P1D") == INSIDE


def test_a_clock_and_the_past_move_a_border_together() -> None:
    ann = of_rule("count(@history{purchase.total, P2D}) > 0 and inLastDays(#{profile.at}, 3)")
    ann.changes({"at": "2026-03-01T08:00:00Z"})
    ann.passes("P2D")
    assert ann.buys(total=1) == INSIDE
    assert ann.passes("P1D") == []
    assert ann.passes("PT1S") == OUT_OF_RECENT
    assert ann.person.review_at == START + 4 * DAY + 1  # the purchase is over


def test_a_part_of_the_day_is_that_of_the_person() -> None:
    ann = of_rule("hour(now()) == 9")
    assert ann.changes({"timeZone": "America/New_York"}) == []  # it is three there
    assert ann.passes("PT5H59M") == []
    assert ann.passes("PT1M") == INSIDE
    assert ann.passes("PT1H") == OUT_OF_RECENT


def test_who_is_told_to_be_inside_is_not_woken_by_a_clock() -> None:
    ann = of_rule("now() < #{profile.to}")
    ann.crosses("recent")
    ann.changes({"to": "2026-03-02T08:00:00Z"})
    assert ann.person.review_at is None
    assert ann.crosses("recent", inside=False) == [*OUT_OF_RECENT]


def test_the_job_wakes_a_person_whom_a_clock_takes_in() -> None:
    plan = plan_of(CLOCKED.replace("RULE", "now() >= #{profile.from}"))
    harness = JourneyHarness(plan, restart=True)
    due = harness.store.now + DAY
    harness.profile("ann", {"from": format_instant(due)})
    assert [at for at, _ in harness.store.timers] == [due]
    assert words(harness.advance("P1D")) == INSIDE


def test_only_rules_that_read_the_clock_are_asked_when_they_turn() -> None:
    clocked = plan_of(CLOCKED.replace("RULE", "now() >= #{profile.from}"))
    assert Plans([plan_of(EAGER)]).by_clock == {}
    assert [len(found) for found in Plans([clocked]).by_clock.values()] == [1]


def test_a_border_of_which_nobody_knows_when_it_moves_is_not_run() -> None:
    found = compiled(CLOCKED.replace("RULE", "currentTimeInMillis() % 2 == 0"))
    assert [str(d.code) for d in found.not_run] == ["JRN415"] * 2
    assert "nobody can foresee when a clock moves them" in found.not_run[0].message
    assert "compare the clock with something that stands still" in str(found.not_run[0].hint)


def test_a_reading_of_everyone_asks_a_rule_when_it_comes_and_an_incremental_one_follows_it() -> (
    None
):
    for rule, more, faults in (
        ("inLastDays(#{profile.bornAt}, 3)", ", every: P1D, incremental: true", 0),
        ("currentTimeInMillis() % 2 == 0", "", 0),
        ("currentTimeInMillis() % 2 == 0", ", every: P1D, incremental: true", 1),
    ):
        found = compiled(f"""
kind: audience
id: recent
when: "{rule}"
---
kind: journey
id: news
version: 1
entry: {{read: {{audience: recent{more}}}}}
steps: {{stay: {{wait: P1D}}}}
""")
        assert [str(d.code) for d in found.not_run] == ["JRN415"] * faults


GOLD = """
kind: audience
id: recent
when: "RULE"
---
kind: journey
id: golden
version: 1
entry: {audience: {id: recent}, reentry: {after: PT0S}}
in_flight: finish
steps: {stay: {wait: P9D}}
"""
GOLDEN = ["entry entered", "stay waiting"]


def golden(rule: str, version: int = 1) -> Plan:
    return plan_of(GOLD.replace("RULE", rule).replace("version: 1", f"version: {version}"))


def known(attributes: JsonObject) -> Person:
    ann = Person(
        plan_of(
            "kind: journey\nid: other\nversion: 1\nentry: {event: signup}\n"
            "steps: {stay: {wait: P1D}}"
        ),
        profile=attributes,
    )
    ann.passes("P1D")
    return ann


def test_whoever_is_in_an_audience_before_it_is_followed_does_not_go_into_it() -> None:
    ann = known({"tier": "gold"})
    published = ann.now
    assert ann.hears(publish_message(golden("#{profile.tier} == 'gold'"))) == []
    assert ann.passes("PT10S") == []
    assert published + SETTLE_MS <= ann.person.members["recent"] < published + 2 * SETTLE_MS
    assert ann.changes({"name": "Ann"}) == []
    assert ann.changes({"tier": None}) == []
    assert ann.changes({"tier": "gold"}) == GOLDEN


def test_a_clock_moves_those_who_were_known_before_the_audience_was_followed() -> None:
    ann = known({"from": "2026-03-05T08:00:00Z"})
    ann.hears(publish_message(golden("now() >= #{profile.from}")))
    assert ann.passes("P2D") == []
    assert ann.passes("P1D") == GOLDEN


def test_a_rehearsal_has_everybody_judged_and_the_live_version_not_again() -> None:
    ann = known({"tier": "gold", "testProfile": True})
    assert ann.hears(publish_message(golden("#{profile.tier} == 'gold'"), Mode.TEST)) == []
    ann.passes("PT10S")
    before = dict(ann.person.members)
    assert list(before) == ["recent"]
    assert ann.hears(publish_message(golden("#{profile.tier} == 'gold'", 2))) == []
    ann.passes("PT10S")
    assert ann.person.members == before
    assert ann.changes({"name": "Ann"}) == []


def test_what_happens_before_the_survey_comes_is_told() -> None:
    ann = known({"tier": "gold"})
    ann.hears(publish_message(golden("#{profile.tier} == 'silver'")))
    assert ann.changes({"tier": "silver"}) == GOLDEN
    assert ann.passes("PT10S") == []
    assert list(ann.person.members) == ["recent"]


def test_a_version_with_another_rule_has_everybody_judged_anew_and_one_with_the_same_not() -> None:
    ann = known({"tier": "gold"})
    ann.hears(publish_message(golden("#{profile.tier} == 'gold'")))
    ann.passes("PT10S")
    before = dict(ann.person.members)
    ann.hears(publish_message(golden("#{profile.tier} == 'gold'", 2)))
    assert ann.passes("PT10S") == []
    assert ann.person.members == before
    ann.hears(publish_message(golden("#{profile.tier} == 'silver'", 3)))
    assert ann.passes("PT10S") == []
    assert ann.person.members == {}
    assert ann.changes({"tier": "silver"}) == GOLDEN


def test_whoever_changes_while_nobody_follows_is_judged_anew() -> None:
    ann = known({"tier": "gold"})
    ann.hears(publish_message(golden("#{profile.tier} == 'gold'")))
    ann.passes("PT10S")
    ann.hears(StopJourney(journey="golden"))
    ann.changes({"tier": None})
    ann.hears(publish_message(golden("#{profile.tier} == 'gold'", 2)))
    ann.passes("PT10S")
    assert ann.changes({"tier": "gold"}) == GOLDEN


def test_a_survey_judges_in_silence_what_time_has_not_moved() -> None:
    """A border that is due at the very instant of the survey is told first."""
    ann = of_rule("now() >= #{profile.from}")
    ann.changes({"from": "2026-03-02T08:00:00Z"})
    ann.now += DAY
    assert ann.activate(AudiencesSurveyed("s")) == INSIDE
    assert ann.activate(AudiencesSurveyed("s")) == []


def test_a_survey_keeps_nothing_of_whom_nothing_is_known() -> None:
    ann = of_rule("#{profile.from} is null")
    assert ann.activate(AudiencesSurveyed("s")) == []
    assert ann.stored is None
