"""N6, and N2 to N4 as mail servers do them: what becomes of a mail."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import settings
from yarl import URL

from connectors.channels.email import EmailChannel, EmailSettings
from connectors.egress import EgressPolicy
from connectors.http_client import HttpCall, HttpClient
from connectors.secrets import Secrets
from journeys.channels import Email
from journeys.errors import PortError
from journeys.messages import ActionStatus
from tests.harness.authority import EXPIRED, Authority
from tests.harness.channel import carried_out, failing, sent
from tests.harness.lines import (
    MEMORY,
    Reader,
    Writer,
    drops,
    endless,
    memory,
    reset_peak,
    serving,
    speaks,
)

HELLO = Email("ann@example.org", "Hello", "Come back").to_json()
PATIENCE_S = 0.3
"""What the caller allows for a whole attempt."""


def mail_channel(port: int, egress: EgressPolicy, **changes: Any) -> EmailChannel:
    chosen = {"host": "127.0.0.1", "port": port, "sender": "shop@example.org", "tls": "none",
              "timeout_seconds": 5, **changes}  # fmt: skip
    return EmailChannel(EmailSettings(**chosen), egress, Secrets(environment={}))


@pytest.mark.parametrize("certificate", [{"ends": EXPIRED}, {"host": "127.0.0.2"}])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_n2_a_mail_servers_certificate_is_checked_likewise(
    loopback: EgressPolicy,
    authority: Authority,
    request_of: Any,
    certificate: dict[str, Any],
    tls: str,
) -> None:
    context = authority.context(**certificate)

    async def upgrade(reader: Reader, writer: Writer) -> None:
        if tls == "starttls":
            writer.write(b"220 hello\r\n")
            await reader.readuntil(b"\r\n")
            writer.write(b"250-hello\r\n250 STARTTLS\r\n")
            await reader.readuntil(b"\r\n")
            writer.write(b"220 go on\r\n")
            await writer.start_tls(context)

    async def scene() -> PortError:
        implicit = context if tls == "implicit" else None
        async with serving(upgrade, implicit) as server:
            channel = mail_channel(server.port, loopback, tls=tls, ca_file=authority.file)
            return await failing(channel, request_of(HELLO))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("tls_error", False)


BEFORE_DOT = [
    (b"", [b"220 hello\r\n"]), (b"\r\n", [b"250 hello\r\n"]), (b"\r\n", [b"250 ok\r\n"]),
    (b"\r\n", [b"250 ok\r\n"]), (b"\r\n", [b"354 go on\r\n"]),
]  # fmt: skip


SLOW_MAIL = {
    "no banner": [],
    "banner by drops": [(b"", drops(b"220-"))],
    "silence after EHLO": [(b"", [b"220 hello\r\n"]), (b"\r\n", [])],
    "silence after a refusal": [
        (b"", [b"220 hello\r\n"]),
        (b"\r\n", [b"250 hello\r\n"]),
        (b"\r\n", [b"550 no\r\n"]),
        (b"\r\n", []),
    ],
    "silence after the mail": [*BEFORE_DOT, (b"\r\n.\r\n", [])],
    "reply by drops": [(b"", [b"220 hello\r\n"]), (b"\r\n", drops(b"250-"))],
}


@pytest.mark.parametrize("lines", SLOW_MAIL.values(), ids=SLOW_MAIL)
def test_n3_n6_the_total_deadline_ends_a_slow_mail_server_too(
    loopback: EgressPolicy, request_of: Any, lines: Any
) -> None:
    async def scene() -> None:
        async with serving(speaks(lines)) as server:
            channel = mail_channel(server.port, loopback)
            before = asyncio.all_tasks()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await channel.send(request_of(HELLO))
            async with asyncio.timeout(1):
                await server.hung_up.wait()
            assert asyncio.all_tasks() - before - server.tasks == set()
            await channel.close()

    asyncio.run(scene())


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full: whoever knocks is neither let in nor turned away."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        knocking = [socket.socket() for _ in range(8)]
        for line in knocking:
            line.settimeout(0)
            line.connect_ex(address)
        yield address[1]
        for line in knocking:
            line.close()


def test_n3_the_total_deadline_holds_while_connecting(
    loopback: EgressPolicy, request_of: Any, full_port: int
) -> None:
    calling = HttpCall("GET", URL(f"http://127.0.0.1:{full_port}/"))

    async def scene() -> None:
        client = HttpClient(loopback, Secrets(environment={}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await client.call(calling)
        await client.close()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await mail_channel(full_port, loopback).send(request_of(HELLO))

    asyncio.run(scene())


def test_n3_the_total_deadline_holds_while_a_name_is_looked_up(
    loopback: EgressPolicy, request_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        answered.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def scene() -> None:
        client = HttpClient(loopback, Secrets(environment={}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await client.call(HttpCall("GET", URL("http://shop.example/")))
        channel = mail_channel(25, loopback, host="shop.example")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await channel.send(request_of(HELLO))
        answered.set()
        await client.close()

    asyncio.run(scene())


def test_n4_a_mail_server_that_never_stops_talking_is_left(
    loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        for line, code in [(b"x", "bad_response"), (b"220-x\r\n", "bad_response")]:
            async with serving(speaks([(b"", endless(b"", line))])) as server:
                before = memory("VmRSS")
                reset_peak()
                failed = await failing(mail_channel(server.port, loopback), request_of(HELLO))
                assert memory("VmHWM") - before < MEMORY
                assert (failed.code, failed.retryable) == (code, False)

    asyncio.run(scene())


# N6: mail servers.


def test_n6_a_greylisted_mail_comes_again_as_the_same_mail(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        refusals = {"RCPT": ["451 4.7.1 greylisted", "250 ok"], "END": ["451 later", "250 ok"]}
        async with smtp_script(**refusals) as server:
            request = replace(request_of(HELLO), timeout_ms=5_000)
            channel = mail_channel(server.port, loopback)
            result = await carried_out(channel, request)
            assert (result.status, result.attempts) == (ActionStatus.SUCCEEDED, 3)
            assert len(server.contents) == 2
            assert len(set(server.contents)) == 1
            assert b"\r\nMessage-ID: <r1@example.org>\r\n" in server.contents[0]

    asyncio.run(scene())


def test_n6_a_server_without_8_bits_is_sent_none(
    smtp_script: Any, loopback: EgressPolicy, request_of: Any
) -> None:
    async def scene() -> None:
        async with smtp_script() as server:
            channel = mail_channel(server.port, loopback)
            mail = Email("ann@example.org", "Grüße ☕", "Größe\n", "<p>日本</p>").to_json()
            await channel.send(request_of(mail))
            await channel.close()
            assert server.contents[0].isascii()
            assert not any("8BITMIME" in line for line in server.lines)

    asyncio.run(scene())


ALREADY = [(b"", [b"220 hello\r\n"]), (b"\r\n", [b"250-hello\r\n250 STARTTLS\r\n"])]


@pytest.mark.parametrize(
    ("reply", "code", "retryable"),
    [
        (b"454 TLS not available\r\n", "smtp_454", True),
        (b"502 no such command\r\n", "smtp_502", False),
        (b"220 go on\r\n250 injected\r\n", "timedout", True),
        (b"220 go on\r\nno handshake", "timedout", True),
    ],
    ids=["not now", "stripped", "an answer slipped in before TLS", "no handshake"],
)
def test_n6_no_mail_leaves_where_tls_does_not_come_about(
    loopback: EgressPolicy, request_of: Any, reply: bytes, code: str, retryable: object
) -> None:
    heard: list[bytes] = []

    async def behave(reader: Reader, writer: Writer) -> None:
        await speaks([*ALREADY, (b"\r\n", [reply])])(reader, writer)
        while octets := await reader.read(65_536):
            heard.append(octets)

    async def scene() -> PortError:
        async with serving(behave) as server:
            channel = mail_channel(server.port, loopback, tls="starttls", timeout_seconds=0.3)
            return await failing(channel, request_of(HELLO))

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == (code, retryable)
    assert not any(b"MAIL" in octets or b"AUTH" in octets for octets in heard)


@pytest.mark.parametrize("reply", [b"no SMTP\r\n", b"x" * 100_000, b"-25 odd\r\n"])
def test_n6_an_answer_after_the_dot_that_cannot_be_read_leaves_the_mail_unknown(
    loopback: EgressPolicy, request_of: Any, reply: bytes
) -> None:
    async def scene() -> None:
        for policy, again in (("retry", True), ("skip", False)):
            async with serving(speaks([*BEFORE_DOT, (b"\r\n.\r\n", [reply])])) as server:
                channel = mail_channel(server.port, loopback, on_unknown=policy)
                failed = await failing(channel, request_of(HELLO))
                assert (failed.code, failed.retryable) == ("unknown", again)

    asyncio.run(scene())


@pytest.mark.parametrize("code", [250, 550])
def test_n6_whatever_octets_a_server_answers_can_be_written_down(
    loopback: EgressPolicy, request_of: Any, code: int
) -> None:
    async def scene() -> str:
        reply = f"{code} Gr\xfc\xdfe ".encode("latin-1") + b"x" * 2_000 + b"\r\n"
        async with serving(speaks([*BEFORE_DOT, (b"\r\n.\r\n", [reply])])) as server:
            channel = mail_channel(server.port, loopback)
            result = await carried_out(channel, request_of(HELLO))
            return f"{result.detail}{result.response}"

    said = asyncio.run(scene())
    assert said.encode()
    assert len(said) < 1_200


PIECES = ["250 ok", "250-more", "354 go on", "451 later", "550 no", "421 bye", "220 hello", "-1 x",
          "999 x", "25", "", "\xff\xfe", "250", "250 " + "x" * 9_000,
          "HTTP/1.1 400", "\0"]  # fmt: skip


def test_n6_whatever_a_mail_server_says_the_mail_is_sent_or_an_error_is_told(
    loopback: EgressPolicy, request_of: Any
) -> None:
    chance = random.Random(7)
    told: Counter[str] = Counter()

    async def behave(reader: Reader, writer: Writer) -> None:
        usual = ["220 hello", "250 hello", "250 ok", "250 ok", "354 go on", "250 taken", "221 bye"]
        odd = chance.randrange(6)
        for place, reply in enumerate(usual):
            said = chance.choice(PIECES) if place == odd else reply
            writer.write(said.encode("latin-1") + b"\r\n")
            await writer.drain()
            await reader.readuntil(b"\r\n.\r\n" if said.startswith("354") else b"\r\n")

    async def scene() -> None:
        async with serving(behave) as server:
            channel = mail_channel(server.port, loopback, timeout_seconds=0.05)
            try:
                answer = await sent(channel, request_of(HELLO))
                assert orjson.dumps(answer.response) is not None
                told["sent"] += 1
            except PortError as error:
                assert len(str(error).encode()) < 2_000  # noqa: PT017 - one of two ends
                told[error.code] += 1

    for _ in range(2 * settings().max_examples):
        asyncio.run(scene())
    assert {"sent", "unknown", "bad_response", "smtp_451", "smtp_550"} <= told.keys()
    known = re.compile(r"sent|unknown|bad_response|connect_error|timedout|smtp_[1-9]\d\d")
    assert all(map(known.fullmatch, told))
