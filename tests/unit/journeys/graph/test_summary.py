from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from journeys.activities import STEPS
from journeys.activity import Step
from journeys.graph.summary import entry_rules, exit_rules, summary
from journeys.template import Template, parse_template
from tests.harness.picture import EVERY_KIND
from tests.harness.plans import RICH, SIMPLE, plan_of, plans_of
from tests.unit.journeys.activities.test_dataset_lookup import MANY, WAYS, compilation


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WAYS, ["row of goods by @event{signup.sku}"]),
        (MANY, ["rows of goods by @event{signup.skus}", "fields sku, price"]),
    ],
)
def test_a_lookup_in_a_table_says_what_it_reads(text: str, said: list[str]) -> None:
    (plan,) = compilation(text).plans.values()
    assert summary(plan.steps["look"], plan) == said


def test_every_kind_says_what_it_does() -> None:
    plan = plans_of(EVERY_KIND + "---" + SIMPLE)[0]
    assert {step.kind for step in plan.steps.values()} == set(STEPS) - {"dataset_lookup"}
    assert {name: summary(step, plan) for name, step in plan.steps.items()} == {
        "choose": [
            "office: when @event{signup.total} > 100, hours 09:00 to 17:00, days mon, tue",
            "december: dates 2026-12-01 to any",
            "everybody else leaves the journey",
        ],
        "best": [
            "offer: score #{profile.score}, when @event{signup.total} > 1",
            "call: score 5",
            "in 5 % of visits any of them",
            "whoever is eligible for none goes else",
        ],
        "half": ["a: 12.5 %", "b: 87.5 %"],
        "try": ["short: 45 %", "long: 45 %", "holdout: 10 %", "success is event purchase"],
        "some": ["people at most 1000"],
        "ask": [
            "weather",
            "GET https://weather.example/now?city={{ params.city }}",
            "with city: #{profile.city}",
        ],
        "race": [
            "bought: event purchase, when @event{purchase.total} > 5",
            "read: step tell, reaction clicked",
            "left: audience big_spenders, crossing exit",
            "morning: at 09:00, days mon, tue",
            "visits at most 3",
        ],
        "tell": ["mail by email, marketing", "Hello {{ profile.firstName }}"],
        "later": ["until toDateTime('2026-05-01T00:00:00Z')"],
        "go": ["set loyalty.tier: gold"],
        "say": ["event loyalty.upgraded to topic events", "with tier: gold"],
        "over": ["to journey simple", "with plan: vip"],
        "done": ["the walk is complete"],
    }


def test_an_action_says_where_it_goes_and_what_the_step_gives_it() -> None:
    plan = plan_of(RICH)
    assert summary(plan.steps["ask"], plan) == [
        "score by webhook",
        "POST https://crm.example/score",
        "with reason: big",
    ]
    assert summary(plan.steps["pause"], plan) == ["for 1 hour", "visits at most 100"]
    assert summary(plan.steps["lost"], plan) == ["the walk fails"]


def test_an_action_says_which_languages_it_speaks() -> None:
    text = """
kind: action
id: greeting
channel: sms
category: transactional
to: "+33612345678"
language: en
text: Hello
languages: { fr: { text: Bonjour }, de: { text: Hallo } }
---
kind: journey
id: greeted
version: 1
entry: { event: signup }
steps: { greet: { action: greeting } }
"""
    plan = plan_of(text)
    assert summary(plan.steps["greet"], plan) == ["greeting by sms", "in en, fr, de"]


def test_a_condition_without_else_says_that_people_leave() -> None:
    plan = plan_of(
        SIMPLE + "  ask: {condition: [{when: \"#{profile.country} == 'FR'\", to: end}]}\n"
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


def test_what_ends_a_walk_wherever_it_stands_is_named() -> None:
    assert exit_rules(plans_of(EVERY_KIND + "---" + SIMPLE)[0]) == [
        "exit on purchase: event purchase",
        "exit on became_big: audience big_spenders, way enter",
    ]
