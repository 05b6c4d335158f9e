"""P1, as far as one call goes: whatever a service does with a secret, nobody is told it.

A canary stands in each place where a definition or the settings may put a secret. All that a call
gives back, raises or logs is searched for it, plain, percent-encoded, escaped and in base64.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from yarl import URL

from connectors.channels.email import EmailChannel, EmailSettings
from connectors.channels.push import PushChannel
from connectors.channels.settings import PushSettings, SmsSettings, WebhookSettings
from connectors.channels.sms import SmsChannel
from connectors.channels.webhook import WebhookChannel
from connectors.egress import EgressPolicy
from connectors.secrets import Secrets
from journeys.channels import Email, WebhookCall
from journeys.errors import PortError
from journeys.messages import ActionRequest, JsonObject
from journeys.ports import ActionChannel
from tests.harness.authority import Authority
from tests.harness.channel import carried_out
from tests.harness.lines import Behaviour, Reader, Writer, resets, serving

CANARY = 'c4nary/+"ö&z-q7'
"""Each of its characters is written otherwise somewhere."""
NAMES = ("HEADER", "QUERY", "PATH", "BODY", "PASSWORD", "TOKEN")
SECRETS = {f"JOURNEYS_SECRET_{name}": CANARY for name in NAMES}
SECRETS["JOURNEYS_SECRET_KEY"] = "whsec_" + base64.b64encode(CANARY.encode()).decode()


def forms(value: str) -> Iterator[str]:
    """Give all that would tell the canary."""
    yield from (value, quote(value, safe=""), quote(value), quote_plus(value))
    yield URL.build(scheme="http", host="x", path=f"/{value}").raw_path[1:]
    yield URL.build(query={"q": value}).raw_query_string[2:]
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield json.dumps(value)[1:-1].replace("/", "\\/")
    yield value.encode().decode("latin-1")
    for before in range(3):
        whole = base64.b64encode(bytes(before) + value.encode()).decode()
        yield whole[4 : len(whole) // 4 * 4 - 4]
        yield whole[4 : len(whole) // 4 * 4 - 4].translate(str.maketrans("+/", "-_"))


LEAKS = sorted(form for form in set(forms(CANARY)) if len(form) > 7)


def webhook(port: int, egress: EgressPolicy) -> ActionChannel:
    del port
    chosen = WebhookSettings(signing_secrets=("${secret:KEY}",))
    return WebhookChannel(chosen, egress, Secrets(environment=SECRETS))


def sms(port: int, egress: EgressPolicy) -> ActionChannel:
    chosen = {"account": "AC1", "password": "${secret:PASSWORD}", "sender": "Shop"}
    settings = SmsSettings(base_url=f"http://127.0.0.1:{port}", **chosen)
    return SmsChannel(settings, egress, Secrets(environment=SECRETS))


def push(port: int, egress: EgressPolicy) -> ActionChannel:
    chosen = {"project": "shop", "token": "${secret:TOKEN}"}
    settings = PushSettings(base_url=f"http://127.0.0.1:{port}", **chosen)
    return PushChannel(settings, egress, Secrets(environment=SECRETS))


CHANNELS: dict[str, Callable[[int, EgressPolicy], ActionChannel]] = {
    "webhook": webhook, "sms": sms, "push": push,
}  # fmt: skip


def message(name: str, port: int) -> JsonObject:
    if name == "webhook":
        return WebhookCall(
            "POST",
            f"http://127.0.0.1:{port}/${{secret:PATH}}/x",
            {"Authorization": "Bearer ${secret:HEADER}"},
            {"key": "${secret:BODY}"},
            {"token": "${secret:QUERY}"},
            ("HEADER", "BODY", "QUERY", "PATH"),
        ).to_json()
    return {"to": "+33612345678", "text": "Hello", **({"title": "Hi"} if name == "push" else {})}


async def heard(reader: Reader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    return head + await reader.readexactly(int(lines.get(b"content-length", 0)))


def echo(status: str, kind: str, write: Callable[[bytes], bytes]) -> Behaviour:
    """Answer with all that was heard, written so."""

    async def behave(reader: Reader, writer: Writer) -> None:
        said = write(await heard(reader))
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(said)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + said)
        await writer.drain()

    return behave


def beginning(write: Callable[[bytes], bytes]) -> Behaviour:
    """Answer with something whose beginning is what was heard."""

    async def behave(reader: Reader, writer: Writer) -> None:
        writer.write(write(await heard(reader)) + b"\r\n\r\n")
        await writer.drain()
        writer.close()

    return behave


def nested(_: bytes) -> bytes:
    return json.dumps({"error": {"message": CANARY, "code": [CANARY]}, CANARY: 1}).encode()


def as_php_writes(_: bytes) -> bytes:
    return json.dumps({"message": CANARY}).replace("/", "\\/").encode()


def one_line(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b" ")


BEHAVIOURS = {
    "text": echo("200 OK", "text/plain", bytes),
    "an error page": echo("500 Oh", "text/html", bytes),
    "a refusal": echo("403 No", "text/plain", bytes),
    "base64": echo("400 Bad", "text/plain", base64.b64encode),
    "JSON": echo("200 OK", "application/json", nested),
    "JSON of an error": echo("422 No", "application/problem+json", nested),
    "JSON with slashes escaped": echo("400 Bad", "application/json", as_php_writes),
    "broken JSON": echo("200 OK", "application/json", lambda octets: b'{"a": ' + octets),
    "no HTTP": beginning(one_line),
    "a status line": beginning(lambda octets: b"HTTP/1.1 2x0 " + one_line(octets)),
    "a reason": beginning(lambda octets: b"HTTP/1.1 400 " + one_line(octets)),
    "a broken header": beginning(lambda octets: b"HTTP/1.1 200 OK\r\n" + octets),
    "a redirect": beginning(
        lambda octets: b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/" + octets[:60]
    ),
    "a reset": resets(),
}


def told(everything: object) -> list[str]:
    text = everything if isinstance(everything, str) else repr(everything)
    return [form for form in LEAKS if form in text]


async def attempts(name: str, channel: ActionChannel, request: ActionRequest) -> list[str]:
    """Make a call, and give all that anybody is told of it."""
    request = replace(request, channel=name, max_attempts=1)
    said = [repr(await carried_out(channel, request))]
    try:
        said.append(repr(await channel.send(request)))
    except PortError as error:
        said += ["".join(traceback.format_exception(error)), repr(error), repr(error.response)]
        said.append(repr(vars(error)))
    await channel.close()
    return said


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS)
def test_p1_nobody_is_told_a_secret_that_a_service_repeats(
    request_of: Any,
    loopback: EgressPolicy,
    caplog: pytest.LogCaptureFixture,
    name: str,
    behaviour: Behaviour,
) -> None:
    caplog.set_level(logging.DEBUG)
    arrived: list[bytes] = []

    async def listening(reader: Reader, writer: Writer) -> None:
        class Kept:
            async def readuntil(self, end: bytes) -> bytes:
                arrived.append(await reader.readuntil(end))
                return arrived[-1]

            async def readexactly(self, count: int) -> bytes:
                arrived.append(await reader.readexactly(count))
                return arrived[-1]

        await behaviour(Kept(), writer)  # type: ignore[arg-type]  # the part that is used

    async def scene() -> list[str]:
        async with serving(listening) as server:
            channel = CHANNELS[name](server.port, loopback)
            return await attempts(name, channel, request_of(message(name, server.port)))

    said = asyncio.run(scene(), debug=True)
    assert told(b"".join(arrived).decode("latin-1")), "the secret came to the service"
    for text in (*said, caplog.text):
        assert told(text) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1:{port}/${secret:PATH}",
        "http://127.0.0.1:{port}/${secret:PATH}",
        "http://nowhere.invalid:{port}/${secret:PATH}",
        "https://127.0.0.1:{port}/${secret:PATH}",
        "http://127.0.0.1:0x1/${secret:PATH}",
        "http://xn--\u200d.example/${secret:PATH}",
        "http://127.0.0.1:{port}/%zz${secret:PATH}#${secret:QUERY}",
    ],
)
def test_p1_nobody_is_told_a_secret_of_a_call_that_cannot_be_made(
    request_of: Any,
    loopback: EgressPolicy,
    caplog: pytest.LogCaptureFixture,
    authority: Authority,
    url: str,
) -> None:
    caplog.set_level(logging.DEBUG)

    async def scene(egress: EgressPolicy) -> list[str]:
        async with serving(resets(), authority.context()) as server:
            fields = message("webhook", server.port) | {
                "url": url.replace("{port}", str(server.port))
            }
            return await attempts("webhook", webhook(0, egress), request_of(fields))

    for egress in (loopback, EgressPolicy()):
        for text in (*asyncio.run(scene(egress), debug=True), caplog.text):
            assert told(text) == []


LINES = [b"EHLO", b"AUTH", b"MAIL", b"RCPT", b"DATA", b"."]


@pytest.mark.parametrize("auth", ["PLAIN", "LOGIN", "PLAIN LOGIN"])
@pytest.mark.parametrize("place", ["AUTH", "MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize("code", [b"535", b"451", b"250", b"no SMTP", b"drop"])
def test_p1_nobody_is_told_a_password_that_a_mail_server_repeats(
    request_of: Any,
    loopback: EgressPolicy,
    caplog: pytest.LogCaptureFixture,
    authority: Authority,
    auth: str,
    place: str,
    code: bytes,
) -> None:
    caplog.set_level(logging.DEBUG)
    said_to_us: list[bytes] = []

    async def converse(reader: Reader, writer: Writer) -> None:
        writer.write(b"220 hello\r\n")
        while True:
            verb = (line := await reader.readuntil(b"\r\n")).split()[0].upper()
            known = SECRETS["JOURNEYS_SECRET_PASSWORD"].encode()
            said_to_us.append(line)
            if verb == place.encode() or (place == "AUTH" and verb not in LINES):
                if code == b"drop":
                    return writer.close()
                login = b"shop\0" + known
                octets = b" ".join([line.strip(), known, base64.b64encode(b"\0" + login)])
                writer.write(code + b" you said " + octets + b"\r\n")
            elif verb == b"EHLO":
                writer.write(b"250-hello\r\n250 AUTH " + auth.encode() + b"\r\n")
            elif verb == b"AUTH" and len(line.split()) < 3:
                writer.write(b"334 VXNlcm5hbWU6\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                ends = code if place == "." else b"250"
                writer.write(ends + b" queued for " + known + b"\r\n")
            elif verb not in LINES and verb not in (b"RSET", b"QUIT", b"MAIL", b"RCPT"):
                writer.write(b"235 welcome\r\n" if len(said_to_us) > 3 else b"334 UGFzc3dvcmQ6\r\n")
            else:
                writer.write(b"235 welcome\r\n" if verb == b"AUTH" else b"250 ok\r\n")

    async def scene() -> list[str]:
        async with serving(converse, authority.context()) as server:
            chosen = EmailSettings(
                host="127.0.0.1", port=server.port, sender="shop@example.org", tls="implicit",
                ca_file=authority.file, username="shop", password="${secret:PASSWORD}",
                timeout_seconds=2,
            )  # fmt: skip
            channel = EmailChannel(chosen, loopback, Secrets(environment=SECRETS))
            mail = Email("ann@example.org", "Hello", "Come back").to_json()
            return await attempts("email", channel, request_of(mail))

    said = asyncio.run(scene(), debug=True)
    assert any(line.startswith(b"AUTH") for line in said_to_us)
    for text in (*said, caplog.text):
        assert told(text) == []


def test_p1_the_search_finds_a_secret_in_every_form() -> None:
    for write in (str, quote, quote_plus, json.dumps):
        assert told(f"x{write(CANARY)}x")
    for before in ("", "a", "ab"):
        assert told(base64.b64encode(f"{before}{CANARY}b".encode()).decode())
    assert not told("a harmless text")
