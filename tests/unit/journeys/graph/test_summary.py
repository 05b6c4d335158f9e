from __future__ import annotations

from dataclasses import dataclass, field, replace

from journeys.activity import Step
from journeys.graph.summary import entry_rules, summary
from journeys.template import Template, parse_template
from tests.harness.plans import RICH, SIMPLE, plan_of


@dataclass(frozen=True)
class Arm:
    label: str
    to: str
    percent: int


@dataclass(frozen=True)
class Hours:
    days: list[str]
    duration_ms: int


@dataclass(frozen=True)
class Timed:
    label: str
    to: str
    hours: Hours


@dataclass(frozen=True)
class Drawn(Step):
    """A kind that nobody wrote words for."""

    arms: list[Arm | Timed] = field(default_factory=list)
    until: str | None = None
    pause_ms: int = 0
    values: Template = field(default_factory=lambda: ["map", {}])
    on_error: str | None = None


def test_every_kind_says_what_it_does() -> None:
    plan = plan_of(RICH)
    assert {name: summary(step, plan) for name, step in plan.steps.items()} == {
        "choose": ["big: when @event{signup.total} > 100", "else: everybody else"],
        "ask": ["score by webhook", "POST https://crm.example/score", "with reason: big"],
        "race": [
            "purchase: event purchase, when @event{purchase.cart} == @event{signup.cart}",
            "wait: for 1 day",
        ],
        "pause": ["for 1 hour"],
        "remind": ["mail by email, marketing", "Hello {{ profile.firstName }}"],
        "lost": ["the walk fails"],
    }


def test_a_condition_without_else_says_that_people_leave() -> None:
    plan = plan_of(
        SIMPLE + "  ask: {condition: [{when: \"#{profile.country} == 'FR'\", to: pause}]}\n"
    )
    assert summary(plan.steps["ask"], plan) == [
        "when_1: when #{profile.country} == 'FR'",
        "everybody else leaves the journey",
    ]


def test_a_kind_without_words_of_its_own_shows_its_fields() -> None:
    step = Drawn(
        "share",
        "drawn",
        "end",
        label="Share",
        arms=[Arm("a", "x", 40), Timed("b", "y", Hours(["mon", "tue"], 60_000))],
        until="#{profile.birthday}",
        pause_ms=60_000,
        values=parse_template({"tier": "#{profile.tier}", "n": 1}),
        on_error="lost",
    )
    assert summary(step, plan_of(SIMPLE)) == [
        "a: percent 40",
        "b: days mon, tue, for 1 minute",
        "until #{profile.birthday}",
        "pause 1 minute",
        "values tier: #{profile.tier}, n: 1",
    ]


def test_the_entry_says_who_begins_and_how_often() -> None:
    entry = plan_of(RICH).entry
    assert entry_rules(entry) == [
        "event signup",
        "when @event{signup.total} > 1",
        "one walk for each @event{signup.cart}",
        "again 1 hour after leaving",
    ]
    assert entry_rules(replace(entry, reentry_allowed=False))[-1] == "each person once"
