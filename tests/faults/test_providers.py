"""N2 to N4 and N9: what services do to one call, and what becomes of it. Mail servers: N6.

How often a call is tried again, and what one endpoint may do to another, is tried where calls are
dispatched. Which test tries which fault stands in docs/guarantees.md.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import random
import ssl
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import settings
from yarl import URL

from connectors.egress import EgressPolicy
from connectors.http_client import HttpAnswer, HttpCall, HttpClient
from connectors.secrets import Secrets
from connectors.standard_webhooks import signatures
from journeys.errors import PortError
from tests.harness.authority import EXPIRED, Authority
from tests.harness.lines import (
    ENDLESS,
    MEMORY,
    Behaviour,
    Reader,
    Writer,
    answers,
    drops,
    endless,
    memory,
    reset_peak,
    resets,
    serving,
)

PATIENCE_S = 0.3
"""What the caller allows for a whole attempt."""


async def get(port: int, egress: EgressPolicy, scheme: str = "http") -> HttpAnswer:
    client = HttpClient(egress, Secrets(environment={}))
    try:
        return await client.call(HttpCall("POST", URL(f"{scheme}://127.0.0.1:{port}/"), body=b"{}"))
    finally:
        await client.close()


async def refused(port: int, egress: EgressPolicy, scheme: str = "http") -> PortError:
    with pytest.raises(PortError) as failed:
        await get(port, egress, scheme)
    return failed.value


OK = b"HTTP/1.1 200 OK\r\n"
ZIPPED = OK + b"Content-Encoding: gzip\r\n"


# N2: lines that break.


@pytest.mark.parametrize(
    ("behaviour", "code", "retryable"),
    [
        (resets(), "unknown", True),
        (resets([OK]), "unknown", True),
        (resets([OK + b"Content-Length: 9\r\n\r\nabc"]), "unknown", True),
        (answers([OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"]), "bad_response", False),
        (answers([ZIPPED + b"Content-Length: 3\r\n\r\nabc"]), "unknown", True),
        (answers([b"HTTP/1.1 999999 Odd\r\n\r\n"]), "bad_response", False),
        (answers([b"\x16\x03\x01\x02\x00\r\n\r\n"]), "bad_response", False),
    ],
    ids=["reset", "reset after the status", "reset in the body", "broken chunk", "broken gzip",
         "odd status", "TLS where HTTP is spoken"],
)  # fmt: skip
def test_n2_a_line_that_breaks_is_classified(
    loopback: EgressPolicy, behaviour: Behaviour, code: str, retryable: object
) -> None:
    async def scene() -> PortError:
        async with serving(behaviour) as server:
            return await refused(server.port, loopback)

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == (code, retryable)


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        ({}, "http_200"),
        ({"ends": EXPIRED}, "tls_error"),
        ({"host": "127.0.0.2"}, "tls_error"),
    ],
    ids=["as it should be", "expired", "of another host"],
)
def test_n2_a_certificate_is_checked_for_its_host_and_its_end(
    loopback: EgressPolicy,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    certificate: dict[str, Any],
    code: str,
) -> None:
    trusting = ssl.create_default_context(cafile=authority.file)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)

    async def scene() -> tuple[str, bool]:
        answer = answers([OK + b"Content-Length: 0\r\n\r\n"])
        async with serving(answer, authority.context(**certificate)) as server:
            try:
                return (await get(server.port, loopback, "https")).code, False
            except PortError as error:
                return error.code, error.retryable

    assert asyncio.run(scene()) == (code, False)


def test_n2_a_server_that_speaks_no_tls_gets_nothing_in_the_clear(loopback: EgressPolicy) -> None:
    heard: list[bytes] = []

    async def behave(reader: Reader, writer: Writer) -> None:
        heard.append(await reader.read(65_536))
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def scene() -> PortError:
        async with serving(behave) as server:
            return await refused(server.port, loopback, "https")

    failed = asyncio.run(scene())
    assert (failed.code, failed.retryable) == ("connect_error", True)
    assert not any(b"POST" in octets for octets in heard)


# N2 and N3: lines on which nothing comes, or hardly anything.


async def nothing(reader: Reader, writer: Writer) -> None:
    """Take a call and never answer."""


SLOW = {
    "half open": nothing,
    "headers by drops": answers(drops(OK + b"X-Slow: "), 0.01),
    "body by drops": answers(drops(OK + b"Content-Length: 100000\r\n\r\n"), 0.01),
    "chunks by drops": answers(drops(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n"), 0.01),
    "status lines without end": answers(itertools.repeat(b"HTTP/1.1 102 Wait\r\n\r\n"), 0.01),
}


@pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW)
def test_n3_the_total_deadline_ends_a_slow_answer_and_leaves_nothing_behind(
    loopback: EgressPolicy, behaviour: Behaviour
) -> None:
    async def scene() -> None:
        async with serving(behaviour) as server:
            client = HttpClient(loopback, Secrets(environment={}))
            before = asyncio.all_tasks()
            url = URL(f"http://127.0.0.1:{server.port}/")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await client.call(HttpCall("GET", url))
            async with asyncio.timeout(1):
                await server.hung_up.wait()
            assert asyncio.all_tasks() - before - server.tasks == set()
            await client.close()

    asyncio.run(scene())


# N4: answers without end.


def head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()


def zeros(compress: Any, flush: Any) -> Iterator[bytes]:
    block = bytes(1024 * 1024)
    for _ in range(256):
        yield compress(block)
    yield flush()


def deflated(wbits: int) -> Iterator[bytes]:
    compressor = zlib.compressobj(level=9, wbits=wbits)
    return zeros(compressor.compress, compressor.flush)


def zstd() -> Iterator[bytes]:
    compressor = zstandard.ZstdCompressor().compressobj()
    return zeros(compressor.compress, compressor.flush)


def bomb(encoding: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield head(f"Content-Encoding: {encoding}", "Connection: close")
    yield from chunks


FLOODS: dict[str, tuple[Callable[[], Iterable[bytes]], str]] = {
    "five gigabytes": (lambda: endless(head(), bytes(65_536)), "response_too_large"),
    "a length that lies": (
        lambda: endless(head(f"Content-Length: {ENDLESS}"), bytes(65_536)), "response_too_large"),
    "chunks": (
        lambda: endless(head("Transfer-Encoding: chunked"), b"4\r\nabcd\r\n"),
        "response_too_large"),
    "gzip": (lambda: bomb("gzip", deflated(31)), "response_too_large"),
    "deflate": (lambda: bomb("deflate", deflated(15)), "response_too_large"),
    "raw deflate": (lambda: bomb("deflate", deflated(-15)), "response_too_large"),
    "zstd that nobody asked for": (lambda: bomb("zstd", zstd()), "bad_response"),
    "br that nobody asked for": (lambda: bomb("br", [bytes(1024)]), "bad_response"),
    "a status line": (lambda: endless(b"HTTP/1.1 200 ", b"x"), "bad_response"),
    "a header": (lambda: endless(b"HTTP/1.1 200 OK\r\nX: ", b"x"), "bad_response"),
    "ten thousand headers": (
        lambda: [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n"], "bad_response"),
    "headers": (lambda: endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), "bad_response"),
    "a size of a chunk": (
        lambda: endless(head("Transfer-Encoding: chunked"), b"1"), "bad_response"),
    "headers after chunks": (
        lambda: endless(head("Transfer-Encoding: chunked") + b"0\r\n", b"X: y\r\n"),
        "bad_response"),
}  # fmt: skip


@pytest.mark.parametrize(("chunks", "code"), FLOODS.values(), ids=FLOODS)
def test_n4_an_answer_without_end_is_cut_off_before_it_takes_memory(
    loopback: EgressPolicy, chunks: Callable[[], Iterable[bytes]], code: str
) -> None:
    async def scene() -> PortError:
        async with serving(answers(chunks())) as server, asyncio.timeout(20):
            before = memory("VmRSS")
            reset_peak()
            failed = await refused(server.port, loopback)
            assert memory("VmHWM") - before < MEMORY
            return failed

    failed = asyncio.run(scene())
    assert failed.code == code
    assert len(str(failed)) < 1_000


# N2, N4 and N7: whatever octets come.

STATUSES = ["HTTP/1.1 200 OK", "HTTP/1.1 204 No", "HTTP/1.0 200", "HTTP/1.1 100 C",
            "HTTP/1.1 101 S", "HTTP/1.1 302 Found", "HTTP/1.1 401 U", "HTTP/1.1 503 S",
          "HTTP/1.1 000 x",
            "HTTP/2 200", "HTTP/1.1 -20 x", "HTTP/1.1", "", "\xff", "http/1.1 200 ok", "ICY 200 OK",
            "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK"]  # fmt: skip
HEADERS = ["Content-Type", "Content-Encoding", "Transfer-Encoding", "Retry-After", "Location",
           "Set-Cookie", "Content-Length", "Connection", "X-Y", "", "A B", "Ü"]  # fmt: skip
CONTENTS = ["", ";", "a/b/c", "application/json", "application/json; charset=nowhere", "\0", "é",
            "-1", "0", "5", "9" * 20, "gzip", "gzip, gzip", "chunked", "chunked, chunked", "close",
            "upgrade", "http://[::1", "//", "http://x:99999999/", "javascript:1", "\udcff", "nan",
            "1e9", "x\r\n y", "a" * 9_000]  # fmt: skip
BODIES = [b"", b"{}", b"[1", b"5\r\nab", b"5\r\nabcde\r\n0\r\n\r\n", b"\x1f\x8b\x08\0bad",
          b"null",
          b'"\\ud800"', b"\xff\xfe", b'{"a": 1e999}', b"9" * 400,
          b"[" * 300 + b"]" * 300]  # fmt: skip


def odd_answer(chance: random.Random) -> bytes:
    lines = [chance.choice(STATUSES)]
    for _ in range(chance.randrange(5)):
        between = chance.choice([": ", ": ", ": ", ":", ""])
        lines.append(chance.choice(HEADERS) + between + chance.choice(CONTENTS))
    head = "\r\n".join([*lines, "", ""]).encode(errors="surrogateescape")
    return head + chance.choice(BODIES)


def test_n2_n7_whatever_octets_come_an_answer_or_an_error_is_told(loopback: EgressPolicy) -> None:
    chance = random.Random(7)
    told: Counter[str] = Counter()

    async def scene(octets: bytes) -> None:
        async with serving(hangs_up(octets)) as server, asyncio.timeout(5):
            try:
                answer = await get(server.port, loopback)
                assert orjson.dumps(answer.body) is not None
                told["answer"] += 1
            except PortError as error:
                assert len(str(error).encode()) < 2_000  # noqa: PT017 - one of two ends
                told[error.code] += 1

    for _ in range(4 * settings().max_examples):
        asyncio.run(scene(odd_answer(chance)))
    assert {"answer", "bad_response"} <= told.keys() <= {"answer", "bad_response", "unknown"}


def hangs_up(octets: bytes) -> Behaviour:
    async def behave(reader: Reader, writer: Writer) -> None:
        await answers([octets])(reader, writer)
        writer.close()

    return behave


# N9: signatures, and the clocks of those who check them.


def accepts(secret: str, headers: dict[str, str], body: bytes, clock: int) -> bool:
    """Check a signature as the specification of Standard Webhooks says, by its words alone."""
    sent_at = int(headers["webhook-timestamp"])
    signed = f"{headers['webhook-id']}.{sent_at}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [part.split(",", 1) for part in headers["webhook-signature"].split(" ")]
    return abs(clock - sent_at) <= 5 * 60 and ["v1", expected] in given


OLD, NEW = (
    "whsec_" + base64.b64encode(text.encode()).decode() for text in ("old key" * 4, "new key" * 4)
)


@pytest.mark.parametrize(
    ("receiver", "clock_s", "accepted"),
    [
        (OLD, 0, True), (NEW, 0, True), (OLD, 240, True), (NEW, -240, True),
        (OLD, 600, False), (NEW, -600, False),
        ("whsec_" + base64.b64encode(b"another").decode(), 0, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", [b"", b'{"a":1}', "ü\0".encode()])
def test_n9_receivers_with_either_key_accept_and_refuse_by_their_own_clock(
    receiver: str, clock_s: int, body: bytes, *, accepted: bool
) -> None:
    now = 1_700_000_000
    headers = {
        "webhook-id": "r1",
        "webhook-timestamp": str(now),
        "webhook-signature": signatures([OLD, NEW], "r1", now, body),
    }
    assert accepts(receiver, headers, body, now + clock_s) is accepted
    assert not accepts(receiver, headers | {"webhook-id": "r2"}, body, now)
    assert not accepts(receiver, headers, body + b" ", now)
