from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from connectors.answers import Answer
from connectors.channels.settings import SmsSettings
from connectors.channels.sms import SmsChannel
from connectors.feedback.tracking import Tracking, TrackingSettings
from connectors.receivers import Receivers
from connectors.secrets import Secrets
from journeys.errors import PortError
from tests.harness.http import json_response

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.egress import EgressPolicy
    from journeys.messages import JsonObject

HELLO: JsonObject = {"to": "+33612345678", "text": "Grüße & bis bald +1"}


def channel_of(url: str, egress: EgressPolicy, **changes: Any) -> SmsChannel:
    chosen = {"base_url": url, "account": "AC1", "password": "${secret:KEY}", "sender": "Shop"}
    settings = SmsSettings(**{**chosen, **changes})
    return SmsChannel(settings, egress, Secrets(environment={"JOURNEYS_SECRET_KEY": "hunter2"}))


def test_a_text_message_arrives_whole_at_a_real_server(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        answer = Answer(201, {"sid": "SM1", "status": "queued"})
        async with Receivers(tmp_path, lambda call: answer) as receivers:
            channel = channel_of(f"{receivers.http_url}/api/", loopback, username="SK1")
            delivery = await channel.send(request_of(HELLO))
            await channel.close()
            assert (delivery.code, delivery.provider_message_id) == ("http_201", "SM1")
            assert delivery.response == {"sid": "SM1", "status": "queued"}
            call: Any = receivers.calls[0]
            assert call["method"] == "POST"
            assert call["path"] == "/api/2010-04-01/Accounts/AC1/Messages.json"
            assert parse_qs(call["body"]) == {
                "To": ["+33612345678"], "From": ["Shop"], "Body": ["Grüße & bis bald +1"],
            }  # fmt: skip
            headers = call["headers"]
            login = base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode()
            assert login == "SK1:hunter2"
            assert headers["content-type"] == "application/x-www-form-urlencoded"
            assert headers["idempotency-key"] == "r1"

    asyncio.run(scene())


def test_a_provider_that_tells_what_becomes_of_a_message_is_told_where(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    secrets = Secrets(
        environment={"JOURNEYS_SECRET_KEY": "hunter2", "JOURNEYS_SECRET_LINKS": "k" * 16}
    )
    tracking = Tracking(
        TrackingSettings(url="https://t.example.org/j/", secret="${secret:LINKS}"), secrets
    )

    async def scene() -> None:
        async with Receivers(tmp_path) as receivers:
            settings = SmsSettings(
                base_url=receivers.http_url, account="AC1", password="${secret:KEY}", sender="Shop"
            )
            channel = SmsChannel(settings, loopback, secrets, tracking)
            await channel.send(request_of(HELLO))
            await channel.close()
            call: Any = receivers.calls[0]
            (callback,) = parse_qs(call["body"])["StatusCallback"]
            url, _, token = callback.partition("?t=")
            assert url == "https://t.example.org/j/feedback/twilio"
            message = tracking.reported(token)
            assert message is not None
            assert (message.profile_id, message.request_id) == ("p1", "r1")

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("sender", "settings", "origin"),
    [
        (None, {}, {"From": ["Shop"]}),
        ("+33600000000", {}, {"From": ["+33600000000"]}),
        (None, {"sender": None, "messaging_service": "MG1"}, {"MessagingServiceSid": ["MG1"]}),
        ("Tea", {"sender": None, "messaging_service": "MG1"}, {"From": ["Tea"]}),
    ],
)
def test_a_message_comes_from_the_action_s_sender_or_that_of_the_settings(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    sender: str | None,
    settings: Any,
    origin: dict[str, list[str]],
) -> None:
    async def scene() -> None:
        async with http_script(json_response("201 Created", {"sid": "SM1"})) as server:
            channel = channel_of(server.url, loopback, **settings)
            await channel.send(request_of({**HELLO, "sender": sender}))
            await channel.close()
            form = parse_qs(server.bodies[0].decode())
            assert {name: form[name] for name in form if name not in ("To", "Body")} == origin

    asyncio.run(scene())


def test_a_refusal_is_told_in_the_provider_s_words(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        body: JsonObject = {"code": 21211, "message": "'To' is no number " + "x" * 9999}
        async with http_script(json_response("400 Bad Request", body)) as server:
            channel = channel_of(server.url, loopback)
            with pytest.raises(PortError) as failed:
                await channel.send(request_of(HELLO))
            await channel.close()
            told = str(failed.value)
            assert told.startswith(f"{server.url} answered 400: 21211 'To' is no number xxx")
            assert len(told) < 600

    asyncio.run(scene())
