"""Action: what is asked for, what keeps it from being asked, and where its end leads."""

from __future__ import annotations

from typing import Any

import pytest

from journeys.messages import ActionStatus, JsonObject, JsonValue
from tests.harness.person import Person
from tests.harness.plans import COMMON, compiled, plan_of

ANN: JsonObject = {"email": "ann@example.org", "firstName": "Ann"}
ALTERNATIVES = "{error: broken, timeout: slow, not_sent: withheld}"


def journey(action: str, on: str = ALTERNATIVES, more: str = "") -> str:
    return f"""
kind: journey
id: acting
version: 1
entry: {{event: signup, reentry: {{after: PT0S}}}}
steps:
  act: {{action: {action}, on: {on}{more}, next: done}}
  done: {{end: completed}}
  broken: {{wait: PT1H, next: done}}
  slow: {{wait: PT2H, next: done}}
  withheld: {{end: failed}}
"""


def sent(text: str, profile: JsonObject = ANN, **payload: Any) -> Person:
    person = Person(plan_of(text), profile=profile)
    person.signs_up(**payload)
    return person


def test_a_request_carries_everything_and_no_hole() -> None:
    ann = sent(journey("mail"), plan="basic")
    (request,) = ann.requests
    assert request.message == {
        "to": "ann@example.org",
        "subject": "Hello Ann",
        "text": "You chose basic",
    }
    assert (request.channel, request.endpoint, request.action_id) == ("email", "smtp", "mail")
    assert (request.journey_id, request.journey_version, request.step_id) == ("acting", 1, "act")
    assert (request.profile_id, request.requested_at) == ("ann", ann.now)
    assert (request.timeout_ms, request.max_attempts) == (30_000, 4)


def test_a_webhook_request_names_its_endpoint_and_takes_values_of_the_step() -> None:
    ann = sent(journey("score", more=", with: {reason: late}"))
    (request,) = ann.requests
    assert request.endpoint == "https://crm.example"
    assert request.message["body"] == {"person": "ann", "reason": "late"}
    assert (request.timeout_ms, request.max_attempts) == (5_000, 3)


def test_values_of_the_step_may_be_expressions() -> None:
    ann = sent(journey("score", more=', with: {reason: "@event{signup.total} * 2"}'), total=21)
    assert ann.requests[0].message["body"] == {"person": "ann", "reason": "42"}


def test_success_leads_on() -> None:
    ann = sent(journey("mail"), plan="basic")
    assert ann.resolve(code="smtp_250", provider_message_id="m1", attempts=2, latency_ms=30) == [
        "act succeeded",
        "done completed",
    ]
    event = ann.step_events[-2]
    assert (event.action_id, event.channel, event.code) == ("mail", "email", "smtp_250")
    assert (event.request_id, event.attempts) == (ann.requests[0].request_id, 2)
    assert (event.latency_ms, event.provider_message_id) == (30, "m1")


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (ActionStatus.ERROR, None, "act error:error (action_error)"),
        (ActionStatus.TIMEOUT, None, "act timeout:timeout (action_timeout)"),
        (ActionStatus.NOT_SENT, "egress_denied", "act not_sent:not_sent (egress_denied)"),
        (ActionStatus.NOT_SENT, None, "act not_sent:not_sent (withheld)"),
        (ActionStatus.ERROR, "word_of_a_newer_release", "act error:error (action_error)"),
    ],
)
def test_each_end_leads_its_own_way(
    status: ActionStatus, reason: str | None, expected: str
) -> None:
    ann = sent(journey("mail"), plan="basic")
    trace = ann.resolve(status=status, code="x", reason=reason)
    ways = {"error": "broken waiting", "timeout": "slow waiting", "not_sent": "withheld failed"}
    assert trace[0] == expected
    assert trace[1].startswith(ways[status.value])


def test_a_timeout_takes_the_way_of_an_error_if_it_has_none() -> None:
    ann = sent(journey("mail", "{error: broken}"), plan="basic")
    trace = ann.resolve(status=ActionStatus.TIMEOUT, code="timedout")
    assert trace == ["act timeout:timeout (action_timeout)", "broken waiting"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(ActionStatus.ERROR, "action_error"), (ActionStatus.TIMEOUT, "action_timeout")],
)
def test_without_a_way_a_failed_action_fails_the_walk(status: ActionStatus, reason: str) -> None:
    text = journey("mail", "{}")
    ann = Person(compiled(COMMON + text).plans["acting"], profile=ANN)
    ann.signs_up(plan="basic")
    trace = ann.resolve(status=status, code="http_500", detail="the service said no")
    assert trace == [f"act {status.value} ({reason})", f"act failed ({reason})"]
    assert {e.detail for e in ann.step_events[-2:]} == {"the service said no"}
    assert ann.places == []


def test_without_a_way_a_withheld_action_goes_on() -> None:
    ann = sent(
        journey("mail", "{error: broken, timeout: slow}").replace("withheld: {end: failed}", "")
    )
    trace = ann.resolve(status=ActionStatus.NOT_SENT, code="egress_denied", reason="egress_denied")
    assert trace == ["act not_sent:not_sent (egress_denied)", "done completed"]


@pytest.mark.parametrize(
    ("ways", "step"),
    [
        ("{error: broken, not_sent: withheld}", "withheld failed (template_error)"),
        ("{error: broken}", "broken waiting"),
        ("{}", "done completed"),
    ],
)
def test_a_message_that_cannot_be_written_is_an_error_unless_its_author_says_otherwise(
    ways: str, step: str
) -> None:
    text = journey("mail", ways)
    if "withheld" not in ways:
        text = text.replace("withheld: {end: failed}", "")
    ann = Person(compiled(COMMON + text).plans["acting"], profile={**ANN, "firstName": "A\n"})
    trace = ann.signs_up(plan="basic")
    assert trace[-2:] == ["act not_sent:not_sent (template_error)", step]


@pytest.mark.parametrize(
    ("profile", "reason", "detail"),
    [
        ({"firstName": "Ann"}, "no_address", "email.to is missing"),
        ({"email": "", "firstName": "Ann"}, "no_address", "name@example.org"),
        ({"email": "a@example.org, b@example.org"}, "no_address", "name@example.org"),
        ({"email": 7}, "no_address", "email.to"),
        ({"email": "a@example.org", "firstName": "A\r\nBcc: x"}, "template_error", "subject"),
    ],
)
def test_a_message_that_cannot_be_sent_is_withheld(
    profile: JsonObject, reason: str, detail: str
) -> None:
    ann = Person(plan_of(journey("mail")), profile=profile)
    trace = ann.signs_up(plan="basic")
    assert trace[1:] == [f"act not_sent:not_sent ({reason})", f"withheld failed ({reason})"]
    assert ann.requests == []
    event = ann.step_events[1]
    assert detail in (event.detail or "")
    assert (event.action_id, event.channel, event.attempts) == ("mail", "email", 0)


@pytest.mark.parametrize(
    ("consents", "withheld"),
    [
        ({"marketing": {"email": {"val": "n"}}}, True),
        ({"marketing": {"any": {"val": "n"}}}, True),
        ({"marketing": {"email": {"val": "y"}}}, False),
        ({"marketing": {"push": {"val": "n"}}}, False),
        ({"marketing": "n"}, False),
        (None, False),
    ],
)
def test_marketing_needs_consent(consents: JsonValue, *, withheld: bool) -> None:
    profile = {**ANN, "consents": consents}
    ann = sent(journey("mail"), profile, plan="basic")
    assert (ann.requests == []) is withheld
    if withheld:
        assert ann.step_events[1].reason == "no_consent"


def test_a_transactional_message_goes_without_consent() -> None:
    text = (COMMON + journey("mail")).replace("category: marketing", "category: transactional")
    (plan,) = compiled(text).plans.values()
    profile: JsonObject = {**ANN, "consents": {"marketing": {"any": {"val": "n"}}}}
    ann = Person(plan, profile=profile)
    ann.signs_up(plan="basic")
    assert len(ann.requests) == 1


def test_a_template_that_runs_away_is_withheld() -> None:
    loop = "{% for a in (1..200) %}{% for b in (1..200) %}x{% endfor %}{% endfor %}"
    text = COMMON.replace("You chose {{ event.signup.plan }}", loop) + journey("mail")
    (plan,) = compiled(text).plans.values()
    ann = Person(plan, profile=ANN)
    assert ann.signs_up()[1] == "act not_sent:not_sent (template_error)"


def test_the_response_is_read_by_a_condition() -> None:
    text = """
kind: journey
id: scoring
version: 1
entry: {event: signup}
steps:
  ask: {action: score, with: {reason: x}, on: {error: rank}}
  rank:
    condition:
      - {label: high, when: "@action{ask.score} >= 60", to: end}
      - {label: down, when: "@action{ask.jo_status_code} == 'http_503'", to: end}
      - {label: rest, else: true, to: end}
"""
    ends: list[tuple[dict[str, Any], str]] = [
        ({"response": {"score": 60}}, "high"),
        ({"response": {"score": 59}}, "rest"),
        ({"response": [1]}, "rest"),
        ({"status": ActionStatus.ERROR, "code": "http_503"}, "down"),
    ]
    for fields, branch in ends:
        ann = sent(text)
        assert ann.resolve(**fields)[1] == f"rank passed:{branch}"


def test_a_second_visit_asks_under_another_id() -> None:
    text = journey("mail", "{error: broken, timeout: slow, not_sent: withheld}")
    ann = sent(
        text.replace(
            "broken: {wait: PT1H, next: done}", "broken: {wait: PT1H, next: act, max_visits: 9}"
        )
    )
    for _ in range(3):
        ann.resolve(status=ActionStatus.ERROR, code="http_500")
        assert ann.passes("PT1H") == ["broken passed", "act requested"]
    ids = {r.request_id for r in ann.requests}
    assert len(ids) == 4
    assert len({e.event_id for e in ann.step_events}) == len(ann.step_events)


def test_events_and_time_do_not_move_somebody_who_waits_for_a_result() -> None:
    ann = sent(journey("mail"), plan="basic")
    assert ann.buys() == []
    assert ann.passes("P30D", asleep=True) == []
    assert ann.places == ["acting v1 act"]
