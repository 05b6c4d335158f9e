"""A draft is the message that a step would send, and what would keep it back."""

from __future__ import annotations

import pytest

from journeys.attributes import Attributes
from journeys.clock import parse_instant
from journeys.compiler import Compilation
from journeys.draft import Draft, Situation, draft
from journeys.messages import JsonObject
from journeys.outcomes import Reason
from journeys.profile import Profile
from tests.harness.plans import COMMON, compiled

NOW = parse_instant("2026-03-01T08:00:00Z")
UNUSED = """
kind: audience
id: germans
when: "#{profile.country} == 'DE'"
---
kind: action
id: note
channel: webhook
url: https://crm.example.org/notes
body:
  german: "= inAudience('germans')"
  until: "= toDateTime(@event{signup.at}) + toDuration('P1D')"
  step: "#{profile.id}"
  said: "{{ action.score.value }} {{ source.stock.left }}"
---
kind: source
id: stock
url: https://shop.example.org/stock
"""


@pytest.fixture(scope="module")
def project() -> Compilation:
    compilation = compiled(COMMON + UNUSED)
    compilation.raise_errors()
    return compilation


def drafted(project: Compilation, action: str, attributes: JsonObject, **told: object) -> Draft:
    person = Profile("ann", lambda: Attributes(attributes))
    rules = project.rules_of(action)
    return draft(project.actions[action], Situation(person, NOW, rules=rules, **told))  # type: ignore[arg-type]


def test_a_draft_is_the_request_that_a_step_would_make(project: Compilation) -> None:
    ann: JsonObject = {"email": "ann@example.org", "firstName": "Ann"}
    found = drafted(project, "mail", ann, events={"signup": {"plan": "pro"}})
    assert found.refusal is None
    assert found.request is not None
    assert found.request.message == {
        "to": "ann@example.org",
        "subject": "Hello Ann",
        "text": "You chose pro",
    }
    assert (found.request.channel, found.request.profile_id) == ("email", "ann")


def test_all_that_a_step_may_name_can_be_given(project: Compilation) -> None:
    found = drafted(
        project,
        "note",
        {"country": "DE"},
        events={"signup": {"at": "2026-01-01T00:00:00Z"}},
        actions={"score": {"value": 7}},
        sources={"stock": {"left": 3}},
    )
    assert found.request is not None
    assert found.request.message["body"] == {
        "german": True,
        "until": "2026-01-02T00:00:00Z",
        "step": "ann",
        "said": "7 3",
    }


def test_values_of_a_step_are_given(project: Compilation) -> None:
    found = drafted(project, "score", {}, arguments={"reason": "cart"})
    assert found.request is not None
    assert found.request.message["body"] == {"person": "ann", "reason": "cart"}


REFUSED = {
    "no address": ({}, Reason.NO_ADDRESS),
    "no consent": (
        {"email": "a@example.org", "consents": {"marketing": {"any": {"val": "n"}}}},
        Reason.NO_CONSENT,
    ),
    "suppressed": ({"email": "a@example.org", "suppressed": {"email": True}}, Reason.SUPPRESSED),
}


@pytest.mark.parametrize(("attributes", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_keeps_a_message_back_is_said_beside_it(
    project: Compilation, attributes: JsonObject, reason: Reason
) -> None:
    found = drafted(project, "mail", attributes)
    assert found.request is not None
    assert found.refusal is not None
    assert found.refusal[0] is reason


def test_a_hole_that_cannot_be_filled_leaves_no_message() -> None:
    text = (
        "kind: action\nid: mail\nchannel: email\nto: a@example.org\nsubject: Hi\n"
        "body: '{% for i in (1..99999) %}x{% endfor %}'\n"
    )
    found = drafted(compiled(text), "mail", {})
    assert found.request is None
    assert found.refusal is not None
    assert found.refusal[0] is Reason.TEMPLATE_ERROR
