"""All plans the job knows, and which one people enter."""

from __future__ import annotations

from dataclasses import replace

from journeys.plans import Plans
from tests.harness.plans import COMMON, RICH, SIMPLE, compiled, plan_of

FIRST = plan_of(SIMPLE)
SECOND = replace(FIRST, version=2)
OTHER = plan_of(RICH)


def test_the_highest_version_is_live_in_whatever_order_they_come() -> None:
    for plans in (Plans([FIRST, SECOND]), Plans([SECOND, FIRST])):
        assert plans.live == {"simple": SECOND}
        assert plans.is_entered(SECOND)
        assert not plans.is_entered(FIRST)
        assert plans.find("simple", 1) is FIRST
        assert {plan.version for plan in plans} == {1, 2}


def test_the_same_version_again_takes_the_place_of_the_one_before() -> None:
    changed = replace(FIRST, label="changed")
    plans = Plans([FIRST, changed])
    assert plans.find("simple", 1) is changed
    assert plans.is_entered(changed)
    assert [plan for plan, _ in plans.listening("account.signup")] == [changed]


def test_an_event_meets_only_what_may_want_it() -> None:
    plans = Plans([FIRST, SECOND, OTHER])
    heard = [(p.journey, p.version, e.id) for p, e in plans.listening("account.signup")]
    assert heard == [("rich", 3, "signup"), ("simple", 1, "signup"), ("simple", 2, "signup")]
    assert [p.journey for p, _ in plans.listening("commerce.purchases")] == ["rich"]
    assert plans.listening("web.visit") == []
    assert plans.find("simple", 9) is None


def test_an_event_of_any_type_is_met_by_every_record() -> None:
    own = COMMON.replace("match: {eventType: account.signup}", "match: {channel: web}")
    (plan,) = compiled(own + SIMPLE).plans.values()
    assert plan.event_types == {None}
    assert len(Plans([plan]).listening("whatever")) == 1


def test_a_plan_names_the_types_it_listens_to() -> None:
    assert OTHER.event_types == {"account.signup", "commerce.purchases"}
