"""What expressions read beside a walk's own: the past, audiences by rule, scores by formula."""

from __future__ import annotations

from dataclasses import replace

import orjson

from journeys.history import MAX_BYTES, MAX_EVENTS, History, HistoryRead
from journeys.messages import JsonObject
from tests.harness.person import Person
from tests.harness.plans import compiled, plan_of

KNOWN = """
kind: audience
id: frequent
when: "count(@history{purchase.total, P7D}) >= 3"
---
kind: model
id: worth
version: 4
formula: "sum(@history{purchase.total, P30D}) / 10"
---
kind: journey
id: thanking
version: 1
entry: {event: purchase, when: "inAudience('frequent')", reentry: {after: PT0S}}
steps:
  rank:
    condition:
      - {label: rich, when: "@decision{worth.score} > 5 and @decision{worth.version} == 4", to: end}
      - {label: others, else: true, to: end}
"""


def bought(*totals: int, every: str = "P1D") -> Person:
    ann = Person(plan_of(KNOWN))
    for total in totals:
        ann.buys(total=total)
        ann.passes(every)
    return ann


def branches(ann: Person) -> list[str]:
    return [e.branch for e in ann.step_events if e.branch]


def test_the_event_that_makes_a_rule_true_counts_itself() -> None:
    ann = bought(1, 1)
    assert [e.reason for e in ann.step_events] == ["condition", "condition"]
    assert ann.buys(total=1)[0] == "entry entered"


def test_events_that_are_too_old_count_no_more() -> None:
    assert branches(bought(1, 1, 1, every="P4D")) == []
    assert branches(bought(1, 1, 1, every="PT84H")) == ["others"]  # the first was 7 days ago


def test_scores_are_computed_from_the_past() -> None:
    assert branches(bought(10, 20, 15)) == ["others"]
    assert branches(bought(10, 20, 30)) == ["rich"]


def test_a_repeat_is_no_second_purchase() -> None:
    ann = Person(plan_of(KNOWN))
    for _ in range(3):
        ann.buys("e1", total=100)
    assert branches(ann) == []
    assert len(ann.history.events["purchase"]) == 1


def test_only_what_is_asked_for_is_kept_and_only_as_long() -> None:
    ann = bought(1)
    ann.passes("P31D")
    ann.buys(total=2, secret="x" * 100)
    history = ann.history
    assert [past.fields for past in history.events["purchase"]] == [{"total": 2}]


def test_a_person_who_is_erased_has_no_past() -> None:
    ann = bought(1, 1)
    ann.changes(None)
    assert ann.history == History()
    assert ann.buys(total=1) == ["entry not_entered (condition)"]


def test_events_that_come_late_stand_where_they_belong() -> None:
    history = History()
    reads = [HistoryRead("purchase", "n"), HistoryRead("purchase", "a.b", 10)]
    for at in (5, 1, 3):
        history.record("purchase", at, {"n": at, "a": {"b": -at}}, reads, 5)
    assert history.values("purchase", ["n"], None, 5) == [1, 3, 5]
    assert history.values("purchase", ["a", "b"], 2, 5) == [-3, -5]
    assert history.values("purchase", ["n"], None, 5) == [1, 3, 5]
    assert history.values("other", ["n"], None, 5) == []


def test_a_plan_that_looks_back_less_forgets_nothing_of_another() -> None:
    near, far = (
        plan_of(
            f"""
kind: journey
id: {name}
version: 1
entry: {{event: {event}, when: "count(@history{{purchase.{field}, {window}}}) == 2"}}
steps:
  pause: {{wait: PT1H}}
"""
        )
        for name, event, field, window in (
            ("near", "purchase", "cart", "PT1H"),
            ("far", "signup", "total", "P30D"),
        )
    )
    other_type = replace(near.events["purchase"], event_type="shop.purchases")
    near = replace(near, events={**near.events, "purchase": other_type})
    ann = Person(near, far)
    ann.buys(total=1)
    ann.passes("P10D")
    ann.event("shop.purchases", {"total": 2})
    assert ann.signs_up() == ["entry entered", "pause waiting"]


def test_a_past_without_end_is_bounded_by_number() -> None:
    history = History()
    for at in range(MAX_EVENTS + 10):
        history.record("purchase", at, {}, [HistoryRead("purchase", "")], at)
    assert len(history.events["purchase"]) == MAX_EVENTS
    assert history.events["purchase"][0].at == 10


def test_a_past_of_whole_payloads_is_bounded_by_bytes() -> None:
    history = History()
    payload: JsonObject = {"text": "x" * 50_000}
    for at in range(10):
        history.record("purchase", at, payload, [HistoryRead("purchase", "")], at)
    kept = history.events["purchase"]
    assert [past.at for past in kept] == [5, 6, 7, 8, 9]
    assert len(orjson.dumps([past.fields for past in kept])) <= MAX_BYTES


def test_the_latest_event_is_kept_however_long_it_is() -> None:
    history, fields = History(), [HistoryRead("purchase", name) for name in ("", "a", "a.b")]
    for at in range(2):
        history.record("purchase", at, {"a": {"b": "x" * 100_000}}, fields, at)
    assert [past.at for past in history.events["purchase"]] == [1]


def test_what_a_score_or_a_rule_cannot_read_is_a_fault() -> None:
    text = """
kind: model
id: a
formula: "@decision{a.score} + 1"
---
kind: audience
id: b
when: "inAudience('b')"
"""
    found = compiled(text)
    assert [d.code for d in found.errors] == ["JRN502", "JRN502"]


def test_a_plan_carries_what_its_expressions_need_and_nothing_else() -> None:
    rules = plan_of(KNOWN).rules
    assert rules.histories == [HistoryRead("purchase", "total", 604_800_000)]
    assert rules.models["worth"].histories == [HistoryRead("purchase", "total", 2_592_000_000)]
    assert rules.scores == ["worth"]
    plain = KNOWN.replace("inAudience('frequent')", "true").replace(
        "@decision{worth.score} > 5 and @decision{worth.version} == 4", "true"
    )
    assert plan_of(plain).rules.histories == []
    assert plan_of(plain).rules.models == {}
    assert plan_of(plain).rules.scores == []
