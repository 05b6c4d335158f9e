"""A small world whose step events the real engine tells, to ask questions of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from connectors.analysis.columns import table_of
from connectors.analysis.database import Database
from connectors.analysis.dimensions import dimensions_of
from connectors.analysis.recipes import recipe_of
from journeys import codec
from journeys.messages import ActionStatus
from journeys.outcomes import DeadLetterReason
from journeys.plan import Plan
from journeys.records import DeadLetter, Record
from journeys.state import MAX_PENDING
from journeys.step_event import StepEvent
from tests.harness.person import START, Person
from tests.harness.plans import plans_of
from tests.harness.topic import Lying, lying

JOURNEYS = """
kind: audience
id: vips
when: "#{profile.total} > 500"
---
kind: journey
id: shop
label: The shop
version: 1
entry: {event: signup, when: "@event{signup.plan} != 'none'", reentry: {allowed: false}}
steps:
  try:
    experiment:
      arms: [{id: short, percent: 50}, {id: long, percent: 50}]
      metric: {event: purchase, within: P7D}
  greet: {action: mail, label: Say hello, on: {error: ask}}
  pause: {wait: PT1H}
  ask: {action: score, with: {reason: x}, on: {error: gone, capped: race}}
  race: {first_of: [{label: bought, event: purchase, to: end}, {wait: P2D, to: end}]}
  gone: {end: failed}
---
kind: journey
id: vip
version: 2
entry: {audience: {id: vips, on: enter}, reentry: {allowed: false}}
steps:
  rest: {wait: P1D}
---
kind: journey
id: news
version: 1
entry: {business: {event: visit, audience: vips}, reentry: {allowed: false}}
steps:
  rest: {wait: P1D}
"""
ADA: dict[str, Any] = {"email": "ada@example.org", "firstName": "Ada"}
CRM = "https://crm.example:443"
MAIL: dict[str, Any] = {"code": "smtp_250", "endpoint": "smtp", "latency_ms": 40, "queued_ms": 0}

ALARM = {
    "alert": "capping",
    "journey_id": "shop",
    "journey_version": 1,
    "subject": "score",
    "state": "raised",
    "since": "2026-03-01T09:00:00.000Z",
    "at": "2026-03-01T09:05:00.000Z",
    "value": 1,
    "threshold": None,
    "advice": "Raise the limits of its endpoint if it bears more.",
    "schema_version": 1,
}


@cache
def plans() -> list[Plan]:
    return plans_of(JOURNEYS)


def people() -> Iterator[Person]:
    """Ada buys, bob's call fails, cat's runs out of time, dan's is capped, eve has no address."""
    ada = person("ada", ADA)
    ada.signs_up(event_id="ada-1", plan="free")
    ada.resolve(**MAIL, ended_at=ada.now)
    ada.signs_up(event_id="ada-2", plan="free")
    ada.passes("PT1H")
    ada.resolve(code="http_200", endpoint=CRM, attempts=2, latency_ms=300, queued_ms=1_000)
    ada.passes("PT2H")
    ada.buys(event_id="ada-3")
    yield ada
    failing = {
        "bob": (ActionStatus.ERROR, "http_503", 3, 900, 10),
        "cat": (ActionStatus.TIMEOUT, "timedout", 1, 5_000, 20),
        "dan": (ActionStatus.CAPPED, "capped", 0, 0, None),
    }
    for name, (status, code, attempts, latency, queued) in failing.items():
        one = person(name, {"email": f"{name}@example.org", "firstName": name})
        one.signs_up(event_id=f"{name}-1", plan="free")
        one.resolve(**MAIL)
        one.passes("PT1H")
        one.resolve(
            status=status,
            code=code,
            endpoint=CRM,
            attempts=attempts,
            latency_ms=latency,
            queued_ms=queued,
        )
        yield one
    eve = person("eve", {})
    eve.signs_up(event_id="eve-1", plan="free")
    yield eve
    fay = person("fay", {})
    fay.signs_up(event_id="fay-1", plan="none")
    yield fay
    gus = person("gus", ADA)
    gus.signs_up(event_id="gus-1", plan="free")
    for number in range(MAX_PENDING + 2):
        gus.buys(event_id=f"gus-{number + 2}")
    yield gus
    hal = person("hal", {})
    hal.crosses("vips")
    hal.crosses("vips", inside=False)
    hal.crosses("vips")
    yield hal
    ida = person("ida", {"total": 600})
    ida.is_offered("news")
    ida.is_offered("news", "offer-2")
    yield ida


def person(name: str, profile: dict[str, Any]) -> Person:
    return Person(*plans(), profile=profile, name=name)


def step_events(of: Iterable[Person]) -> list[StepEvent]:
    return [event for each in of for event in each.step_events]


def records(events: Iterable[StepEvent]) -> list[Lying]:
    """Let step events lie on one partition of their topic."""
    texts = [codec.dump_step_event(event).encode() for event in events]
    keys = [json.loads(text)["profile_id"] for text in texts]
    return [
        Lying(0, offset, START, key, text)
        for offset, (key, text) in enumerate(zip(keys, texts, strict=True))
    ]


def metrics() -> list[Lying]:
    """Two counts of what nobody listens to; the first one was written twice."""
    unheard = {
        "metric": "journeys_events_total",
        "result": "not_listened",
        "event_type": "web.scroll",
        "window_start": "2026-03-01T08:00:00.000Z",
        "window_end": "2026-03-01T08:00:10.000Z",
    }
    told = [("scroll", 5), ("click", 3), ("scroll", 9)]
    return [
        Lying(
            0,
            offset,
            START,
            f"journeys_events_total/not_listened/web.{kind}",
            json.dumps({**unheard, "event_type": f"web.{kind}", "value": value}).encode(),
        )
        for offset, (kind, value) in enumerate(told)
    ]


@cache
def world() -> dict[str, list[Lying]]:
    """Give all topics: step events, and what became of ada's message, and a bad record."""
    told = step_events(people())
    (mail,) = (
        e.request_id
        for e in told
        if e.profile_id == "ada" and e.outcome == "requested" and e.channel == "email"
    )
    reactions = [
        {
            "_id": "f1",
            "request_id": mail,
            "reaction": "delivered",
            "timestamp": "2026-03-01T08:00:05Z",
        },
        {
            "_id": "f2",
            "request_id": mail,
            "reaction": "opened",
            "timestamp": "2026-03-01T09:00:00Z",
        },
        {
            "_id": "f3",
            "request_id": mail,
            "reaction": "opened",
            "timestamp": "2026-03-01T10:00:00Z",
        },
        {"_id": "f4", "request_id": mail, "reaction": "clicked"},
    ]
    bad = Record("journeys.events", 2, 7, START, "zoe", b'{"_id": "zoe-1", "plan": 5}', 27)
    letter = DeadLetter(bad, DeadLetterReason.SCHEMA, "/plan: must be a text").to_text()
    return {
        "step-events": records(told),
        "feedback": lying(reactions, START, "ada"),
        "dead-letters": lying([letter.encode()], START, "zoe"),
        "metrics": metrics(),
        "alerts": lying([ALARM], START, "capping/shop/1/score"),
    }


@cache
def tables() -> dict[str, Any]:
    return {topic: table_of(topic, found) for topic, found in world().items()}


def database(**variables: object) -> Database:
    return Database(tables(), dimensions_of(plans()), variables)


def asked(name: str, **variables: object) -> list[dict[str, Any]]:
    """Ask a question of the world; give the rows."""
    with database(**variables) as found:
        answer = found.ask(recipe_of(name))
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


GIVEN = {"person": "ada", "from_step": "greet", "to_step": "race", "event": "ada-1"}
"""What the recipes are asked of that need something."""
