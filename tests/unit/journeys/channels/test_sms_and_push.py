"""Messages of the channels sms and push, and the actions that write them."""

from __future__ import annotations

import pytest

from journeys.actions import ACTIONS
from journeys.channels.push import Push, Subscription
from journeys.channels.sms import Sms
from journeys.errors import CodecError
from journeys.messages import JsonObject
from tests.harness.person import Person
from tests.harness.plans import compiled, plan_of

MESSAGES = """
kind: action
id: text
channel: sms
category: marketing
to: "#{profile.phone}"
text: sms.txt
---
kind: action
id: notify
channel: push
to: "#{profile.token}"
title: "Hello {{ profile.name }}"
text: Come back
data: {cart: "@event{signup.cart}"}
---
kind: journey
id: messages
version: 1
entry: {event: signup}
steps:
  text: {action: text}
  notify: {action: notify}
"""


def test_both_are_written_for_a_person() -> None:
    profile: JsonObject = {"phone": "+33612345678", "token": "t-1", "name": "Ann"}
    ann = Person(plan_of(MESSAGES), profile=profile)
    ann.signs_up(cart="c1")
    ann.resolve()
    sms, push = ann.requests
    assert (sms.channel, sms.endpoint) == ("sms", "sms")
    assert sms.message == {"to": "+33612345678", "text": "sms.txt"}
    assert push.message == {
        "to": "t-1",
        "title": "Hello Ann",
        "text": "Come back",
        "data": {"cart": "c1"},
    }


@pytest.mark.parametrize("phone", ["0612345678", "+33 6 12", "", None, "+0123456789", 33612345678])
def test_what_is_no_number_is_not_sent_to(phone: object) -> None:
    ann = Person(plan_of(MESSAGES), profile={"phone": phone, "token": "t"})  # type: ignore[dict-item]
    assert ann.signs_up()[1] == "text not_sent:not_sent (no_address)"


def test_without_a_token_nothing_is_pushed() -> None:
    ann = Person(plan_of(MESSAGES), profile={"phone": "+33612345678"})
    ann.signs_up()
    assert ann.resolve()[1] == "notify not_sent:not_sent (no_address)"


def test_marketing_asks_for_the_consent_of_its_channel() -> None:
    consents: JsonObject = {"marketing": {"sms": {"val": "n"}, "push": {"val": "n"}}}
    ann = Person(plan_of(MESSAGES), profile={"phone": "+33612345678", "consents": consents})
    assert ann.signs_up()[1] == "text not_sent:not_sent (no_consent)"


def test_what_no_provider_carries_is_refused() -> None:
    with pytest.raises(CodecError, match="at most 1600"):
        Sms("+33612345678", "x" * 1601)
    with pytest.raises(CodecError, match="at most 4096"):
        Push("t", "a", "é" * 2048)
    with pytest.raises(CodecError, match="object"):
        Push.from_json({"to": "t", "title": "a", "text": "b", "data": [1]})
    refused = ACTIONS["push"].refusal({"to": "t", "title": "a", "text": "x" * 5000})
    assert refused is not None
    assert refused[0] == "template_error"


KEY, AUTH = "B" + "A" * 86, "A" * 22
BROWSER: JsonObject = {"endpoint": "https://push.example/x", "keys": {"p256dh": KEY, "auth": AUTH}}


def test_a_browser_is_an_address_too() -> None:
    ann = Person(plan_of(MESSAGES), profile={"phone": "+33612345678", "token": BROWSER})
    ann.signs_up()
    ann.resolve()
    message = ann.requests[-1].message
    assert message["to"] == BROWSER
    assert Push.from_json(message).to == Subscription("https://push.example/x", KEY, AUTH)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"endpoint": "https://push.example/x"},
        {**BROWSER, "keys": {"p256dh": KEY}},
        {**BROWSER, "keys": {"p256dh": "AAAA", "auth": AUTH}},
        {**BROWSER, "keys": {"p256dh": KEY, "auth": "???"}},
        {**BROWSER, "keys": {"p256dh": KEY, "auth": "\u00e9" * 22}},
        {**BROWSER, "endpoint": "http://push.example/x"},
        {**BROWSER, "endpoint": "https://push.example/x\r\nX: y"},
        {**BROWSER, "endpoint": 7},
        [BROWSER],
        7,
        " ",
    ],
)
def test_what_is_no_subscription_is_not_sent_to(broken: object) -> None:
    ann = Person(plan_of(MESSAGES), profile={"phone": "+33612345678", "token": broken})  # type: ignore[dict-item]
    ann.signs_up()
    assert ann.resolve()[1] == "notify not_sent:not_sent (no_address)"


def test_a_browser_takes_less_than_an_app() -> None:
    to = Subscription("https://push.example/x", KEY, AUTH)
    assert Push(to, "Hello", "x" * 3_700).notification("r1").startswith(b'{"web_push":8030')
    with pytest.raises(CodecError, match="at most 3900"):
        Push(to, "Hello", "x" * 3_900)


def test_how_long_and_how_urgently_is_said_in_the_services_words() -> None:
    text = "kind: action\nid: n\nchannel: push\ncategory: marketing\nto: t\ntitle: a\ntext: b\n"
    message = compiled(text + "ttl: PT1H\nurgency: high\n").actions["n"].message[1]
    assert (message["ttl"], message["urgency"]) == (["value", 3600], ["value", "high"])
    with pytest.raises(CodecError, match="urgency"):
        Push("t", "a", "b", urgency="fast")  # type: ignore[arg-type]
    with pytest.raises(CodecError, match="seconds"):
        Push.from_json({"to": "t", "title": "a", "text": "b", "ttl": "PT1H"})
