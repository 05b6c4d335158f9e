"""Messages of the channels sms and push, and the actions that write them."""

from __future__ import annotations

import pytest

from journeys.actions import ACTIONS
from journeys.channels.push import Push
from journeys.channels.sms import Sms
from journeys.errors import CodecError
from journeys.messages import JsonObject
from tests.harness.person import Person
from tests.harness.plans import plan_of

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
