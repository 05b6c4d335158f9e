"""What the channels by the API of a provider have in common: sms and push."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.channels.opening import open_channels
from connectors.channels.push import PushChannel
from connectors.channels.settings import ChannelSettings, PushSettings, SmsSettings
from connectors.channels.sms import SmsChannel
from connectors.egress import EgressPolicy
from connectors.http_client import RESPONSE_LIMIT
from connectors.secrets import Secrets
from journeys.errors import PortError
from journeys.messages import ActionStatus
from tests.harness.channel import carried_out, failing, sent
from tests.harness.http import header, json_response

if TYPE_CHECKING:
    from journeys.messages import Delivery, JsonObject
    from journeys.ports import ActionChannel

PASSWORD = "hunter2"
SECRETS = {"JOURNEYS_SECRET_PASSWORD": PASSWORD, "JOURNEYS_SECRET_LINES": "a\r\nX-Injected: b"}
LOGIN = base64.b64encode(f"AC1:{PASSWORD}".encode()).decode()
MESSAGES: dict[str, JsonObject] = {
    "sms": {"to": "+33612345678", "text": "Hello"},
    "push": {"to": "t-1", "title": "Hello", "text": "Come back"},
}
Open = Callable[..., "ActionChannel"]


def sms_channel(url: str, egress: EgressPolicy, **changes: Any) -> SmsChannel:
    chosen = {"base_url": url, "account": "AC1", "sender": "Shop",
              "password": "${secret:PASSWORD}", **changes}  # fmt: skip
    return SmsChannel(SmsSettings(**chosen), egress, Secrets(environment=SECRETS))


def push_channel(url: str, egress: EgressPolicy, **changes: Any) -> PushChannel:
    chosen = {"base_url": url, "project": "shop", "token": "${secret:PASSWORD}", **changes}
    return PushChannel(PushSettings(**chosen), egress, Secrets(environment=SECRETS))


CHANNELS: dict[str, Open] = {"sms": sms_channel, "push": push_channel}


@pytest.fixture(params=CHANNELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        ("302 Found", False),
        ("400 Bad Request", False),
        ("401 Unauthorized", False),
        ("403 Forbidden", False),
        ("404 Not Found", False),
        ("408 Request Timeout", True),
        ("409 Conflict", False),
        ("425 Too Early", True),
        ("429 Too Many Requests", True),
        ("500 Internal Server Error", True),
        ("503 Service Unavailable", True),
    ],
)
def test_each_status_says_whether_another_attempt_may_help(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    name: str,
    status: str,
    retryable: object,
) -> None:
    async def scene() -> PortError:
        async with http_script(json_response(status, {"why": "x"}, "Retry-After: 3")) as server:
            return await failing(CHANNELS[name](server.url, loopback), request_of(MESSAGES[name]))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == (f"http_{status[:3]}", retryable)
    assert failed.retry_after_ms == 3000
    assert failed.response == {"why": "x"}


@pytest.mark.parametrize(
    ("reply", "code", "retryable"),
    [
        ("drop", "unknown", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "unknown", True),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "bad_response", False),
        (json_response("200 OK", "x" * RESPONSE_LIMIT), "response_too_large", False),
        (json_response("500 Oh", "x" * RESPONSE_LIMIT), "http_500", True),
    ],
    ids=["dropped", "cut", "no HTTP", "too large", "too large an error"],
)
def test_an_answer_that_is_none_is_told_apart(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    name: str,
    reply: Any,
    code: str,
    retryable: object,
) -> None:
    async def scene() -> PortError:
        async with http_script(reply) as server:
            return await failing(CHANNELS[name](server.url, loopback), request_of(MESSAGES[name]))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == (code, retryable)


@pytest.mark.parametrize("body", [None, [], "sent", {"sid": 7, "name": 7}, {"error": "none"}])
def test_an_answer_of_another_form_is_a_success_without_an_id(
    http_script: Any, loopback: EgressPolicy, request_of: Any, name: str, body: Any
) -> None:
    async def scene() -> Delivery:
        async with http_script(json_response("200 OK", body)) as server:
            return await sent(CHANNELS[name](server.url, loopback), request_of(MESSAGES[name]))

    delivery = asyncio.run(scene())
    assert (delivery.code, delivery.response, delivery.provider_message_id) == (
        "http_200",
        body,
        None,
    )


@pytest.mark.parametrize("body", [None, [], "no", {"error": "no"}, {"message": 7}, {"error": {}}])
def test_a_refusal_of_another_form_tells_its_status(
    http_script: Any, loopback: EgressPolicy, request_of: Any, name: str, body: Any
) -> None:
    async def scene() -> None:
        async with http_script(json_response("400 Bad", body)) as server:
            channel = CHANNELS[name](server.url, loopback)
            failed = await failing(channel, request_of(MESSAGES[name]))
            assert str(failed) == f"{server.url} answered 400"

    asyncio.run(scene())


def test_a_message_of_unknown_fate_is_left_at_that_where_the_deployment_says_so(
    http_script: Any, loopback: EgressPolicy, request_of: Any, name: str
) -> None:
    async def scene() -> PortError:
        async with http_script("drop") as server:
            channel = CHANNELS[name](server.url, loopback, on_unknown="skip")
            return await failing(channel, request_of(MESSAGES[name]))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("unknown", False)


def test_a_provider_that_is_not_there_may_come_back(
    http_script: Any, loopback: EgressPolicy, request_of: Any, name: str
) -> None:
    async def scene() -> PortError:
        async with http_script("drop") as server:
            pass
        return await failing(CHANNELS[name](server.url, loopback), request_of(MESSAGES[name]))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("connect_error", True)


def test_the_caller_decides_how_long_a_slow_provider_is_awaited(
    http_script: Any, loopback: EgressPolicy, request_of: Any, name: str
) -> None:
    async def scene() -> None:
        async with http_script("silence") as server:
            request = replace(request_of(MESSAGES[name]), channel=name, timeout_ms=100)
            channel = CHANNELS[name](server.url, loopback)
            result = await carried_out(channel, request)
            assert (result.status, result.code) == (ActionStatus.TIMEOUT, "timedout")
            assert len(server.heads) == 1

    asyncio.run(scene())


def test_every_attempt_travels_under_the_same_key(
    http_script: Any, loopback: EgressPolicy, request_of: Any, name: str
) -> None:
    async def scene() -> None:
        busy = json_response("503 Busy", {}, "Retry-After: 0")
        async with http_script(busy, busy, json_response("200 OK", {})) as server:
            request = replace(request_of(MESSAGES[name]), channel=name)
            channel = CHANNELS[name](server.url, loopback)
            result = await carried_out(channel, request)
            assert (result.status, result.attempts) == (ActionStatus.SUCCEEDED, 3)
            assert [header(head, "idempotency-key") for head in server.heads] == ["r1"] * 3
            assert len(set(server.bodies)) == 1

    asyncio.run(scene())


def test_a_provider_that_egress_refuses_is_never_connected(
    http_script: Any, request_of: Any, name: str
) -> None:
    async def scene() -> PortError:
        async with http_script(json_response("200 OK", {})) as server:
            channel = CHANNELS[name](server.url, EgressPolicy())
            failed = await failing(channel, request_of(MESSAGES[name]))
            assert server.heads == []
            return failed

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("egress_denied", False)


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "401 Unauthorized"])
def test_no_secret_comes_back_from_a_provider_that_repeats_the_call(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    caplog: pytest.LogCaptureFixture,
    name: str,
    status: str,
) -> None:
    told = f"Basic {LOGIN}, Bearer {PASSWORD}"
    body: JsonObject = {"code": 1, "message": told, "error": {"status": "S", "message": told}}

    async def scene() -> str:
        async with http_script(json_response(status, body)) as server:
            request = replace(request_of(MESSAGES[name]), channel=name)
            channel = CHANNELS[name](server.url, loopback)
            result = await carried_out(channel, request)
            return repr(result)

    result = asyncio.run(scene())
    secret = LOGIN if name == "sms" else PASSWORD
    assert "***" in result
    for place in (result, caplog.text):
        assert PASSWORD not in place
        assert secret not in place


@pytest.mark.parametrize(
    "reference", ["${secret:NOWHERE}", "${secret:not a name}", "${secret:LINES}"]
)
def test_a_secret_that_cannot_be_used_is_told_without_its_value(
    loopback: EgressPolicy, request_of: Any, reference: str
) -> None:
    channel = push_channel("http://127.0.0.1:1", loopback, token=reference)
    failed = asyncio.run(failing(channel, request_of(MESSAGES["push"])))
    assert (failed.code, failed.retryable) == ("unknown_secret", False)
    assert "Injected" not in str(failed)


@pytest.mark.parametrize("message", [{}, {"to": 7}, {"color": "red"}, {"text": "\ud800"}])
def test_a_message_that_cannot_be_written_fails_for_good(
    loopback: EgressPolicy, request_of: Any, message: Any
) -> None:
    complete = MESSAGES["sms"] | message if message else {}
    failed = asyncio.run(failing(sms_channel("http://127.0.0.1:1", loopback), request_of(complete)))
    assert (failed.code, failed.retryable) == ("message_error", False)


def test_a_channel_can_be_closed_before_its_first_call(loopback: EgressPolicy, name: str) -> None:
    asyncio.run(CHANNELS[name]("http://127.0.0.1:1", loopback).close())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": "hunter2"}, "must be a reference"),
        ({"base_url": "ftp://sms.example.org"}, "must begin with https"),
        ({"base_url": "https://key:secret@sms.example.org"}, "holds a user name"),
        ({"base_url": "https://sms.example.org/?a=1"}, "leave out"),
        ({"account": "AC1/AC2"}, "account"),
        ({"account": ".."}, "account"),
        ({"username": "a:b"}, "username"),
        ({"sender": None}, "either a sender or"),
        ({"messaging_service": "MG1"}, "either a sender or"),
        ({"region": "fr"}, "region"),
    ],
)
def test_settings_of_sms_that_cannot_work_are_refused(change: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        sms_channel("https://sms.example.org", EgressPolicy(), **change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"token": "hunter2"}, "must be a reference"),
        ({"token": None}, "either a service_account or"),
        ({"service_account": "${secret:ACCOUNT}"}, "either a service_account or"),
        ({"project": ""}, "project"),
    ],
)
def test_settings_of_push_that_cannot_work_are_refused(change: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        push_channel("https://push.example.org", EgressPolicy(), **change)


def test_only_what_has_its_settings_is_opened() -> None:
    sms = SmsSettings(account="AC1", password="${secret:A}", sender="Shop")
    push = PushSettings(project="shop", token="${secret:B}")
    assert set(open_channels(ChannelSettings())) == {"webhook"}
    assert set(open_channels(ChannelSettings(sms=sms, push=push))) == {"webhook", "sms", "push"}
