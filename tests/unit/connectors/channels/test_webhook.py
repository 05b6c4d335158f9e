from __future__ import annotations

import asyncio
import base64
import gzip
import json
import resource
import ssl
import threading
import time
import zlib
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from connectors.answers import Answer
from connectors.channels.settings import WebhookSettings
from connectors.channels.webhook import WebhookChannel
from connectors.egress import EgressPolicy
from connectors.http_client import RESPONSE_LIMIT, TEXT_LIMIT, retry_after_ms
from connectors.receivers import Receivers
from connectors.secrets import Secrets
from connectors.standard_webhooks import signatures
from journeys.channels import WebhookCall
from journeys.errors import PortError
from tests.harness.channel import failing, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from journeys.messages import Delivery

KEY = base64.b64encode(b"a signing key of 24 octets").decode()
SECRETS = {
    "JOURNEYS_SECRET_TOKEN": "hunter2",
    "JOURNEYS_SECRET_KEY": f"whsec_{KEY}",
    "JOURNEYS_SECRET_OTHER": f"whsec_{base64.b64encode(b'another').decode()}",
    "JOURNEYS_SECRET_BROKEN": "whsec_***",
    "JOURNEYS_SECRET_LINES": "a\r\nX-Injected: b",
}


def channel_of(egress: EgressPolicy, **settings: Any) -> WebhookChannel:
    return WebhookChannel(WebhookSettings(**settings), egress, Secrets(environment=SECRETS))


def response(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_a_call_arrives_whole_at_a_real_server(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with Receivers(tmp_path, lambda call: Answer(201, {"score": 7})) as receivers:
            message = WebhookCall(
                "POST",
                f"{receivers.http_url}/crm?a=1",
                {"X-Shop": "é", "Authorization": "Bearer ${secret:TOKEN}"},
                {"name": "Jörg", "tags": [1, None]},
                {"q": "a b&c"},
                secrets=("TOKEN",),
            ).to_json()
            delivery = await sent(channel_of(loopback), request_of(message))
            assert (delivery.code, delivery.response) == ("http_201", {"score": 7})
            call: Any = receivers.calls[0]
            assert (call["method"], call["path"]) == ("POST", "/crm")
            assert call["query"] == {"a": "1", "q": "a b&c"}
            assert call["body"] == {"name": "Jörg", "tags": [1, None]}
            headers = call["headers"]
            assert headers["authorization"] == "Bearer hunter2"
            assert headers["content-type"] == "application/json"
            assert headers["idempotency-key"] == headers["webhook-id"] == "r1"
            assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
            assert headers["user-agent"].startswith("journeys")
            assert "webhook-signature" not in headers

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("body", "content_type", "octets"),
    [
        ({"a": "x y", "b": 1, "c": True, "d": None}, "application/x-www-form-urlencoded",
         b"a=x+y&b=1&c=true"),
        ("plain é", "text/plain; charset=utf-8", "plain é".encode()),
        ("text", "application/json", b'"text"'),
        ([1, 2**70], "application/vnd.api+json", b"[1,1180591620717411303424]"),
        (None, "application/json", b""),
    ],
)  # fmt: skip
def test_the_body_is_written_as_its_content_type_says(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    body: Any,
    content_type: str,
    octets: bytes,
) -> None:
    async def scene() -> None:
        async with http_script(response("204 No Content")) as server:
            message = WebhookCall("PUT", server.url, {"content-TYPE": content_type}, body).to_json()
            delivery = await sent(channel_of(loopback), request_of(message))
            assert (delivery.code, delivery.response) == ("http_204", None)
            assert server.bodies == [octets]
            assert server.heads[0].lower().count("content-type:") == 1

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ([1], "text/plain"),
        ([1], "application/x-www-form-urlencoded"),
        (float("nan"), "application/json"),
    ],
)
def test_a_body_that_its_content_type_cannot_hold_fails_for_good(
    loopback: EgressPolicy, request_of: Any, body: Any, content_type: str
) -> None:
    message = {"method": "PUT", "url": "http://127.0.0.1/", "body": body,
               "headers": {"Content-Type": content_type}}  # fmt: skip
    failed = asyncio.run(failing(channel_of(loopback), request_of(message)))
    assert (failed.code, failed.retryable) == ("message_error", False)


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        ("400 Bad Request", False),
        ("401 Unauthorized", False),
        ("403 Forbidden", False),
        ("404 Not Found", False),
        ("408 Request Timeout", True),
        ("409 Conflict", False),
        ("410 Gone", False),
        ("422 Unprocessable", False),
        ("425 Too Early", True),
        ("429 Too Many Requests", True),
        ("500 Internal Server Error", True),
        ("502 Bad Gateway", True),
        ("503 Service Unavailable", True),
        ("504 Gateway Timeout", True),
    ],
)
def test_each_status_says_whether_another_attempt_may_help(
    http_script: Any, loopback: EgressPolicy, request_of: Any, status: str, retryable: object
) -> None:
    async def scene() -> PortError:
        reply = response(status, b'{"why": "x"}', "Content-Type: application/problem+json")
        async with http_script(reply) as server:
            message = WebhookCall("POST", server.url, {}, {}).to_json()
            return await failing(channel_of(loopback), request_of(message))

    failed = asyncio.run(scene())
    assert failed.code == f"http_{status[:3]}"
    assert failed.retryable is retryable
    assert failed.response == {"why": "x"}


NOW = 1_700_000_000.0
PACKED = gzip.compress(b'{"a": 1}', mtime=0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("0", 0),
        ("7", 7000),
        (" 7 ", 7000),
        ("86400", 3_600_000),
        ("9" * 5000, 3_600_000),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("²", None),
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), 90_000),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), 0),
        (format_datetime(datetime.fromtimestamp(NOW + 90_000, UTC), usegmt=True), 3_600_000),
        ("Tue, 14 Nov 2023 22:14:20 -0000", 60_000),
        ("Tue, 99 Nov 2023 22:14:20 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_counts_at_most_an_hour(
    value: str | None, expected: int | None
) -> None:
    assert retry_after_ms(value, NOW) == expected


def test_a_busy_server_says_when_to_come_back(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> PortError:
        async with http_script(response("429 Busy", b"", "Retry-After: 3")) as server:
            message = WebhookCall("GET", server.url).to_json()
            return await failing(channel_of(loopback), request_of(message))

    assert asyncio.run(scene()).retry_after_ms == 3000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_its_target_named_by_its_origin(
    http_script: Any, loopback: EgressPolicy, request_of: Any, status: int
) -> None:
    async def scene() -> PortError:
        async with http_script(response("200 OK")) as target:
            where = f"Location: {target.url}/next?token=secret"
            async with http_script(response(f"{status} Moved", b"", where)) as server:
                message = WebhookCall("POST", server.url, {}, {}).to_json()
                failed = await failing(channel_of(loopback), request_of(message))
                assert target.url in str(failed)
                assert "token" not in str(failed)
            assert target.heads == []
            return failed

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == (f"http_{status}", False)


@pytest.mark.parametrize(
    ("reply", "code", "retryable"),
    [
        ("drop", "unknown", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "unknown", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "unknown", True),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "bad_response", False),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", "bad_response", False),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "bad_response", False),
    ],
    ids=["dropped", "cut", "cut chunk", "no HTTP", "10,000 headers", "huge header"],
)
def test_an_answer_that_is_none_is_told_apart(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    reply: Any,
    code: str,
    retryable: object,
) -> None:
    async def scene() -> PortError:
        async with http_script(reply) as server:
            message = WebhookCall("POST", server.url, {}, {}).to_json()
            return await failing(channel_of(loopback), request_of(message))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == (code, retryable)


def test_a_call_of_unknown_fate_is_left_at_that_where_the_deployment_says_so(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> PortError:
        async with http_script("drop") as server:
            message = WebhookCall("POST", server.url, {}, {}).to_json()
            return await failing(channel_of(loopback, on_unknown="skip"), request_of(message))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("unknown", False)


def test_a_server_that_is_not_there_may_come_back(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> PortError:
        async with http_script("drop") as server:
            pass
        message = WebhookCall("GET", server.url).to_json()
        return await failing(channel_of(loopback), request_of(message))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("connect_error", True)


def test_a_certificate_that_nobody_vouches_for_stops_the_call(
    http_script: Any, loopback: EgressPolicy, request_of: Any, certificate: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    async def scene() -> PortError:
        async with http_script(response("200 OK"), context=context) as server:
            message = WebhookCall("GET", server.url.replace("http:", "https:")).to_json()
            failed = await failing(channel_of(loopback), request_of(message))
            assert server.heads == []
            return failed

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("tls_error", False)


def zeros(octets: int) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    for _ in range(octets // 65_536):
        yield bytes(65_536)


def bomb() -> bytes:
    compressor = zlib.compressobj(level=1, wbits=31)
    zeros = bytes(65_536)
    body = b"".join(compressor.compress(zeros) for _ in range(3200)) + compressor.flush()
    return response("200 OK", body, "Content-Encoding: gzip", "Content-Type: application/json")


@pytest.mark.parametrize("reply", [lambda: zeros(5 * 1024**3), bomb], ids=["stream", "gzip bomb"])
def test_an_answer_without_end_is_cut_off(
    http_script: Any, loopback: EgressPolicy, request_of: Any, reply: Callable[[], Any]
) -> None:
    async def scene() -> PortError:
        async with http_script(reply()) as server:
            message = WebhookCall("POST", server.url, {}, {}).to_json()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            failed = await failing(channel_of(loopback), request_of(message))
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            assert grown < 50 * 1024
        assert server.octets_sent < 64 * 1024 * 1024
        return failed

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("response_too_large", False)


def test_a_huge_error_page_leaves_the_status_what_it_is(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> PortError:
        async with http_script(response("503 Down", bytes(RESPONSE_LIMIT + 1))) as server:
            message = WebhookCall("POST", server.url, {}, {}).to_json()
            return await failing(channel_of(loopback), request_of(message))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable, failed.response) == ("http_503", True, None)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": 1}', "application/hal+json; charset=utf-8", {"a": 1}),
        (b'{"a": 1}', "text/plain", '{"a": 1}'),
        (b'{"a": ', "application/json", '{"a": '),
        (b"NaN", "application/json", "NaN"),
        (b"[" * 600 + b"]" * 600, "application/json", "[" * 600 + "]" * 600),
        ("é".encode("latin-1"), "text/plain", "\ufffd"),
        (b"x" * (TEXT_LIMIT + 9), "text/html", "x" * TEXT_LIMIT),
        (b"", "application/json", None),
        (PACKED, "application/json\r\nContent-Encoding: gzip", {"a": 1}),
        (b'{"echo": "Bearer hunter2"}', "application/json", {"echo": "Bearer ***"}),
    ],
)
def test_an_answer_is_json_where_it_says_so_and_is_else_text(
    http_script: Any,
    loopback: EgressPolicy,
    request_of: Any,
    body: bytes,
    content_type: str,
    expected: object,
) -> None:
    async def scene() -> Delivery:
        async with http_script(response("200 OK", body, f"Content-Type: {content_type}")) as server:
            token = {"Authorization": "Bearer ${secret:TOKEN}"}
            message = WebhookCall("GET", server.url, token, secrets=("TOKEN",)).to_json()
            return await sent(channel_of(loopback), request_of(message))

    assert asyncio.run(scene()).response == expected


def test_a_signature_is_the_one_of_the_specification() -> None:
    signed = signatures(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_call_is_signed_by_every_secret_of_the_settings(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with http_script(response("200 OK")) as server:
            channel = channel_of(loopback, signing_secrets=("${secret:KEY}", "${secret:OTHER}"))
            message = WebhookCall("POST", server.url, {}, {"a": "é"}).to_json()
            await sent(channel, request_of(message))
            lines = dict(line.split(": ", 1) for line in server.heads[0].split("\r\n")[1:] if line)
            headers = {name.lower(): value for name, value in lines.items()}
            keys = [SECRETS["JOURNEYS_SECRET_KEY"], SECRETS["JOURNEYS_SECRET_OTHER"]]
            timestamp = int(headers["webhook-timestamp"])
            expected = signatures(keys, "r1", timestamp, server.bodies[0])
            assert headers["webhook-signature"] == expected
            assert json.loads(server.bodies[0]) == {"a": "é"}

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("message", "settings", "code"),
    [
        ({"url": "http://127.0.0.1/\r\nX: y"}, {}, "message_error"),
        ({"headers": {"X": "a\r\nb: c"}}, {}, "message_error"),
        ({"headers": {"X": "${secret:LINES}"}, "secrets": ["LINES"]}, {}, "message_error"),
        ({"url": "http://127.0.0.1:0x50/"}, {}, "message_error"),
        ({"headers": {"X": "${secret:NOWHERE}"}, "secrets": ["NOWHERE"]}, {}, "unknown_secret"),
        ({"body": {"name": "${secret:TOKEN}"}}, {}, "unknown_secret"),
        ({}, {"signing_secrets": ("${secret:BROKEN}",)}, "unknown_secret"),
    ],
)
def test_a_call_that_cannot_be_written_fails_for_good_without_a_secret_in_the_message(
    loopback: EgressPolicy, request_of: Any, message: Any, settings: Any, code: str
) -> None:
    complete = {"method": "GET", "url": "http://127.0.0.1/"} | message
    failed = asyncio.run(failing(channel_of(loopback, **settings), request_of(complete)))
    assert (failed.code, failed.retryable) == (code, False)
    assert not any(value in str(failed) for value in SECRETS.values())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.0.0.1", "[64:ff9b::7f00:1]"]
)
def test_a_server_that_egress_refuses_is_never_connected(
    http_script: Any, request_of: Any, host: str
) -> None:
    async def scene() -> PortError:
        async with http_script(response("200 OK")) as server:
            message = WebhookCall("GET", f"http://{host}:{server.port}/?token=x").to_json()
            failed = await failing(channel_of(EgressPolicy()), request_of(message))
            assert server.heads == []
            return failed

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("egress_denied", False)
    assert "token" not in str(failed)


def test_no_proxy_of_the_environment_is_used(
    http_script: Any, loopback: EgressPolicy, request_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with http_script(response("200 OK")) as server, http_script("drop") as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("http_proxy", proxy.url)
            message = WebhookCall("GET", server.url).to_json()
            await sent(channel_of(loopback), request_of(message))
            assert proxy.heads == []

    asyncio.run(scene())


def test_what_one_call_sets_never_travels_with_the_next(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        cookie = {"Set-Cookie": "person=p1; Path=/"}
        async with Receivers(tmp_path, lambda call: Answer(headers=cookie)) as receivers:
            channel = channel_of(loopback)
            message = WebhookCall("GET", receivers.http_url).to_json()
            await channel.send(request_of(message))
            await sent(channel, request_of(message))
            calls: Any = receivers.calls
            assert ["cookie" in call["headers"] for call in calls] == [False, False]

    asyncio.run(scene())


def test_the_caller_decides_how_long_a_slow_server_is_awaited(
    http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with http_script("silence") as server:
            message = WebhookCall("GET", server.url).to_json()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await sent(channel_of(loopback), request_of(message))
            assert len(server.heads) == 1

    asyncio.run(scene())


def test_a_slow_server_holds_up_no_other(
    tmp_path: Path, http_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with http_script("silence") as slow, Receivers(tmp_path) as quick:
            channel = channel_of(loopback)
            stuck = request_of(WebhookCall("GET", slow.url).to_json())
            waiting = [asyncio.create_task(channel.send(stuck)) for _ in range(150)]
            good = request_of(WebhookCall("GET", quick.http_url).to_json())
            await asyncio.gather(*(channel.send(good) for _ in range(20)))
            assert not any(task.done() for task in waiting)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            await channel.close()

    asyncio.run(scene())


def test_a_channel_can_be_closed_before_its_first_call(loopback: EgressPolicy) -> None:
    asyncio.run(channel_of(loopback).close())


@pytest.mark.parametrize(
    "change", [{"signing_secrets": ("whsec_abc",)}, {"on_unknown": "maybe"}, {"retries": 3}]
)
def test_settings_that_cannot_work_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WebhookSettings(**change)


def test_the_channel_works_on_a_loop_outside_the_main_thread(
    tmp_path: Path, loopback: EgressPolicy, request_of: Any
) -> None:
    deliveries: list[Delivery] = []

    async def scene() -> None:
        async with Receivers(tmp_path) as receivers:
            message = WebhookCall("GET", receivers.http_url).to_json()
            deliveries.append(await sent(channel_of(loopback), request_of(message)))

    thread = threading.Thread(target=lambda: asyncio.run(scene()))
    thread.start()
    thread.join()
    assert [delivery.code for delivery in deliveries] == ["http_200"]
