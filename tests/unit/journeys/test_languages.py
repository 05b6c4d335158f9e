"""Which language a person gets, by every spelling of what they prefer."""

from __future__ import annotations

from typing import Any

import pytest

from journeys import codec
from journeys.attributes import Attributes
from journeys.compiler import Compilation
from journeys.draft import Situation, draft
from journeys.languages import Languages
from journeys.messages import JsonObject, JsonValue
from journeys.profile import Profile
from tests.harness.person import Person
from tests.harness.plans import compiled, plan_of

NOTHING: list[Any] = ["value", None]


def languages(*tags: str, default: str | None = "en") -> Languages:
    return Languages(NOTHING, default, dict.fromkeys(tags, NOTHING))


CHOSEN: dict[str, tuple[JsonValue, str | None]] = {
    "the same": ("fr", "fr"),
    "a region of it": ("fr-CA", "fr"),
    "the region itself": ("pt-BR", "pt-BR"),
    "another region": ("pt-PT", "en"),
    "more general than all": ("pt", "en"),
    "its script": ("zh-Hant-TW", "zh-Hant"),
    "a variant": ("de-x-formal", "de"),
    "in capitals": ("FR", "fr"),
    "with an underscore": ("fr_CA", "fr"),
    "with spaces": (" fr ", "fr"),
    "a region of the default": ("en-GB", "en"),
    "another": ("nl", "en"),
    "several": (["nl", "de-AT", "fr"], "de"),
    "several with the default first": (["en-US", "fr"], "en"),
    "nothing": (None, "en"),
    "an empty text": ("", "en"),
    "a number": (7, "en"),
    "a list of other things": ([None, 3, {"fr": 1}, "it"], "en"),
    "only hyphens": ("-" * 1000, "en"),
    "very long": ("fr-" + "a-" * 1_000_000, "fr"),
}


@pytest.mark.parametrize(("preferred", "chosen"), CHOSEN.values(), ids=CHOSEN)
def test_a_person_gets_the_nearest_language(preferred: JsonValue, chosen: str | None) -> None:
    assert languages("fr", "de", "pt-BR", "zh-Hant").chosen(preferred) == chosen


def test_nobody_says_what_a_message_without_a_language_is_written_in() -> None:
    assert languages("fr", default=None).chosen("nl") is None


MESSAGES = """
kind: action
id: mail
channel: email
category: transactional
to: "#{profile.email}"
reply_to: help@shop.example
language: en
subject: Welcome, {{ profile.firstName }}
html: <p>Hello</p>
text: Hello
languages:
  fr: { subject: "Bienvenue, {{ profile.firstName }}", body: Bonjour }
---
kind: action
id: text
channel: sms
category: transactional
to: "#{profile.phone}"
text: Hello
sender: Shop
preferred_language: "#{profile.tongue}"
languages:
  fr: { text: Bonjour }
---
kind: action
id: note
channel: push
category: transactional
to: "#{profile.pushToken}"
title: Hello
text: Come back
link: https://shop.example/en
languages:
  fr: { title: Bonjour, text: Revenez, link: "https://shop.example/fr" }
"""
ANN: JsonObject = {
    "email": "ann@example.org",
    "firstName": "Ann",
    "phone": "+33612345678",
    "pushToken": "t-1",
}


@pytest.fixture(scope="module")
def project() -> Compilation:
    compilation = compiled(MESSAGES)
    compilation.raise_errors()
    return compilation


def written(project: Compilation, action: str, **more: JsonValue) -> JsonObject:
    ann = Profile("ann", lambda: Attributes({**ANN, **more}))
    found = draft(project.actions[action], Situation(ann, 0, rules=project.rules_of(action)))
    assert found.request is not None
    assert found.refusal is None
    return found.request.message


def test_one_email_speaks_two_languages(project: Compilation) -> None:
    french = written(project, "mail", preferredLanguage="fr-CA")
    # The body of one language takes the place of all bodies of the other.
    assert french == {
        "to": "ann@example.org",
        "subject": "Bienvenue, Ann",
        "text": "Bonjour",
        "reply_to": "help@shop.example",
        "language": "fr",
    }
    english = written(project, "mail", preferredLanguage="nl")
    assert (english["subject"], english["html"]) == ("Welcome, Ann", "<p>Hello</p>")
    assert english["language"] == "en"


def test_text_messages_and_notifications_speak_by_the_same_rule(project: Compilation) -> None:
    assert written(project, "text", tongue="fr") == {
        "to": "+33612345678",
        "text": "Bonjour",
        "sender": "Shop",
        "language": "fr",
    }
    assert "language" not in written(project, "text", preferredLanguage="fr")
    note = written(project, "note", preferredLanguage="fr")
    assert (note["title"], note["link"]) == ("Bonjour", "https://shop.example/fr")


def test_a_step_event_tells_the_language() -> None:
    greet = MESSAGES.replace("id: mail", "id: greet")
    journey = """
---
kind: journey
id: welcome
version: 1
entry: { event: signup }
steps:
  greet: { action: greet }
"""
    plan = plan_of(greet + journey)
    assert codec.load_plan(codec.plan_text(plan)) == plan
    ann = Person(plan, profile={**ANN, "preferredLanguage": "fr"})
    ann.signs_up("e1")
    told = [(event.outcome.value, event.language) for event in ann.step_events]
    assert told == [("entered", None), ("requested", "fr")]
    assert '"language":"fr"' in codec.dump_step_event(ann.step_events[-1])
