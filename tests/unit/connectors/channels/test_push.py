from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.answers import Answer
from connectors.channels.push import SCOPE, PushChannel
from connectors.channels.settings import PushSettings
from connectors.receivers import Receivers
from connectors.secrets import Secrets
from journeys.errors import PortError
from tests.harness.http import json_response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connectors.egress import EgressPolicy
    from journeys.messages import JsonObject

HELLO: JsonObject = {
    "to": "t-1",
    "title": "Hello",
    "text": "Come back, é",
    "link": "https://teashop.example/cart",
    "data": {"cart": "c1", "size": 3},
}
PUSH = "/v1/projects/shop/messages:send"


def test_how_long_and_how_urgently_is_said_to_each_kind_of_device(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene(urgency: str) -> Any:
        async with Receivers(tmp_path) as receivers:
            channel = channel_of(receivers.http_url, loopback)
            await channel.send(request_of({**HELLO, "ttl": 90, "urgency": urgency}))
            await channel.close()
            return receivers.calls[0]["body"]

    high, low = (asyncio.run(scene(urgency))["message"] for urgency in ("high", "low"))
    assert high["android"] == {"notification": {"tag": "r1"}, "ttl": "90s", "priority": "high"}
    # An instant, from when the message was asked for.
    assert high["apns"]["headers"]["apns-expiration"] == "1700000090"
    assert (high["apns"]["headers"]["apns-priority"], low["android"]["priority"]) == (
        "10",
        "normal",
    )
    assert low["apns"]["headers"]["apns-priority"] == "5"


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_file(key: rsa.RSAPrivateKey, url: str) -> dict[str, str]:
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "type": "service_account",
        "client_email": "job@shop.example",
        "private_key": key.private_bytes(serialization.Encoding.PEM, *form).decode(),
        "private_key_id": "k1",
        "token_uri": f"{url}/token",
    }


def channel_of(url: str, egress: EgressPolicy, account: object = None) -> PushChannel:
    held = "token" if account is None else "service_account"
    secret = "hunter2" if account is None else json.dumps(account)
    settings = PushSettings(**{"base_url": url, "project": "shop", held: "${secret:KEY}"})
    return PushChannel(settings, egress, Secrets(environment={"JOURNEYS_SECRET_KEY": secret}))


async def failing(channel: PushChannel, request: Any) -> PortError:
    with pytest.raises(PortError) as failed:
        await channel.send(request)
    await channel.close()
    return failed.value


def test_a_notification_arrives_whole_at_a_real_server(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        answer = Answer(200, {"name": "projects/shop/messages/1"})
        async with Receivers(tmp_path, lambda call: answer) as receivers:
            channel = channel_of(receivers.http_url, loopback)
            delivery = await channel.send(request_of(HELLO))
            await channel.close()
            assert delivery.code == "http_200"
            assert delivery.provider_message_id == "projects/shop/messages/1"
            call: Any = receivers.calls[0]
            assert (call["method"], call["path"]) == ("POST", PUSH)
            assert call["headers"]["authorization"] == "Bearer hunter2"
            assert call["headers"]["idempotency-key"] == "r1"
            assert call["body"] == {
                "message": {
                    "token": "t-1",
                    "notification": {"title": "Hello", "body": "Come back, é"},
                    "data": {"cart": "c1", "size": "3", "link": "https://teashop.example/cart"},
                    "android": {"notification": {"tag": "r1"}},
                    "apns": {"headers": {"apns-collapse-id": "r1"}},
                    "webpush": {
                        "notification": {"tag": "r1"},
                        "fcm_options": {"link": "https://teashop.example/cart"},
                    },
                }
            }

    asyncio.run(scene())


def test_a_link_into_an_app_is_for_the_app_alone(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with http_script(json_response("200 OK", {})) as server:
            channel = channel_of(server.url, loopback)
            await channel.send(request_of({**HELLO, "link": "teashop://cart"}))
            await channel.send(request_of({**HELLO, "link": None}))
            await channel.close()
            app, none = (json.loads(body)["message"] for body in server.bodies)
            assert app["data"]["link"] == "teashop://cart"
            assert "link" not in none["data"]
            assert "fcm_options" not in app["webpush"]

    asyncio.run(scene())


def fault(status: int, name: str, code: str | None = None) -> JsonObject:
    detail: JsonObject = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError"}
    details: list[Any] = [] if code is None else [{"@type": "other"}, {**detail, "errorCode": code}]
    return {"error": {"code": status, "message": "Told.", "status": name, "details": details}}


@pytest.mark.parametrize(
    ("status", "body", "code", "told"),
    [
        ("404 Not Found", fault(404, "NOT_FOUND", "UNREGISTERED"), "unregistered",
         "404: the device takes no notifications"),
        ("404 Not Found", fault(404, "NOT_FOUND"), "http_404", "404: NOT_FOUND Told."),
        ("403 Forbidden", fault(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), "http_403",
         "403: PERMISSION_DENIED SENDER_ID_MISMATCH Told."),
        ("400 Bad Request", {"error": {"message": "Told."}}, "http_400", "400: Told."),
        ("400 Bad Request", {"error": {"status": "BAD"}}, "http_400", "400: BAD"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_the_service_s_words(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    status: str,
    body: JsonObject,
    code: str,
    told: str,
) -> None:
    async def scene() -> None:
        async with http_script(json_response(status, body)) as server:
            failed = await failing(channel_of(server.url, loopback), request_of(HELLO))
            assert (failed.code, failed.retryable, failed.response) == (code, False, body)
            assert str(failed) == f"{server.url} answered {told}"

    asyncio.run(scene())


class Service:
    """Gives out tokens `t1`, `t2`, … and takes notifications with those that it accepts."""

    def __init__(self, lives_s: int = 3600, accepted: Callable[[str], bool] | None = None) -> None:
        self.lives_s = lives_s
        self.accepted = accepted or (lambda token: True)
        self.given = 0
        self.seen: list[str] = []

    def __call__(self, call: Any) -> Answer:
        if call["path"] == "/token":
            self.given += 1
            return Answer(body={"access_token": f"t{self.given}", "expires_in": self.lives_s})
        token = call["headers"]["authorization"].removeprefix("Bearer ")
        self.seen.append(token)
        return Answer(200, {"name": "m"}) if self.accepted(token) else Answer(401, {})


def test_a_token_is_fetched_with_a_signed_assertion(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any, key: rsa.RSAPrivateKey
) -> None:
    async def scene() -> None:
        async with Receivers(tmp_path, Service()) as receivers:
            account = key_file(key, receivers.http_url)
            channel = channel_of(receivers.http_url, loopback, account)
            await channel.send(request_of(HELLO))
            await channel.close()
            asked: Any = receivers.calls[0]
            form = parse_qs(asked["body"])
            assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
            (assertion,) = form["assertion"]
            url = account["token_uri"]
            claims = jwt.decode(assertion, key.public_key(), algorithms=["RS256"], audience=url)
            assert (claims["iss"], claims["scope"]) == ("job@shop.example", SCOPE)
            assert claims["exp"] - claims["iat"] == 3600
            assert abs(claims["iat"] - time.time()) < 60
            assert jwt.get_unverified_header(assertion)["kid"] == "k1"

    asyncio.run(scene())


def test_a_token_serves_all_calls_until_shortly_before_its_end(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any, key: rsa.RSAPrivateKey
) -> None:
    async def scene(service: Service) -> None:
        async with Receivers(tmp_path, service) as receivers:
            account = key_file(key, receivers.http_url)
            channel = channel_of(receivers.http_url, loopback, account)
            await asyncio.gather(*(channel.send(request_of(HELLO)) for _ in range(5)))
            await channel.close()

    long, short = Service(lives_s=3600), Service(lives_s=59)
    asyncio.run(scene(long))
    assert (long.given, long.seen) == (1, ["t1"] * 5)
    asyncio.run(scene(short))
    assert sorted(short.seen) == ["t1", "t2", "t3", "t4", "t5"]


def test_a_token_that_is_refused_is_replaced_once(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any, key: rsa.RSAPrivateKey
) -> None:
    async def scene(service: Service) -> str:
        async with Receivers(tmp_path, service) as receivers:
            account = key_file(key, receivers.http_url)
            channel = channel_of(receivers.http_url, loopback, account)
            try:
                return (await channel.send(request_of(HELLO))).code
            except PortError as error:
                return error.code
            finally:
                await channel.close()

    revoked = Service(accepted=lambda token: token != "t1")
    assert asyncio.run(scene(revoked)) == "http_200"
    assert revoked.seen == ["t1", "t2"]
    never = Service(accepted=lambda token: False)
    assert asyncio.run(scene(never)) == "http_401"
    assert never.seen == ["t1", "t2"]


def test_a_token_that_others_have_replaced_is_not_fetched_again(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any, key: rsa.RSAPrivateKey
) -> None:
    async def scene() -> None:
        service = Service(accepted=lambda token: token != "t1")
        async with Receivers(tmp_path, service) as receivers:
            account = key_file(key, receivers.http_url)
            channel = channel_of(receivers.http_url, loopback, account)
            await asyncio.gather(*(channel.send(request_of(HELLO)) for _ in range(5)))
            await channel.close()
            assert service.given == 2

    asyncio.run(scene())


def test_a_token_that_is_a_secret_is_read_anew_for_every_call(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        service = Service()
        async with Receivers(tmp_path, service) as receivers:
            settings = PushSettings(
                base_url=receivers.http_url, project="shop", token="${secret:KEY}"
            )
            environment = {"JOURNEYS_SECRET_KEY": "first"}
            channel = PushChannel(settings, loopback, Secrets(environment=environment))
            await channel.send(request_of(HELLO))
            environment["JOURNEYS_SECRET_KEY"] = "second"
            await channel.send(request_of(HELLO))
            await channel.close()
            assert service.seen == ["first", "second"]

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("reply", "code", "retryable"),
    [
        (json_response("400 Bad Request", {"error": "invalid_grant"}), "http_400", False),
        (json_response("503 Busy", {}), "http_503", True),
        (json_response("200 OK", {"access_token": "t1"}), "bad_response", False),
        (json_response("200 OK", {"access_token": "a\r\nb: c", "expires_in": 9}),
         "unknown_secret", False),
        (json_response("200 OK", []), "bad_response", False),
        ("drop", "unknown", True),
    ],
    ids=["refused", "busy", "no end", "line ends", "no token", "dropped"],
)  # fmt: skip
def test_without_a_token_nothing_is_pushed(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    key: rsa.RSAPrivateKey,
    reply: Any,
    code: str,
    retryable: object,
) -> None:
    async def scene() -> None:
        async with http_script(reply) as tokens, http_script(json_response("200 OK", {})) as push:
            channel = channel_of(push.url, loopback, key_file(key, tokens.url))
            failed = await failing(channel, request_of(HELLO))
            assert (failed.code, failed.retryable) == (code, retryable)
            assert push.heads == []

    asyncio.run(scene())


def test_an_assertion_is_not_told_where_the_token_s_service_repeats_it(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any, key: rsa.RSAPrivateKey
) -> None:
    async def scene() -> None:
        def repeat(call: Any) -> Answer:
            return Answer(400, {"error": parse_qs(call["body"])["assertion"][0]})

        async with Receivers(tmp_path, repeat) as receivers:
            account = key_file(key, receivers.http_url)
            channel = channel_of(receivers.http_url, loopback, account)
            failed = await failing(channel, request_of(HELLO))
            assert "no access token for the service account (***)" in str(failed)
            assert failed.response == {"error": "***"}

    asyncio.run(scene())


def test_a_fetched_token_is_not_told_where_the_service_repeats_it(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any, key: rsa.RSAPrivateKey
) -> None:
    async def scene() -> None:
        def repeat(call: Any) -> Answer:
            if call["path"] == "/token":
                return Answer(body={"access_token": "fetched", "expires_in": 3600})
            return Answer(403, {"error": {"message": call["headers"]["authorization"]}})

        async with Receivers(tmp_path, repeat) as receivers:
            account = key_file(key, receivers.http_url)
            channel = channel_of(receivers.http_url, loopback, account)
            failed = await failing(channel, request_of(HELLO))
            assert str(failed).endswith("answered 403: Bearer ***")
            assert failed.response == {"error": {"message": "Bearer ***"}}

    asyncio.run(scene())


@pytest.mark.parametrize(
    "change",
    [
        "no key file",
        {"client_email": None},
        {"private_key": "PRIVATE-BUT-NO-PEM"},
        {"token_uri": "file:///etc/passwd"},
        {"token_uri": "http://user:PRIVATE@127.0.0.1/"},
    ],
)
def test_a_key_file_that_cannot_be_used_is_told_without_what_is_in_it(
    loopback: EgressPolicy, request_of: Any, key: rsa.RSAPrivateKey, change: Any
) -> None:
    url = "http://127.0.0.1:1"
    account = key_file(key, url) | change if isinstance(change, dict) else change
    failed = asyncio.run(failing(channel_of(url, loopback, account), request_of(HELLO)))
    assert (failed.code, failed.retryable) == ("unknown_secret", False)
    assert "PRIVATE" not in repr(failed)
    assert failed.__cause__ is None
