"""Lookup: a source is asked, and its answer is there for later steps."""

from __future__ import annotations

import json

from journeys.channels import WebhookCall
from journeys.messages import ActionStatus
from tests.harness.person import Person
from tests.harness.plans import COMMON, compiled, plan_of

LOOKUP = """
kind: source
id: weather
method: GET
url: https://weather.example/now
query: {city: "{{ params.city }}"}
timeout: PT2S
attempts: 2
---
kind: journey
id: looking
version: 1
entry: {event: signup}
steps:
  ask: {lookup: weather, with: {city: "#{profile.city}"}, on: {error: lost}}
  choose:
    condition:
      - {label: warm, when: "#{weather.current.temp} > 20", to: tell}
      - {label: found, when: "@action{ask.jo_status_code} == 'http_200'", to: end}
      - {else: true, to: lost}
  tell: {action: score, with: {reason: "{{ source.weather.current.temp }} degrees"}, next: end}
  lost: {end: failed}
"""


def asking() -> Person:
    ann = Person(plan_of(LOOKUP), profile={"city": "Lyon"})
    assert ann.signs_up() == ["entry entered", "ask requested"]
    return ann


def test_a_source_is_asked_as_an_http_service() -> None:
    (request,) = asking().requests
    assert (request.channel, request.endpoint, request.action_id) == (
        "webhook",
        "https://weather.example",
        "weather",
    )
    assert request.message["query"] == {"city": "Lyon"}
    assert (request.timeout_ms, request.max_attempts) == (2_000, 2)


def test_its_answer_decides_and_is_told() -> None:
    ann = asking()
    trace = ann.resolve(response={"current": {"temp": 25}})
    assert trace == ["ask succeeded", "choose passed:warm", "tell requested"]
    assert ann.requests[-1].message["body"]["reason"] == "25 degrees"  # type: ignore[index,call-overload]


def test_an_answer_that_is_no_object_is_read_as_value() -> None:
    assert asking().resolve(response=[1])[1:] == ["choose passed:found", "choose completed"]


def test_a_failed_lookup_has_a_way_and_a_reason_of_its_own() -> None:
    trace = asking().resolve(status=ActionStatus.ERROR, code="http_500")
    assert trace == ["ask error:error (lookup_error)", "lost failed (lookup_error)"]
    trace = asking().resolve(status=ActionStatus.TIMEOUT, code="timedout")
    assert trace == ["ask timeout:timeout (lookup_timeout)", "lost failed (lookup_timeout)"]


def test_without_a_way_a_failed_lookup_ends_the_walk() -> None:
    ann = Person(plan_of(LOOKUP.replace(", on: {error: lost}", "")), profile={"city": "Lyon"})
    ann.signs_up()
    trace = ann.resolve(status=ActionStatus.ERROR, code="http_500")
    assert trace == ["ask error (lookup_error)", "ask failed (lookup_error)"]


OPENING = {
    "type": "object",
    "properties": {
        "today": {
            "type": "object",
            "properties": {
                "opens": {"type": "string", "format": "date-time"},
                "seats": {"type": "integer"},
            },
        }
    },
}
POSTING = """
kind: source
id: hours
method: POST
url: https://hours.example/of/{{ params.shop | url_encode }}
headers: {X-Person: "#{profile.id}"}
query: {day: "#{profile.day}", lang: "#{profile.language}"}
body: {shop: "{{ params.shop }}", limit: 3, note: "#{profile.note}"}
nulls: omit
auth: {basic: {username: shop, password: "${secret:HOURS}"}}
response: hours.json
---
kind: journey
id: visiting
version: 1
entry: {event: signup}
steps:
  ask: {lookup: hours, with: {shop: "@event{signup.shop}"}}
  open:
    condition:
      - {label: room, when: "#{hours.today.seats} > 0", to: rest}
      - {else: true, to: end}
  rest: {wait: {until: "#{hours.today.opens}"}}
  tell: {action: score, with: {reason: "{{ source.hours.today.seats }}"}, next: end}
"""


def test_an_answer_of_a_post_is_waited_by_and_told() -> None:
    files = {"hours.json": json.dumps(OPENING)}
    plan = compiled(COMMON + POSTING, files).plans["visiting"]
    ann = Person(plan, profile={"language": "fr"})
    ann.signs_up(shop="Ly on")
    message = ann.requests[0].message
    call = WebhookCall.from_json(message)
    assert (call.method, call.url) == ("POST", "https://hours.example/of/Ly+on")
    assert (call.query, call.headers) == ({"lang": "fr"}, {"X-Person": "ann"})
    assert call.body == {"shop": "Ly on", "limit": 3}
    assert call.auth == {"basic": {"username": "shop", "password": "${secret:HOURS}"}}
    opens = "2026-03-01T10:00:00Z"
    trace = ann.resolve(response={"today": {"opens": opens, "seats": 2}})
    assert trace == ["ask succeeded", "open passed:room", "rest waiting"]
    assert ann.passes("PT1H59M") == []
    assert ann.passes("PT1M") == ["rest passed", "tell requested"]
    assert ann.requests[-1].message["body"] == {"person": "ann", "reason": "2"}
