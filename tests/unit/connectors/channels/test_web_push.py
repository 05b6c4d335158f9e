"""Notifications to browsers, read by what a browser and its service would read them with."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.channels.push import PushChannel
from connectors.channels.settings import PushSettings
from connectors.egress import EgressPolicy
from connectors.secrets import Secrets
from journeys.limits import MAX_WEB_PUSH_BYTES
from tests.harness.channel import failing, sent
from tests.harness.http import header

if TYPE_CHECKING:
    from pathlib import Path

    from journeys.errors import PortError
    from journeys.messages import Delivery, JsonObject

BROWSER, OURS = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
AUTH = b"0123456789abcdef"
CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
DAYS_28 = 28 * 24 * 3600


def b64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return key.public_key().public_bytes(*form)


def scalar(key: ec.EllipticCurvePrivateKey) -> str:
    return b64(key.private_numbers().private_value.to_bytes(32))


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Make a certificate for `localhost` that our client trusts."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl writes the certificate of this test's server, and it is not here")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    arguments = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                 "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]  # fmt: skip
    subprocess.run([openssl, *arguments], check=True, capture_output=True)
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def subscribed(endpoint: str) -> JsonObject:
    keys: JsonObject = {"p256dh": b64(point(BROWSER)), "auth": b64(AUTH)}
    return {"endpoint": endpoint, "expirationTime": None, "keys": keys}


def channel_of(egress: EgressPolicy, secret: str, *hosts: str) -> PushChannel:
    web: dict[str, Any] = {"private_key": "${secret:VAPID}", "contact": "mailto:push@shop.example"}
    settings = PushSettings.model_validate({"web": {**web, "hosts": hosts} if hosts else web})
    return PushChannel(settings, egress, Secrets(environment={"JOURNEYS_SECRET_VAPID": secret}))


def message(to: JsonObject, **more: Any) -> JsonObject:
    return {"to": to, "title": "Hello", "text": "Come back, é", **more}


def test_a_browser_reads_what_only_it_can_read(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    tls: ssl.SSLContext,
) -> None:
    more = {"link": "https://shop.example/cart", "data": {"cart": "c1"}, "language": "fr",
            "ttl": 60, "urgency": "low"}  # fmt: skip

    async def scene() -> tuple[Any, list[Delivery], str]:
        async with http_script(CREATED, context=tls) as server:
            origin = f"https://localhost:{server.port}"
            to = subscribed(f"{origin}/push/v2/abc?d=1")
            channel = channel_of(loopback, scalar(OURS), f"localhost:{server.port}")
            deliveries = [
                await channel.send(request_of(message(to, **more))),
                await channel.send(request_of(message(to), "r2")),
            ]
            await channel.close()
        return server, deliveries, origin

    server, deliveries, origin = asyncio.run(scene())
    assert [delivery.code for delivery in deliveries] == ["http_201", "http_201"]
    first, second = server.heads
    assert first.startswith("POST /push/v2/abc?d=1 HTTP/1.1\r\n")
    assert (header(first, "content-encoding"), header(first, "ttl")) == ("aes128gcm", "60")
    assert (header(first, "urgency"), header(second, "ttl")) == ("low", str(DAYS_28))

    opened = http_ece.decrypt(server.bodies[0], private_key=BROWSER, auth_secret=AUTH)
    assert json.loads(opened) == {
        "web_push": 8030,
        "notification": {
            "title": "Hello",
            "body": "Come back, é",
            "tag": "r1",
            "navigate": "https://shop.example/cart",
            "lang": "fr",
            "data": {"cart": "c1"},
        },
    }
    # Every message is encrypted by a key and a salt of its own.
    assert server.bodies[0][:16] != server.bodies[1][:16]

    scheme, _, told = header(first, "authorization").partition(" ")
    parts = dict(part.strip().split("=", 1) for part in told.split(","))
    public = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), urlsafe_b64decode(parts["k"] + "=")
    )
    assert scheme == "vapid"
    assert parts["k"] == b64(point(OURS))
    claims = jwt.decode(parts["t"], public, algorithms=["ES256"], audience=origin)
    assert claims["sub"] == "mailto:push@shop.example"
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600
    # One signature serves all notifications by one service.
    assert header(second, "authorization") == header(first, "authorization")

    topics = [header(head, "topic") for head in (first, second)]
    assert len({*topics}) == 2
    assert all(len(topic) == 32 and topic.replace("-", "").replace("_", "").isalnum()
               for topic in topics)  # fmt: skip


def test_a_key_in_pem_is_as_good(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    tls: ssl.SSLContext,
) -> None:
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = OURS.private_bytes(serialization.Encoding.PEM, *form).decode()

    async def scene() -> Any:
        async with http_script(CREATED, context=tls) as server:
            to = subscribed(f"https://localhost:{server.port}/x")
            channel = channel_of(loopback, pem, f"localhost:{server.port}")
            await sent(channel, request_of(message(to)))
        return server

    assert f"k={b64(point(OURS))}" in header(asyncio.run(scene()).heads[0], "authorization")


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        ("404 Not Found", "unregistered", False),
        ("410 Gone", "unregistered", False),
        ("400 Bad Request", "http_400", False),
        ("413 Payload Too Large", "http_413", False),
        ("307 Temporary Redirect", "http_307", False),
        ("429 Too Many Requests", "http_429", True),
        ("503 Service Unavailable", "http_503", True),
    ],
)
def test_each_refusal_says_whether_another_attempt_may_help(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    tls: ssl.SSLContext,
    status: str,
    code: str,
    retryable: object,
) -> None:
    reply = f"HTTP/1.1 {status}\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n".encode()

    async def scene() -> PortError:
        async with http_script(reply, context=tls) as server:
            to = subscribed(f"https://localhost:{server.port}/x")
            channel = channel_of(loopback, scalar(OURS), f"localhost:{server.port}")
            return await failing(channel, request_of(message(to)))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == (code, retryable)


REFUSED_HOSTS = {
    "another host": "https://attacker.example/x",
    "a host that ends alike": "https://evilfcm.googleapis.com/x",
    "a host that begins alike": "https://fcm.googleapis.com.attacker.example/x",
    "the domain of a wildcard itself": "https://notify.windows.com/x",
    "another port": "https://fcm.googleapis.com:8443/x",
    "a user name": "https://fcm.googleapis.com@attacker.example/x",
    "a user name on a known host": "https://ann@fcm.googleapis.com/x",
    "an address": "https://169.254.169.254/latest/meta-data",
    "loopback": "https://127.0.0.1/x",
    "no host": "https:///x",
    "a port that is none": "https://fcm.googleapis.com:99999999/x",
}


@pytest.mark.parametrize("endpoint", REFUSED_HOSTS.values(), ids=REFUSED_HOSTS)
def test_data_of_a_person_call_no_host_of_their_own_choice(
    loopback: EgressPolicy,
    request_of: Any,
    endpoint: str,
) -> None:
    channel = channel_of(loopback, scalar(OURS))
    failed = asyncio.run(failing(channel, request_of(message(subscribed(endpoint)))))
    assert (failed.code, failed.retryable) == ("egress_denied", False)
    assert "channels.push.web.hosts" in str(failed)


def test_the_gate_stands_behind_the_list(request_of: Any) -> None:
    to = subscribed("https://localhost:9/x")
    channel = channel_of(EgressPolicy(), scalar(OURS), "localhost:9")
    failed = asyncio.run(failing(channel, request_of(message(to))))
    assert failed.code == "egress_denied"
    assert "channels.egress_allow" in str(failed)


@pytest.mark.parametrize("secret", ["hunter2", "", "-----BEGIN PRIVATE KEY-----\nx\n", "A" * 43])
def test_a_key_that_is_none_needs_a_change_of_the_deployment(
    loopback: EgressPolicy, request_of: Any, secret: str
) -> None:
    to = subscribed("https://fcm.googleapis.com/x")
    failed = asyncio.run(failing(channel_of(loopback, secret), request_of(message(to))))
    assert (failed.code, failed.retryable) == ("unknown_secret", False)
    assert not secret or secret not in str(failed)


def test_a_subscription_whose_key_is_no_point_is_no_message(
    loopback: EgressPolicy, request_of: Any
) -> None:
    keys: JsonObject = {"p256dh": b64(b"\x04" + b"\x01" * 64), "auth": b64(AUTH)}
    to: JsonObject = {"endpoint": "https://fcm.googleapis.com/x", "keys": keys}
    failed = asyncio.run(failing(channel_of(loopback, scalar(OURS)), request_of(message(to))))
    assert (failed.code, failed.retryable) == ("message_error", False)


def test_the_largest_notification_fits_into_what_services_take() -> None:
    content = b"x" * MAX_WEB_PUSH_BYTES
    encrypted = http_ece.encrypt(content, private_key=ec.generate_private_key(ec.SECP256R1()),
                                 dh=point(BROWSER), auth_secret=AUTH)  # fmt: skip
    # With the tag, which is an id of 32 characters, and what encryption adds.
    assert len(encrypted) + 32 <= 4096


@pytest.mark.parametrize(
    ("to", "settings"),
    [
        ("t-1", {"web": {"private_key": "${secret:K}", "contact": "mailto:a@example.org"}}),
        (
            {"endpoint": "https://fcm.googleapis.com/x",
             "keys": {"p256dh": b64(b"x" * 65), "auth": b64(AUTH)}},
            {"project": "shop", "token": "${secret:K}"},
        ),
    ],
    ids=["an app", "a browser"],
)  # fmt: skip
def test_an_address_that_the_deployment_has_no_service_for_is_told(
    loopback: EgressPolicy, request_of: Any, to: Any, settings: Any
) -> None:
    secrets = Secrets(environment={"JOURNEYS_SECRET_K": "k"})
    channel = PushChannel(PushSettings.model_validate(settings), loopback, secrets)
    failed = asyncio.run(failing(channel, request_of(message(to))))
    assert (failed.code, failed.retryable) == ("internalError", False)
    assert "is not set" in str(failed)
