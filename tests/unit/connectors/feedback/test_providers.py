"""What each provider tells: signatures that the providers publish, and ones made here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.feedback.mailgun import MailgunSettings
from connectors.feedback.provider import (
    Call,
    FeedbackProvider,
    ProviderSettings,
    SignatureError,
    UnreadableError,
)
from connectors.feedback.sendgrid import SendGridSettings
from connectors.feedback.tracking import Tracking, TrackingSettings
from connectors.feedback.twilio import TwilioSettings, twilio_signature
from connectors.feedback.webhooks import MOST, WebhooksSettings
from connectors.secrets import Secrets
from connectors.standard_webhooks import signatures
from journeys.activation import FeedbackReceived
from journeys.errors import JourneyError, PortError
from journeys.message_token import MessageToken, Use, write_token
from journeys.records import Record, read_feedback

NOW = 1_700_000_000_000
KEY = "tracking-key-of-16"
OURS = base64.b64encode(b"ours" * 8).decode()
FORMER = "whsec_" + base64.b64encode(b"former" * 8).decode()
SECRETS = Secrets(
    environment={
        "JOURNEYS_SECRET_KEY": KEY,
        "JOURNEYS_SECRET_OURS": OURS,
        "JOURNEYS_SECRET_FORMER": FORMER,
        "JOURNEYS_SECRET_AUTH": "12345",
        "JOURNEYS_SECRET_SIGNING": "mailgun-key",
        "JOURNEYS_SECRET_SHORT": "short",
    }
)
TRACKING = Tracking(
    TrackingSettings(url="https://t.example.org/j", secret="${secret:KEY}"), SECRETS
)
TOKEN = write_token(MessageToken(Use.REPORT, "ann", "r1", "email"), KEY.encode())
SMS = write_token(MessageToken(Use.REPORT, "ann", "r1", "sms"), KEY.encode())
URL = f"https://t.example.org/j/feedback/twilio?t={SMS}"


def call(
    provider: FeedbackProvider, body: bytes, headers: dict[str, str] | None = None, url: str = URL
) -> list[FeedbackReceived | None]:
    """Give what a call tells, as the job reads it from the topic."""
    told = provider.read(Call(url, headers or {}, body, NOW), TRACKING)
    return [None if each is None else read(each.profile_id, each.value) for each in told]


def read(key: str, value: bytes) -> FeedbackReceived:
    feedback = read_feedback(Record("feedback", 0, 0, NOW, key, value, len(value)))
    assert isinstance(feedback, FeedbackReceived)
    assert key in ("ann", "+33612345678")
    return feedback


def told(
    name: str, reaction: str, *, at: int = NOW, channel: str = "email", permanent: bool = True
) -> FeedbackReceived:
    return FeedbackReceived(name, "r1", reaction, channel, at, permanent)


# Standard Webhooks, in our own form.


WEBHOOKS = WebhooksSettings(secrets=("${secret:OURS}", "${secret:FORMER}")).opened(SECRETS)


def signed(body: bytes, key: str = OURS, seconds: int = 0, name: str = "m1") -> dict[str, str]:
    at = NOW // 1000 + seconds
    return {
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v2,other {signatures([key], name, at, body)}",
    }


@pytest.mark.parametrize("key", [OURS, FORMER])
def test_feedback_in_our_form_counts_by_either_key(key: str) -> None:
    body = b'{"profile_id": "ann", "request_id": "r1", "reaction": "clicked", "channel": "email"}'
    assert call(WEBHOOKS, body, signed(body, key)) == [told("m1/0", "clicked")]


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_clock_may_be_off_by_almost_five_minutes(seconds: int) -> None:
    body = b'{"profile_id": "ann", "channel": "email", "reaction": "complained"}'
    (feedback,) = call(WEBHOOKS, body, signed(body, seconds=seconds))
    assert feedback == FeedbackReceived("m1/0", None, "complained", "email", NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-timestamp": str(NOW // 1000 - 600)},
        {"webhook-timestamp": str(NOW // 1000 + 600)},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "9" * 5_000},
        {"webhook-timestamp": ""},
        {"webhook-id": "m2"},
        {"webhook-id": ""},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1,ü"},
    ],
)
def test_what_is_not_signed_just_now_is_refused(wrong: dict[str, str]) -> None:
    body = b'{"profile_id": "ann", "request_id": "r1", "reaction": "clicked"}'
    with pytest.raises(SignatureError):
        call(WEBHOOKS, body, signed(body) | wrong)
    with pytest.raises(SignatureError):
        call(WEBHOOKS, body)


@pytest.mark.parametrize("seconds", [-600, 600])
def test_a_true_signature_of_ten_minutes_away_is_refused(seconds: int) -> None:
    body = b"{}"
    with pytest.raises(SignatureError):
        call(WEBHOOKS, body, signed(body, seconds=seconds))


def test_another_key_and_another_body_are_refused() -> None:
    body, other = b"[]", base64.b64encode(b"other" * 8).decode()
    for headers in (signed(body, other), signed(b"[ ]")):
        with pytest.raises(SignatureError):
            call(WEBHOOKS, body, headers)


def test_a_list_may_name_messages_by_their_tokens_and_times_and_ids_of_its_own() -> None:
    pieces = [
        {"_id": "f1", "token": TOKEN, "reaction": "opened", "timestamp": "2023-11-14T22:00:00Z"},
        {"token": TOKEN, "reaction": "bounced", "permanent": False},
        {"token": SMS[:-1] + "x", "reaction": "opened"},
    ]
    body = json.dumps(pieces).encode()
    assert call(WEBHOOKS, body, signed(body)) == [
        told("f1", "opened", at=1_699_999_200_000),
        told("m1/1", "bounced", permanent=False),
        None,
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "no JSON"),
        (b"7", "a JSON object"),
        (b"[7]", "a JSON object"),
        (b'{"reaction": "opened", "request_id": "r1"}', "names nobody"),
        (b'{"profile_id": 7, "reaction": "opened", "request_id": "r1"}', "names nobody"),
        (b'{"profile_id": "", "reaction": "opened", "request_id": "r1"}', "has no key"),
        (b'{"profile_id": "ann", "reaction": "read", "request_id": "r1"}', "expected one of"),
        (b'{"profile_id": "ann", "reaction": "opened"}', "no `request_id`"),
        (
            b'{"profile_id": "ann", "reaction": "bounced", "channel": "email", "permanent": 1}',
            "expected true or false",
        ),
        (b"[" + b"{}," * MOST + b"{}]", f"at most {MOST}"),
    ],
)
def test_what_is_no_feedback_is_refused_with_a_reason(body: bytes, says: str) -> None:
    with pytest.raises(UnreadableError, match=says):
        call(WEBHOOKS, body, signed(body))


def test_of_a_list_with_a_bad_piece_nothing_is_taken() -> None:
    body = json.dumps([{"token": TOKEN, "reaction": "opened"}, {}]).encode()
    pieces: Iterator[Any] = WEBHOOKS.read(Call(URL, signed(body), body, NOW), TRACKING)
    with pytest.raises(UnreadableError):
        next(pieces)


# Twilio.


TWILIO = TwilioSettings(auth_tokens=("${secret:OURS}", "${secret:AUTH}")).opened(SECRETS)


def form(url: str = URL, key: str = "12345", **fields: str) -> tuple[bytes, dict[str, str]]:
    signature = twilio_signature(key, url, {name: [value] for name, value in fields.items()})
    return urlencode(fields).encode(), {"x-twilio-signature": signature}


def test_signatures_are_those_that_the_provider_publishes() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    fields = {
        "CallSid": ["CA1234567890ABCDE"],
        "Digits": ["1234"],
        "From": ["+14158675309"],
        "To": ["+18005551212"],
        "Caller": ["+14158675309"],
    }
    assert twilio_signature("12345", url, fields) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    repeated = {"Sid": ["CA123"], "SidAccount": ["AC123"], "Digits": ["5678", "1234", "1234"]}
    assert twilio_signature("12345", url, repeated) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


@pytest.mark.parametrize(
    ("fields", "then"),
    [
        ({"MessageStatus": "delivered"}, told("twilio/SM1/delivered", "delivered", channel="sms")),
        ({"MessageStatus": "read"}, told("twilio/SM1/read", "opened", channel="sms")),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "30005"},
            told("twilio/SM1/undelivered", "bounced", channel="sms"),
        ),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "30003"},
            told("twilio/SM1/undelivered", "bounced", channel="sms", permanent=False),
        ),
        (
            {"MessageStatus": "failed"},
            told("twilio/SM1/failed", "bounced", channel="sms", permanent=False),
        ),
        (
            {"MessageStatus": "failed", "ErrorCode": "21610"},
            told("twilio/SM1/failed", "unsubscribed", channel="sms"),
        ),
        ({"MessageStatus": "sent"}, None),
        ({}, None),
    ],
)
def test_the_status_of_a_text_message_is_told(
    fields: dict[str, str], then: FeedbackReceived | None
) -> None:
    body, headers = form(MessageSid="SM1", To="+33612345678", **fields)
    assert call(TWILIO, body, headers) == [then]


@pytest.mark.parametrize(
    ("fields", "is_stop"),
    [
        ({"Body": " stop "}, True),
        ({"Body": "Unsubscribe"}, True),
        ({"Body": "arrêt", "OptOutType": "STOP"}, True),
        ({"Body": "Do not stop!"}, False),
        ({"Body": "START", "OptOutType": "START"}, False),
    ],
)
def test_who_writes_stop_unsubscribes_and_is_known_by_the_number(
    fields: dict[str, str], *, is_stop: bool
) -> None:
    url = "https://t.example.org/j/feedback/twilio"
    body, headers = form(url, MessageSid="SM2", SmsStatus="received", From="+33612345678", **fields)
    (feedback,) = TWILIO.read(Call(url, headers, body, NOW), TRACKING)
    if not is_stop:
        assert feedback is None
        return
    assert feedback is not None
    assert feedback.profile_id == "+33612345678"
    stop = FeedbackReceived("twilio/SM2/stop", None, "unsubscribed", "sms", NOW)
    assert read(feedback.profile_id, feedback.value) == stop


def test_the_provider_may_sign_the_port_that_goes_without_saying() -> None:
    with_port = URL.replace("t.example.org", "t.example.org:443")
    body, headers = form(with_port, MessageSid="SM1", MessageStatus="delivered")
    assert call(TWILIO, body, headers) != [None]


@pytest.mark.parametrize(
    ("change", "url"),
    [
        ({"x-twilio-signature": "AAAA"}, URL),
        ({"x-twilio-signature": "ü"}, URL),
        ({}, URL.replace("https", "http")),
        ({}, URL + "x"),
    ],
)
def test_a_form_that_is_not_signed_is_refused(change: dict[str, str], url: str) -> None:
    body, headers = form(MessageSid="SM1", MessageStatus="delivered")
    with pytest.raises(SignatureError):
        call(TWILIO, body, headers | change, url)
    with pytest.raises(SignatureError):
        call(TWILIO, body + b"&To=x", headers)


def test_a_message_that_is_not_ours_is_passed_over() -> None:
    url = "https://t.example.org/j/feedback/twilio?t=aAAAA"
    body, headers = form(url, MessageSid="SM1", MessageStatus="delivered")
    assert call(TWILIO, body, headers, url) == [None]


@pytest.mark.parametrize(("fields", "says"), [({"x": "y"}, "no MessageSid")])
def test_a_form_of_another_shape_is_refused(fields: dict[str, str], says: str) -> None:
    body, headers = form(**fields)
    with pytest.raises(UnreadableError, match=says):
        call(TWILIO, body, headers)


@pytest.mark.parametrize("body", [b"\xff", b"&".join(b"a%d=1" % n for n in range(201))])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError, match="no form"):
        call(TWILIO, body)


# SendGrid.


PUBLISHED_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1"
    "flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)
PUBLISHED = {
    "x-twilio-email-event-webhook-signature": (
        "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15Tl"
        "uLtEZtM="
    ),
    "x-twilio-email-event-webhook-timestamp": "1600112502",
}
PUBLISHED_BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":'
    b'"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":'
    b'"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":'
    b'"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
SENDGRID = SendGridSettings(public_keys=(PUBLISHED_KEY, PUBLIC)).opened(SECRETS)


def batch(*events: Any) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(events).encode()
    signature = PRIVATE.sign(b"1700000000" + body, ec.ECDSA(SHA256()))
    return body, {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": "1700000000",
    }


def test_the_call_that_the_provider_publishes_is_believed_and_not_ours() -> None:
    assert call(SENDGRID, PUBLISHED_BODY, PUBLISHED) == [None]
    for body in (PUBLISHED_BODY[:-2], PUBLISHED_BODY.replace(b"hello", b"hallo")):
        with pytest.raises(SignatureError):
            call(SENDGRID, body, PUBLISHED)
    for change in ("!", "", "AAAA", "ü"):
        name = "x-twilio-email-event-webhook-signature"
        with pytest.raises(SignatureError):
            call(SENDGRID, PUBLISHED_BODY, PUBLISHED | {name: change})


@pytest.mark.parametrize(
    ("event", "reaction", "permanent"),
    [
        ({"event": "delivered"}, "delivered", True),
        ({"event": "bounce", "type": "bounce"}, "bounced", True),
        ({"event": "bounce", "type": "blocked"}, "bounced", False),
        ({"event": "dropped", "reason": "Bounced Address"}, "bounced", True),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "complained", True),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, "unsubscribed", True),
        ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, None, True),
        ({"event": "open"}, "opened", True),
        ({"event": "open", "sg_machine_open": True}, None, True),
        ({"event": "click"}, "clicked", True),
        ({"event": "spamreport"}, "complained", True),
        ({"event": "unsubscribe"}, "unsubscribed", True),
        ({"event": "group_unsubscribe"}, "unsubscribed", True),
        ({"event": "group_resubscribe"}, None, True),
        ({"event": "processed"}, None, True),
        ({"event": "deferred"}, None, True),
        ({}, None, True),
    ],
)
def test_each_event_of_sendgrid_is_told(
    event: dict[str, Any], reaction: str | None, *, permanent: bool
) -> None:
    whole = {"sg_event_id": "e1", "timestamp": 1_699_999_200, "journeys": TOKEN, **event}
    at = 1_699_999_200_000
    then = reaction and told("sendgrid/e1", reaction, at=at, permanent=permanent)
    assert call(SENDGRID, *batch(whole, {**whole, "journeys": "aAAAA"})) == [then, None]


@pytest.mark.parametrize(
    "events",
    [
        [7],
        [{"event": "open", "journeys": TOKEN}],
        [{"event": "open", "journeys": TOKEN, "sg_event_id": "e1", "timestamp": "now"}],
    ],
)
def test_events_of_another_shape_are_refused(events: list[Any]) -> None:
    with pytest.raises(UnreadableError):
        call(SENDGRID, *batch(*events))


@pytest.mark.parametrize("key", ["", "AAAA", "no base64!", base64.b64encode(b"x" * 90).decode()])
def test_what_is_no_public_key_is_told_at_once(key: str) -> None:
    with pytest.raises(JourneyError, match="is no public key"):
        SendGridSettings(public_keys=(key,)).opened(SECRETS)


# Mailgun.


MAILGUN = MailgunSettings(signing_keys=("${secret:OURS}", "${secret:SIGNING}")).opened(SECRETS)


def event(**fields: Any) -> dict[str, Any]:
    signature = hmac.new(b"mailgun-key", b"1529006854a8ce", hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": "1529006854", "token": "a8ce", "signature": signature},
        "event-data": {
            "id": "e1",
            "timestamp": 1_699_999_200.5,
            "user-variables": {"journeys": TOKEN},
            **fields,
        },
    }


@pytest.mark.parametrize(
    ("fields", "reaction", "permanent"),
    [
        ({"event": "delivered"}, "delivered", True),
        ({"event": "failed", "severity": "permanent", "reason": "bounce"}, "bounced", True),
        (
            {"event": "failed", "severity": "permanent", "reason": "suppress-bounce"},
            "bounced",
            True,
        ),
        ({"event": "failed", "severity": "permanent", "reason": "generic"}, "bounced", False),
        ({"event": "failed", "severity": "permanent"}, "bounced", False),
        (
            {"event": "failed", "severity": "permanent", "reason": "suppress-complaint"},
            "complained",
            True,
        ),
        (
            {"event": "failed", "severity": "permanent", "reason": "suppress-unsubscribe"},
            "unsubscribed",
            True,
        ),
        ({"event": "failed", "severity": "temporary", "reason": "bounce"}, None, True),
        ({"event": "opened"}, "opened", True),
        ({"event": "clicked"}, "clicked", True),
        ({"event": "unsubscribed"}, "unsubscribed", True),
        ({"event": "complained"}, "complained", True),
        ({"event": "accepted"}, None, True),
        ({"event": "opened", "user-variables": {}}, None, True),
        ({"event": "opened", "user-variables": None}, None, True),
        ({"event": "opened", "user-variables": {"journeys": 7}}, None, True),
    ],
)
def test_each_event_of_mailgun_is_told(
    fields: dict[str, Any], reaction: str | None, *, permanent: bool
) -> None:
    name, at = "mailgun/e1/1699999200.5", 1_699_999_200_500
    then = reaction and told(name, reaction, at=at, permanent=permanent)
    assert call(MAILGUN, json.dumps(event(**fields)).encode()) == [then]


@pytest.mark.parametrize(
    "change", [{"token": "b"}, {"timestamp": "1"}, {"signature": "AAAA"}, {"signature": None}]
)
def test_an_event_that_is_not_signed_is_refused(change: dict[str, Any]) -> None:
    whole = event(event="opened")
    whole["signature"] |= change
    with pytest.raises(SignatureError):
        call(MAILGUN, json.dumps(whole).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b'{"signature": {}}',
        json.dumps(event(event="opened", id=None)).encode(),
        json.dumps(event(event="opened", timestamp="now")).encode(),
    ],
)
def test_an_event_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        call(MAILGUN, body)


# Keys.


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (WebhooksSettings(secrets=("${secret:NONE}",)), "is not known"),
        (WebhooksSettings(secrets=("${secret:AUTH}",)), "is not base64"),
        (TwilioSettings(auth_tokens=("${secret:OURS}", "${secret:NONE}")), "is not known"),
        (MailgunSettings(signing_keys=("${secret:NONE}",)), "is not known"),
    ],
)
def test_a_key_of_a_provider_that_is_missing_is_told_at_once(
    settings: ProviderSettings, says: str
) -> None:
    with pytest.raises(PortError, match=says):
        settings.opened(SECRETS)


def test_a_key_that_is_missing_or_short_is_told_and_never_shown() -> None:
    for name, says in (("SHORT", "less than 16"), ("NONE", "is not known")):
        settings = TrackingSettings(url="https://t.example.org", secret=f"${{secret:{name}}}")
        with pytest.raises(PortError, match=says) as refused:
            Tracking(settings, SECRETS).check()
        assert "short" not in str(refused.value)
