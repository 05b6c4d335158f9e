"""Webhook calls that say who calls: every kind of auth, at real servers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors import access_tokens
from connectors.channels.settings import WebhookSettings
from connectors.channels.webhook import WebhookChannel
from connectors.egress import EgressPolicy
from connectors.secrets import Secrets
from journeys.channels import WebhookCall
from tests.harness.channel import failing, sent
from tests.harness.http import header, json_response

if TYPE_CHECKING:
    from pathlib import Path

    from journeys.messages import JsonObject, JsonValue

SECRETS = {
    "JOURNEYS_SECRET_PASSWORD": "pä:ss",
    "JOURNEYS_SECRET_KEY": "k/ey+1",
    "JOURNEYS_SECRET_LINES": "a\r\nX-Injected: b",
    "JOURNEYS_SECRET_NOISE": "ce-rtificate1",
}
TOKEN = "t0ken/of+the=shop"


def channel_of(egress: EgressPolicy, secrets: dict[str, str], **settings: Any) -> WebhookChannel:
    known = Secrets(environment={**SECRETS, **secrets})
    return WebhookChannel(WebhookSettings(**settings), egress, known)


def call_of(url: str, auth: JsonObject) -> JsonObject:
    return WebhookCall("POST", f"{url}/tasks", body={"a": 1}, auth=auth).to_json()


def tokens_of(url: str, **more: Any) -> JsonObject:
    return {"token": {"url": f"{url}/token", "form": {"scope": "a b"}, **more}}


def ok(body: JsonValue = None) -> bytes:
    return json_response("200 OK", {} if body is None else body)


def query_of(head: str) -> dict[str, list[str]]:
    return parse_qs(head.split(" ")[1].partition("?")[2])


BASIC = base64.b64encode("shop:pä:ss".encode()).decode()


@pytest.mark.parametrize(
    ("auth", "shown", "hidden"),
    [
        ({"basic": {"username": "shop", "password": "${secret:PASSWORD}"}},
         ("authorization", f"Basic {BASIC}"), 1),
        ({"bearer": "${secret:KEY}"}, ("authorization", "Bearer k/ey+1"), 2),
        ({"api_key": {"name": "X-Api-Key", "value": "${secret:KEY}"}}, ("x-api-key", "k/ey+1"), 2),
        ({"api_key": {"name": "key", "value": "${secret:KEY}", "in": "query"}}, None, 2),
    ],
)  # fmt: skip
def test_a_call_says_who_calls_and_no_answer_repeats_it(
    http_script: Any, loopback: EgressPolicy, request_of: Any,
    auth: JsonObject, shown: tuple[str, str] | None, hidden: int,
) -> None:  # fmt: skip
    async def scene() -> None:
        async with http_script(ok(f"login {BASIC} key k/ey+1 or k%2Fey%2B1")) as server:
            message = call_of(server.url, auth)
            delivery = await sent(channel_of(loopback, {}), request_of(message))
            assert shown is None or header(server.heads[0], shown[0]) == shown[1]
            assert query_of(server.heads[0]) == ({} if shown else {"key": ["k/ey+1"]})
            assert str(delivery.response).count("***") == hidden

    asyncio.run(scene())


def granted(token: str = TOKEN, **more: Any) -> bytes:
    return ok({"access_token": token, **more})


def test_a_token_is_fetched_once_however_many_calls_want_it(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with http_script(granted()) as tokens, http_script(ok()) as service:
            channel = channel_of(loopback, {})
            message = call_of(service.url, tokens_of(tokens.url))
            await asyncio.gather(*(channel.send(request_of(message, f"r{n}")) for n in range(40)))
            await channel.close()
            assert len(service.heads) == 40
            assert len(tokens.heads) == 1
            assert parse_qs(tokens.bodies[0].decode()) == {"scope": ["a b"]}
            assert {header(each, "authorization") for each in service.heads} == {f"Bearer {TOKEN}"}

    asyncio.run(scene())


def test_actions_that_say_the_same_share_a_token_and_others_do_not(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with http_script(granted()) as tokens, http_script(ok()) as service:
            channel = channel_of(loopback, {})
            one, other = tokens_of(tokens.url), tokens_of(tokens.url, lasts="PT2H")
            for auth in (one, json.loads(json.dumps(one)), other):
                await channel.send(request_of(call_of(service.url, auth)))
            await channel.close()
            assert len(tokens.heads) == 2

    asyncio.run(scene())


@pytest.mark.parametrize("refusals", [1, 2])
def test_a_refused_token_is_replaced_once(
    http_script: Any, loopback: EgressPolicy, request_of: Any, refusals: int
) -> None:
    async def scene() -> None:
        no, yes = json_response("401 Unauthorized", {}), ok()
        async with (
            http_script(granted("one"), granted("two")) as tokens,
            http_script(*[no] * refusals, yes) as service,
        ):
            channel = channel_of(loopback, {})
            request = request_of(call_of(service.url, tokens_of(tokens.url)))
            if refusals == 1:
                assert (await sent(channel, request)).code == "http_200"
            else:
                failed = await failing(channel, request)
                assert (failed.code, failed.retryable) == ("http_401", False)
            assert len(tokens.heads) == 2
            shown = [header(each, "authorization") for each in service.heads]
            assert shown == ["Bearer one", "Bearer two"]
            keys = {header(each, "idempotency-key") for each in service.heads}
            assert keys == {"r1"}

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("lasts", "answer", "then"),
    [
        (None, {"expires_in": 600}, (500, 1)),
        (None, {"expires_in": 600}, (541, 2)),
        (None, {"expires_in": "600"}, (541, 2)),
        (None, {"expires_in": "inf"}, (3541, 2)),
        (None, {}, (3500, 1)),
        (None, {}, (3541, 2)),
        (None, {"expires_in": 10}, (4, 1)),
        (None, {"expires_in": 10}, (6, 2)),
        ("PT10M", {"expires_in": 5}, (500, 1)),
        ("PT10M", {}, (541, 2)),
        ({"at": "/meta/life", "unit": "minutes"}, {"meta": {"life": 10}}, (500, 1)),
        ({"at": "/meta/life", "unit": "minutes"}, {"meta": {"life": 10}}, (541, 2)),
    ],
)
def test_a_token_is_kept_for_as_long_as_it_lasts(
    http_script: Any, loopback: EgressPolicy, request_of: Any, monkeypatch: pytest.MonkeyPatch,
    lasts: Any, answer: dict[str, Any], then: tuple[float, int],
) -> None:  # fmt: skip
    now = [1000.0]
    after_s, fetched = then

    async def scene() -> None:
        async with (
            http_script(granted(**answer)) as tokens,
            http_script(ok()) as service,
        ):
            channel = channel_of(loopback, {})
            more = {} if lasts is None else {"lasts": lasts}
            message = call_of(service.url, tokens_of(tokens.url, **more))
            await channel.send(request_of(message))
            now[0] += after_s
            await sent(channel, request_of(message))
            assert len(tokens.heads) == fetched

    clock = type("Clock", (), {"monotonic": lambda: now[0], "time": lambda: now[0]})
    monkeypatch.setattr(access_tokens, "time", clock)
    monkeypatch.setattr("connectors.authentication.time", clock)
    asyncio.run(scene())


@pytest.mark.parametrize(
    ("more", "reply", "expected"),
    [
        ({"found_at": "/data/0/tok~1en"}, {"data": [{"tok/en": TOKEN}]}, f"Bearer {TOKEN}"),
        ({"found_at": "text"}, f" {TOKEN}\n", f"Bearer {TOKEN}"),
        ({"sent_as": {"name": "X-Token"}}, {"access_token": TOKEN}, TOKEN),
        ({"sent_as": {"name": "t", "in": "query"}}, {"access_token": TOKEN}, TOKEN),
    ],
)
def test_a_token_is_found_and_sent_where_the_author_says(
    http_script: Any, loopback: EgressPolicy, request_of: Any,
    more: dict[str, Any], reply: Any, expected: str,
) -> None:  # fmt: skip
    async def scene() -> None:
        body = reply.encode() if isinstance(reply, str) else json.dumps(reply).encode()
        kind = "text/plain" if isinstance(reply, str) else "application/json"
        lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", f"Content-Type: {kind}"]
        answer = "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body
        echo = ok(f"you sent {TOKEN} or {quote(TOKEN, safe='')}")
        async with http_script(answer) as tokens, http_script(echo) as service:
            message = call_of(service.url, tokens_of(tokens.url, **more))
            delivery = await sent(channel_of(loopback, {}), request_of(message))
            head = service.heads[0]
            name = {"X-Token": "x-token", "t": None}.get(
                more.get("sent_as", {}).get("name", ""), "authorization"
            )
            found = query_of(head)["t"][0] if name is None else header(head, name)
            assert found == expected
            assert ("authorization" in head.lower()) == (name == "authorization")
            assert delivery.response == "you sent *** or ***"

    asyncio.run(scene())


def test_what_is_asked_for_a_token_is_written_as_the_author_says(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    basic = {"username": "shop", "password": "${secret:PASSWORD}"}
    as_json = {"json": {"grant": {"key": "${secret:KEY}"}}, "form": None, "basic": basic}
    by_get = {"method": "GET", "form": {"key": "${secret:KEY}"}, "headers": {"X-A": "b"}}

    async def scene() -> None:
        async with http_script(granted()) as tokens, http_script(ok()) as service:
            for more in (as_json, by_get):
                auth = tokens_of(tokens.url, **more)
                await sent(channel_of(loopback, {}), request_of(call_of(service.url, auth)))
            assert json.loads(tokens.bodies[0]) == {"grant": {"key": "k/ey+1"}}
            assert header(tokens.heads[0], "authorization") == f"Basic {BASIC}"
            assert tokens.heads[1].startswith("GET ")
            assert query_of(tokens.heads[1]) == {"key": ["k/ey+1"]}
            assert header(tokens.heads[1], "x-a") == "b"

    asyncio.run(scene())


REFUSED: JsonObject = {"error": "invalid_client", "error_description": "no: k/ey+1"}


@pytest.mark.parametrize(
    ("reply", "retryable", "said"),
    [
        (json_response("400 Bad Request", REFUSED), False, "400: invalid_client no: ***"),
        (json_response("503 Service Unavailable", {}), True, "answered 503"),
        (ok({"token": "x"}), False, "answered 200 without a token at /access_token"),
        (b"nonsense\r\n\r\n", False, "did not answer in HTTP"),
        ("drop", True, "broke off"),
    ],
)  # fmt: skip
def test_without_a_token_the_call_is_not_made(
    http_script: Any, loopback: EgressPolicy, request_of: Any,
    reply: Any, retryable: bool, said: str,  # noqa: FBT001
) -> None:  # fmt: skip
    async def scene() -> None:
        async with http_script(reply) as tokens, http_script(ok()) as service:
            auth = tokens_of(tokens.url, form={"key": "${secret:KEY}"})
            failed = await failing(channel_of(loopback, {}), request_of(call_of(service.url, auth)))
            assert (failed.code, failed.retryable) == ("auth_error", retryable)
            assert said in str(failed)
            assert tokens.url in str(failed)
            assert failed.response is None
            assert service.heads == []

    asyncio.run(scene())


def test_an_endpoint_that_is_silent_is_told_as_the_one_at_fault(
    http_script: Any, loopback: EgressPolicy, request_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.authentication.TOKEN_TIMEOUT_S", 0.05)

    async def scene() -> None:
        async with http_script("silence") as tokens:
            request = request_of(call_of("http://127.0.0.1:9", tokens_of(tokens.url)))
            failed = await failing(channel_of(loopback, {}), request)
            assert (failed.code, failed.retryable) == ("auth_error", True)
            assert f"{tokens.url} gave none within 0.05 s" in str(failed)

    asyncio.run(scene())


def test_calls_that_wait_for_one_token_share_its_failure(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        down = json_response("503 Service Unavailable", {})
        async with http_script(down) as tokens:
            channel = channel_of(loopback, {})
            request = request_of(call_of("http://127.0.0.1:9", tokens_of(tokens.url)))
            ends = await asyncio.gather(
                *(channel.send(request) for _ in range(20)), return_exceptions=True
            )
            await channel.close()
            assert {getattr(end, "code", None) for end in ends} == {"auth_error"}
            assert len(tokens.heads) == 1

    asyncio.run(scene())


def test_a_token_is_fetched_through_the_gate(request_of: Any) -> None:
    auth = tokens_of("http://127.0.0.1:9")
    message = call_of("http://127.0.0.1:9", auth)
    failed = asyncio.run(failing(channel_of(EgressPolicy(), {}), request_of(message)))
    assert failed.code == "egress_denied"
    assert "channels.egress_allow" in str(failed)


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        ({"bearer": "${secret:LINES}"}, "unknown_secret"),
        ({"bearer": "${secret:MISSING}"}, "unknown_secret"),
        ({"basic": {"username": "${secret:PASSWORD}", "password": "a"}}, "unknown_secret"),
        ({"token": {"url": "http://127.0.0.1:9/", "assertion": {
            "client_id": "c", "key": "${secret:NOISE}"}}}, "unknown_secret"),
        ({"token": {"url": "http://127.0.0.1:9/", "assertion": {
            "client_id": "c", "key": "${secret:NOISE}", "certificate": "${secret:NOISE}"}}},
         "unknown_secret"),
        ({"certificate": {"certificate": "${secret:NOISE}", "key": "${secret:NOISE}"}},
         "unknown_secret"),
        ({"unheard": {}}, "message_error"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_fails_before_any_connection(
    request_of: Any, auth: JsonObject, code: str
) -> None:
    message = call_of("http://127.0.0.1:9", auth)
    failed = asyncio.run(failing(channel_of(EgressPolicy(), {}), request_of(message)))
    assert (failed.code, failed.retryable) == (code, False)
    assert not any(
        value in str(failed) for value in (SECRETS["JOURNEYS_SECRET_LINES"], "rtificate1")
    )


def test_a_client_signs_who_it_is(
    http_script: Any, loopback: EgressPolicy, request_of: Any, certificate: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = key.private_bytes(serialization.Encoding.PEM, *form).decode()
    text = (certificate / "cert.pem").read_text()
    secrets = {"JOURNEYS_SECRET_RSA": pem, "JOURNEYS_SECRET_CERT": text}
    assertion = {
        "client_id": "shop",
        "key": "${secret:RSA}",
        "certificate": "${secret:CERT}",
        "audience": "https://login.example/tenant",
    }

    async def scene() -> None:
        async with http_script(granted()) as tokens, http_script(ok()) as service:
            auth = tokens_of(tokens.url, assertion=assertion)
            await sent(channel_of(loopback, secrets), request_of(call_of(service.url, auth)))
            asked = {n: v[0] for n, v in parse_qs(tokens.bodies[0].decode()).items()}
            signed = asked.pop("client_assertion")
            assert asked == {
                "grant_type": "client_credentials",
                "client_id": "shop",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "scope": "a b",
            }
            claims = jwt.decode(
                signed, key.public_key(), ["RS256"], audience="https://login.example/tenant"
            )
            assert (claims["iss"], claims["sub"]) == ("shop", "shop")
            assert 0 < claims["exp"] - claims["iat"] <= 600
            der = ssl.PEM_cert_to_DER_cert(text)
            print_ = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
            assert jwt.get_unverified_header(signed)["x5t#S256"] == print_

    asyncio.run(scene())


def mutual(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    context.load_verify_locations(certificate / "cert.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_a_certificate_opens_the_connection(
    http_script: Any, loopback: EgressPolicy, request_of: Any, certificate: Path
) -> None:
    secrets = {
        "JOURNEYS_SECRET_CERT": (certificate / "cert.pem").read_text(),
        "JOURNEYS_SECRET_PRIVATE": (certificate / "key.pem").read_text(),
    }
    auth: JsonObject = {
        "certificate": {"certificate": "${secret:CERT}", "key": "${secret:PRIVATE}"}
    }

    async def scene() -> None:
        settings = {"ca_file": certificate / "cert.pem"}
        async with http_script(ok(), context=mutual(certificate)) as service:
            url = f"https://127.0.0.1:{service.port}"
            channel = channel_of(loopback, secrets, **settings)
            both = {**auth, "bearer": "${secret:KEY}"}
            assert (await channel.send(request_of(call_of(url, auth)))).code == "http_200"
            assert (await channel.send(request_of(call_of(url, both)))).code == "http_200"
            await channel.close()
            assert header(service.heads[1], "authorization") == "Bearer k/ey+1"
            nobody = await failing(
                channel_of(loopback, secrets, **settings), request_of(call_of(url, {}))
            )
            assert nobody.code in ("unknown", "connect_error", "tls_error")
            assert len(service.heads) == 2

    asyncio.run(scene())


def test_a_token_is_fetched_with_the_certificate_too(
    http_script: Any, loopback: EgressPolicy, request_of: Any, certificate: Path
) -> None:
    secrets = {
        "JOURNEYS_SECRET_CERT": (certificate / "cert.pem").read_text(),
        "JOURNEYS_SECRET_PRIVATE": (certificate / "key.pem").read_text(),
    }

    async def scene() -> None:
        async with (
            http_script(granted(), context=mutual(certificate)) as tokens,
            http_script(ok()) as service,
        ):
            auth = tokens_of(f"https://127.0.0.1:{tokens.port}")
            auth["certificate"] = {"certificate": "${secret:CERT}", "key": "${secret:PRIVATE}"}
            channel = channel_of(loopback, secrets, ca_file=certificate / "cert.pem")
            await sent(channel, request_of(call_of(service.url, auth)))
            assert len(tokens.heads) == len(service.heads) == 1

    asyncio.run(scene())
