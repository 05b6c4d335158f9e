"""Split and experiment: shares of the people, by chance that is no chance."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.harness.person import Person
from tests.harness.plans import compiled, plan_of, plans_of

SPLIT = """
kind: journey
id: shared
version: 1
entry: {event: signup, reentry: {after: PT0S}}
steps:
  share:
    split:
      - {label: few, percent: 20, to: end}
      - {percent: 79.5, to: end}
      - {percent: 0.5}
"""
EXPERIMENT = """
kind: journey
id: tried
version: 1
entry: {event: signup, reentry: {after: PT0S}}
steps:
  try:
    experiment:
      arms: [{id: a, to: end}, {id: b, to: end}, {id: c}]
      holdout: {percent: 10, to: end}
      metric: {event: purchase}
"""


def ways(text: str, people: int, step: str = "share") -> Counter[str | None]:
    plan = plan_of(text)
    taken: Counter[str | None] = Counter()
    for n in range(people):
        person = Person(plan, name=f"p{n}")
        person.signs_up()
        taken.update(e.branch for e in person.step_events if e.step_id == step and e.branch)
    return taken


def test_shares_are_met_by_many_people() -> None:
    taken = ways(SPLIT, 4_000)
    assert taken.total() == 4_000
    assert taken["few"] == pytest.approx(800, abs=90)
    assert taken["way_3"] == pytest.approx(20, abs=18)


def test_a_person_always_goes_the_same_way_in_every_version() -> None:
    first, second = plan_of(SPLIT), plan_of(SPLIT.replace("version: 1", "version: 2"))
    for n in range(20):
        one, other = Person(first, name=f"p{n}"), Person(second, name=f"p{n}")
        for person in (one, one, other):
            person.signs_up()
        assert len({e.branch for p in (one, other) for e in p.step_events if e.branch}) == 1


def test_arms_share_who_is_not_kept_out() -> None:
    taken = ways(EXPERIMENT, 3_000, "try")
    assert taken["holdout"] == pytest.approx(300, abs=60)
    for arm in "abc":
        assert taken[arm] == pytest.approx(900, abs=100)


def test_arms_are_drawn_anew_in_a_new_version() -> None:
    (first,) = plans_of(EXPERIMENT)
    (second,) = plans_of(EXPERIMENT.replace("version: 1", "version: 2"))
    changed = 0
    for n in range(100):
        arms = set()
        for plan in (first, second):
            person = Person(plan, name=f"p{n}")
            person.signs_up()
            arms |= {e.branch for e in person.step_events if e.branch}
        changed += len(arms) > 1
    assert changed > 30


def test_a_way_without_a_step_leads_to_the_next_one() -> None:
    plan = plan_of(
        EXPERIMENT.replace("to: end}, {id: b", "to: end}, {id: bb") + "  pause: {wait: P1D}\n"
    )
    ends = {b.label: b.to for b in plan.steps["try"].branches()}
    assert ends == {"a": "end", "bb": "end", "c": "pause", "holdout": "end"}


def test_written_shares_of_arms_are_shares_of_who_is_tried() -> None:
    text = EXPERIMENT.replace("{id: a, to: end}", "{id: a, percent: 50, to: end}")
    text = text.replace("{id: b, to: end}", "{id: b, percent: 50, to: end}").replace(
        ", {id: c}", ""
    )
    step = plan_of(text).steps["try"]
    assert [(a.label, a.percent) for a in step.arms] == [  # type: ignore[attr-defined]
        ("a", 45),
        ("b", 45),
        ("holdout", 10),
    ]


def test_shares_that_are_no_whole_are_a_fault() -> None:
    found = compiled(SPLIT.replace("0.5", "1.5"))
    assert "JRN409" in [d.code for d in found.errors]
