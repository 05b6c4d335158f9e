"""The verb `preview`: any message for any person, before it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jobs.cli.app import app

PROJECT = """
kind: event
id: cart_add
match: { eventType: commerce.productListAdds }
---
kind: action
id: mail
channel: email
category: marketing
to: "#{profile.email}"
from_name: Tea Shop
subject: "{{ event.cart_add.items | size }} things wait, {{ profile.firstName }}"
preheader: They are still here
html: |
  <p>Hello {{ profile.firstName }}</p><p><a href="{{ unsubscribe_url }}">No more</a></p>
language: en
languages:
  fr:
    subject: "{{ profile.firstName }}, votre panier"
    body: "Bonjour {{ profile.firstName }}, {{ params.offer }}"
---
kind: action
id: text
channel: sms
category: transactional
to: "#{profile.phone}"
text: "Ça va, {{ profile.firstName }} ?"
---
kind: action
id: note
channel: push
category: transactional
to: "#{profile.browser}"
title: Hello <b>
text: "{{ source.weather.sky }} and {{ action.ask.score }}"
---
kind: action
id: task
channel: webhook
url: https://crm.example.org/tasks
headers: { Authorization: "Bearer ${secret:CRM}" }
body: { person: "#{profile.id}" }
---
kind: source
id: weather
url: https://weather.example.org/now
---
kind: event
id: signup
match: { eventType: account.signup }
---
kind: journey
id: notes
version: 1
entry: { event: signup }
steps:
  look: { lookup: weather }
  ask: { action: task }
  tell: { action: note }
"""
ANN = {"id": "ann", "email": "ann@example.org", "firstName": "Ann", "phone": "+33612345678"}
CART = 'cart_add={"items": [1, 2]}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "project.yaml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def preview(folder: Path, *arguments: str, person: object = ANN) -> Result:
    said = ["preview", "-p", str(folder), "--profile", json.dumps(person), *arguments]
    return CliRunner().invoke(app, said)


def test_an_email_is_shown_as_its_reader_gets_it(folder: Path) -> None:
    done = preview(folder, "mail", "--event", CART)
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        "mail: marketing, by email\n\n"
        "to               ann@example.org\n"
        "subject          2 things wait, Ann\n"
        "preheader        They are still here\n"
        "from_name        Tea Shop\n"
        "language         en\n"
        "unsubscribe_url  a link of the deployment\n\n"
        "Hello Ann\n\nNo more (https://unsubscribe.invalid/)\n"
    )


def test_it_is_shown_in_the_language_of_the_person_or_in_any(folder: Path) -> None:
    french = preview(folder, "mail", "--language", "fr", "--with", '{"offer": "10 %"}')
    assert "subject    Ann, votre panier" in french.stdout
    assert french.stdout.endswith("Bonjour Ann, 10 %\n")
    british = preview(folder, "mail", "--event", CART, "--language", "en-GB")
    assert "subject          2 things wait, Ann" in british.stdout
    by_profile = preview(folder, "mail", person={**ANN, "preferredLanguage": "fr-CA"})
    assert "Ann, votre panier" in by_profile.stdout


def test_a_page_is_html_and_data_are_json(folder: Path) -> None:
    page = preview(folder, "mail", "--format", "html").stdout
    assert page.startswith('<div style="display:none')
    assert page.rstrip().endswith(">No more</a></p>")
    data = json.loads(preview(folder, "text", "--format", "json").stdout)
    assert data == {
        "action": "text",
        "channel": "sms",
        "category": "transactional",
        "message": {"to": "+33612345678", "text": "Ça va, Ann ?"},
        "reason": None,
        "detail": None,
    }


def test_a_text_message_tells_its_parts(folder: Path) -> None:
    done = preview(folder, "text")
    assert "parts  1 in GSM-7, 12 characters\n\nÇa va, Ann ?\n" in done.stdout
    long = preview(folder, "text", person={**ANN, "firstName": "ç" * 60})
    assert "parts  2 in UCS-2, 69 characters" not in long.stdout
    assert "1 in UCS-2, 69 characters" in long.stdout


def test_what_steps_before_have_learnt_can_be_given(folder: Path, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text('{"score": 7}', encoding="utf-8")
    person = {**ANN, "browser": "t-1"}
    given = ["--given", 'source.weather={"sky": "blue"}', "--given", f"action.ask={answer}"]
    done = preview(folder, "note", *given, person=person)
    assert "text   blue and 7" in done.stdout
    page = preview(folder, "note", "--format", "html", person=person).stdout
    assert '<pre class="title">Hello &lt;b&gt;</pre>' in page


def test_secrets_stay_references(folder: Path) -> None:
    done = preview(folder, "task")
    assert "Bearer ${secret:CRM}" in done.stdout
    assert '"person": "ann"' in done.stdout


WITHHELD = {
    "no address": ("mail", {}, "no_address", "email.to is missing"),
    "no consent": (
        "mail",
        {**ANN, "consents": {"marketing": {"any": {"val": "n"}}}},
        "no_consent",
        "refuse marketing by email",
    ),
    "suppressed": ("text", {**ANN, "suppressed": {"sms": True}}, "suppressed", "by sms"),
    "too long": ("text", {**ANN, "firstName": "x" * 2_000}, "template_error", "at most 1600"),
}


@pytest.mark.parametrize(("action", "person", "reason", "detail"), WITHHELD.values(), ids=WITHHELD)
def test_what_would_keep_it_back_is_told_beside_it(
    folder: Path, action: str, person: object, reason: str, detail: str
) -> None:
    done = preview(folder, action, person=person)
    assert done.exit_code == 1
    assert f"It would not be sent ({reason}): " in done.stderr
    assert detail in done.stderr
    assert done.stdout.startswith(f"{action}: ")
    data = json.loads(preview(folder, action, "--format", "json", person=person).stdout)
    assert data["reason"] == reason


WRONG = {
    "no such action": (["mial"], "did you mean 'mail'?"),
    "an event that is not there": (["mail", "--event", "card_add={}"], "did you mean 'cart_add'?"),
    "no value": (["mail", "--event", "cart_add"], "has no value"),
    "no such file": (["mail", "--with", "nowhere.json"], "cannot be read"),
    "no JSON": (["mail", "--with", "{"], "is not JSON"),
    "no object": (["mail", "--event", "cart_add=list.json"], "it must be an object"),
    "no answer": (["mail", "--given", "weather={}"], "write action.STEP or source.ID"),
    "no step": (
        ["mail", "--given", "action.aks={}"],
        "there is no step 'aks': did you mean 'ask'?",
    ),
    "no source": (["mail", "--given", "source.wether={}"], "did you mean 'weather'?"),
    "no such language": (["mail", "--language", "de"], "speaks no 'de': known: en, fr"),
    "no languages": (["text", "--language", "de"], "has no `languages`"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG)
def test_what_was_given_wrongly_is_told(
    folder: Path, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    (folder / "list.json").write_text("[1]", encoding="utf-8")
    done = preview(folder, *arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_picture_is_drawn_by_the_browser_that_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "browser"
    program.write_text(
        "#!/bin/sh\n"
        'for said; do case "$said" in --screenshot=*) printf PNG > "${said#--screenshot=}";; esac\n'
        "done\necho '<body data-height=\"7\">'\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    image = tmp_path / "mail.png"
    monkeypatch.setenv("CHROMIUM", str(program))
    done = preview(folder, "mail", "--picture", str(image))
    assert done.exit_code == 0, done.output
    assert image.read_bytes() == b"PNG"
    assert f"Drew {image}." in done.stderr
