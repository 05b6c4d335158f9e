"""The verb `try`: real calls at real servers on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.answers import Answer
from connectors.receivers import Receivers
from jobs.cli.app import app
from jobs.cli.given import completed
from journeys.messages import JsonObject

SECRET = 's3c/r"et+'
SETTINGS = """
channels:
  egress_allow: ["127.0.0.1/32"]
  email: {host: 127.0.0.1, port: SMTP, tls: none, sender: shop@mail.example}
  sms: {base_url: "http://127.0.0.1:HTTP/sms", account: A1, password: "${secret:PW}", sender: Shop}
  push: {base_url: "http://127.0.0.1:HTTP/push", project: shop, token: "${secret:PW}"}
"""
DEFINITIONS = """
kind: auth
id: crm
token:
  url: http://127.0.0.1:HTTP/token
  form: {client_secret: "${secret:PW}"}
---
kind: action
id: note
channel: webhook
url: http://127.0.0.1:HTTP/notes/{{ profile.id | url_encode }}
headers: {X-Key: "${secret:PW}"}
query: {key: "${secret:PW}", gone: "#{profile.gone}"}
body:
  who: "#{profile.email}"
  plan: "@event{signup.plan}"
  n: "{{ params.n }}"
  pw: "${secret:PW}"
auth: crm
success: "@action{note.ok} == true"
---
kind: source
id: stock
url: http://127.0.0.1:HTTP/stock
query: {sku: "{{ params.sku }}"}
success: "#{stock.item.count} > 0"
---
kind: action
id: lost
channel: webhook
url: http://127.0.0.2:HTTP/
---
kind: action
id: bad
channel: webhook
url: http://127.0.0.1:HTTP/bad
---
{kind: event, id: signup, match: {eventType: signup}}
---
kind: action
id: letter
channel: email
category: marketing
to: "#{profile.email}"
subject: "Hello {{ profile.name }}"
body: "Bye"
---
{kind: action, id: ring, channel: sms, category: transactional, to: "#{profile.phone}", text: Hi}
---
{kind: action, id: beep, channel: push, category: transactional, to: t-1, title: Hi, text: Ho}
"""


def answer(call: JsonObject) -> Answer:
    match call["path"]:
        case "/token":
            return Answer(200, {"access_token": "tok/en-1", "expires_in": 600})
        case "/stock":
            return Answer(200, {"item": {"count": 3 if call["query"] == {"sku": "tea"} else 0}})
        case "/bad":
            return Answer(422, {"error": "why"}, {"Retry-After": "7"})
    return Answer(200, {"ok": True, "echo": f"tok/en-1 {SECRET}"})


@pytest.fixture(scope="module")
def receivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receivers]:
    """Let the receivers run on a loop of their own: the verb has one too."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = Receivers(tmp_path_factory.mktemp("received"), answer)
    asyncio.run_coroutine_threadsafe(running.start(), loop).result(10)
    yield running
    asyncio.run_coroutine_threadsafe(running.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def project(receivers: Receivers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(os.environ, "JOURNEYS_SECRET_PW", SECRET)
    for name, text in (("journeys.yaml", SETTINGS), ("all.yaml", DEFINITIONS)):
        filled = text.replace("HTTP", str(receivers.http_port))
        (tmp_path / name).write_text(filled.replace("SMTP", str(receivers.smtp_port)))
    receivers.calls.clear()
    receivers.emails.clear()
    return tmp_path


def trying(project: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["try", *words, "-p", str(project)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def read(project: Path, *words: str) -> tuple[int, Any]:
    code, text = trying(project, *words, "--format", "json")
    return code, json.loads(text)


ANN = '{"id": "ann", "email": "ann@example.org", "phone": "+33612345678"}'
NOTE = (
    "action",
    "note",
    "--profile",
    ANN,
    "--event",
    'signup={"plan": "pro"}',
    "--with",
    '{"n": 3}',
)


def test_a_call_is_shown_in_full_with_secrets_masked(project: Path, receivers: Receivers) -> None:
    code, text = trying(project, *NOTE)
    assert code == 0
    assert SECRET not in text
    assert json.dumps(SECRET)[1:-1] not in text
    assert "tok/en-1" not in text
    assert f"POST {receivers.http_url}/notes/ann?key=***" in text
    assert "\n  authorization: Bearer ***" in text
    assert "\n  x-key: ***" in text
    assert '"plan": "pro"' in text
    assert '"echo": "*** ***"' in text
    assert "read by a journey as @action{STEP.…}" in text
    assert text.splitlines()[-1].startswith("succeeded: http_200 in ")
    token, note = receivers.calls
    assert token["path"] == "/token"
    assert (note["headers"]["authorization"], note["headers"]["x-key"]) == (  # type: ignore[index,call-overload]
        "Bearer tok/en-1", SECRET
    )  # fmt: skip


def test_a_call_is_told_as_data(project: Path) -> None:
    code, data = read(project, *NOTE)
    assert (code, data["sent"], data["status"], data["code"]) == (0, True, "succeeded", "http_200")
    token, note = data["exchanges"]
    assert (token["body"], token["answer"]) == ({"client_secret": "***"}, "***")
    assert note["body"] == {"who": "ann@example.org", "plan": "pro", "n": "3", "pw": "***"}
    assert (note["status"], note["answer"]) == (200, {"ok": True, "echo": "*** ***"})
    assert data["read"] == {"ok": True, "echo": "*** ***", "jo_status_code": "http_200"}
    assert data["attempts"] == 1


def test_a_source_is_judged_by_its_rule(project: Path) -> None:
    code, text = trying(project, "source", "stock", "--with", '{"sku": "tea"}')
    assert code == 0
    assert "read by a journey as #{stock.…} and @action{STEP.…}" in text
    code, data = read(project, "source", "stock", "--with", '{"sku": "milk"}')
    assert (code, data["status"], data["reason"]) == (1, "error", "lookup_error")
    assert "#{stock.item.count} > 0 does not hold" in data["detail"]


def test_a_dry_run_sends_nothing_and_needs_no_secret(
    project: Path, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(os.environ, "JOURNEYS_SECRET_PW")
    code, text = trying(project, *NOTE, "--dry-run")
    assert code == 0
    assert f"POST {receivers.http_url}/notes/ann?key=${{secret:PW}}" in text
    assert text.splitlines()[-1] == "not sent: this is a dry run"
    code, data = read(project, "action", "letter", "--profile", ANN, "--dry-run")
    assert (code, data["sent"], data["message"]["to"]) == (0, False, "ann@example.org")
    assert not receivers.calls
    assert not receivers.emails


def test_a_failure_says_why_and_what_a_journey_reads(project: Path) -> None:
    code, text = trying(project, "action", "bad")
    assert code == 1
    assert "\n422 in " in text
    assert "\n  retry-after: 7" in text
    assert '"error": "why"' in text
    assert "failed: http_422 (action_error): " in text


def test_what_the_deployment_does_not_allow_is_not_connected(project: Path) -> None:
    code, data = read(project, "action", "lost")
    assert (code, data["status"], data["code"]) == (1, "not_sent", "egress_denied")
    assert "channels.egress_allow" in data["detail"]
    assert data["exchanges"][0]["status"] is None


def test_every_channel_can_be_tried(project: Path, receivers: Receivers) -> None:
    code, text = trying(project, "action", "letter", "--profile", ANN)
    assert (code, len(receivers.emails)) == (0, 1)
    assert "succeeded: smtp_250" in text
    for name in ("ring", "beep"):
        code, data = read(project, "action", name, "--profile", ANN)
        assert (code, data["code"]) == (0, "http_200")
        assert SECRET not in json.dumps(data)
        assert data["exchanges"][0]["headers"]["authorization"].endswith(" ***")


def test_a_person_who_must_not_be_reached_is_not(project: Path, receivers: Receivers) -> None:
    refusing = '{"email": "a@b.example", "consents": {"marketing": {"email": {"val": "n"}}}}'
    code, text = trying(project, "action", "letter", "--profile", refusing)
    assert code == 1
    assert "not sent: no_consent" in text
    assert not receivers.emails


def test_what_is_given_may_lie_in_files(project: Path, receivers: Receivers) -> None:
    (project / "person.json").write_text(ANN)
    (project / "signup.json").write_text('{"plan": "max"}')
    trying(project, "action", "note", "--profile", str(project / "person.json"),
           "--event", f"signup={project / 'signup.json'}")  # fmt: skip
    assert receivers.calls[1]["body"]["plan"] == "max"  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("action", "noet"), "did you mean 'note'?"),
        (("source", "note"), "there is no source 'note'"),
        (("action", "note", "--event", "sign={}"), "did you mean 'signup'?"),
        (("action", "note", "--event", "signup"), "has no value"),
        (("action", "note", "--with", "[1]"), "cannot be read"),
        (("action", "note", "--with", "{1}"), "this is not JSON"),
    ],
)
def test_a_slip_is_told_with_what_may_be_meant(
    project: Path, words: tuple[str, ...], said: str
) -> None:
    code, text = trying(project, *words)
    assert code == 2
    assert said in " ".join(text.split())


def test_ids_are_completed(project: Path) -> None:
    def context(**params: object) -> Any:
        return type("Context", (), {"params": {"project": project, **params}})

    assert completed(context(kind="action"), "l") == [("letter", "email"), ("lost", "webhook")]
    assert completed(context(kind="source"), "") == [("stock", "webhook")]
    assert completed(context(project=project / "none"), "") == []
