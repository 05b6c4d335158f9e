"""What a call was answered: whether it is a success, and what later steps read of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from journeys.command import Report
from journeys.messages import ActionStatus, JsonObject, JsonValue
from journeys.outcomes import Outcome
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.rehearsal.population import Crowd, populate
from journeys.rehearsal.subject import Subject
from journeys.rehearsal.verdict import judge
from tests.harness.person import Person
from tests.harness.plans import COMMON, compiled

TASK = {
    "type": "object",
    "required": ["ok"],
    "properties": {
        "ok": {"type": "boolean"},
        "task": {
            "type": "object",
            "properties": {"due": {"type": "string", "format": "date-time"}},
        },
        "seats": {"type": "array", "items": {"type": "integer"}},
    },
}
REFUSAL = {
    "type": "object",
    "properties": {
        "error": {"type": "object", "properties": {"code": {"type": "string"}}},
        "until": {"type": "string", "format": "date-time"},
    },
}
FILES = {"task.json": json.dumps(TASK), "refusal.json": json.dumps(REFUSAL)}
JOURNEY = """
kind: action
id: book
channel: webhook
url: https://crm.example/tasks
response: task.json
error_response: refusal.json
success: "@action{book.ok} and @action{book.jo_status_code} != 'http_202'"
---
kind: source
id: stock
url: https://stock.example/items
success: "#{stock.item.count} >= 0"
---
kind: journey
id: booking
version: 1
entry: {event: signup}
steps:
  ask: {action: book, on: {error: why}}
  rest: {wait: {until: "@action{ask.task.due}"}}
  look: {lookup: stock, next: end}
  why:
    condition:
      - {label: full, when: "@action{ask.error.code} == 'full'", to: later}
      - {label: told, when: "@action{ask.jo_status_code} == 'http_200'", to: lost}
      - {else: true, to: lost}
  later: {wait: {until: "@action{ask.until}"}, next: end}
  lost: {end: failed}
---
kind: scenario
id: books
journey: booking
do: [{event: signup}, {advance: P365D}]
expect: [{entered: true}, {step: {id: ask, outcome: succeeded}}]
---
kind: scenario
id: fails
journey: booking
do:
  - {respond: {step: ask, body: {ok: false, error: {code: full}}}}
  - {event: signup}
expect: [{step: {id: ask, outcome: error}}]
"""


def plan() -> Plan:
    compilation = compiled(COMMON + JOURNEY, FILES)
    compilation.raise_errors()
    return compilation.plans["booking"]


def answered(response: JsonValue, **fields: Any) -> tuple[Person, list[str]]:
    ann = Person(plan())
    assert ann.signs_up() == ["entry entered", "ask requested"]
    return ann, ann.resolve(response=response, **fields)


def test_a_success_is_read_by_later_steps() -> None:
    ann, trace = answered({"ok": True, "task": {"due": "2026-03-02T08:00:00Z"}})
    assert trace == ["ask succeeded", "rest waiting"]
    assert ann.passes("P1D") == ["rest passed", "look requested"]
    assert ann.resolve(response={"item": {"count": 0}}) == ["look succeeded", "look completed"]


@pytest.mark.parametrize(
    ("response", "fields", "detail"),
    [
        ({"ok": False}, {}, "it was no success: @action{book.ok} and "),
        ({"ok": True}, {"code": "http_202"}, "it was no success"),
        ({"ok": "yes"}, {}, "the response does not fit its schema: /ok: must be boolean"),
        ({"ok": True, "seats": [1, "two"]}, {}, "schema: /seats/1: must be integer"),
        ({}, {}, "the response does not fit its schema: /: must contain ['ok'] properties"),
        ("<html>fine</html>", {}, "the response does not fit its schema: /: must be object"),
        (None, {}, "the response does not fit its schema: /: must be object"),
    ],
)
def test_an_answer_that_is_no_success_is_an_error_under_its_own_code(
    response: JsonValue, fields: dict[str, Any], detail: str
) -> None:
    ann, trace = answered(response, **fields)
    told = ann.step_events[2]
    assert trace[0] == "ask error:error (action_error)"
    assert (told.step_id, told.outcome, told.code) == (
        "ask", "error", fields.get("code", "http_200")
    )  # fmt: skip
    assert detail in str(told.detail)
    assert trace[1] == ("why passed:told" if not fields else "why passed:else")


def test_the_body_of_a_failure_is_read_on_its_way() -> None:
    refusal: JsonObject = {"error": {"code": "full"}, "until": "2026-03-01T09:00:00Z"}
    for status in (ActionStatus.ERROR, ActionStatus.SUCCEEDED):
        ann, trace = answered({"ok": False, **refusal}, status=status, code="http_200")
        assert trace == ["ask error:error (action_error)", "why passed:full", "later waiting"]
        assert ann.passes("PT1H") == ["later passed", "later completed"]


def test_a_lookup_fails_by_its_rule_and_keeps_no_answer() -> None:
    ann, _ = answered({"ok": True, "task": {"due": "2026-03-01T08:00:00Z"}})
    assert ann.resolve(response={"item": None}) == [
        "look error (lookup_error)",
        "look failed (lookup_error)",
    ]


def test_rehearsals_answer_with_a_success_unless_told_otherwise() -> None:
    compilation = compiled(COMMON + JOURNEY, FILES)
    plans = Plans(compilation.plans.values())
    for scenario in compilation.scenarios:
        verdict = judge(scenario, plans, compilation.responses)
        assert verdict.unmet is None, (scenario.id, verdict)
    subject = Subject(compilation.plans["booking"], plans, compilation.responses)
    crowd = populate(subject, Crowd(people=100, duration_ms=86_400_000))
    outcomes = [
        happening.what.step_event.outcome
        for person in crowd.people.values()
        for happening in person.trace
        if isinstance(happening.what, Report) and happening.what.step_event.step_id == "ask"
    ]
    assert outcomes.count(Outcome.SUCCEEDED) > 80
