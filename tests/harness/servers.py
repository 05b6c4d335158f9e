"""Servers that answer by a script: what a real server would not do on demand."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import pytest

from connectors.egress import AllowRule, EgressPolicy
from journeys.messages import ActionRequest, JsonObject
from tests.harness.authority import Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

DROP = "drop"
SILENCE = "silence"
SMTP_REPLIES = {
    "CONNECT": "220 scripted",
    "EHLO": "250-scripted\r\n250 SIZE 1000000",
    "DATA": "354 go on",
    ".": "250 2.0.0 Ok: queued as Q42",
    "QUIT": "221 bye",
}


@dataclass
class SmtpScript:
    """Answers each verb with its next reply, the last one for ever; `.` is the end of a mail."""

    replies: dict[str, list[str]]
    port: int = 0
    verbs: list[list[str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verbs: list[str] = []
        self.verbs.append(verbs)
        verb = "CONNECT"
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._reply(verb, writer):
                if verb == "QUIT":
                    break
                if verb == "DATA" and self._content_follows:
                    self.contents.append(await reader.readuntil(b"\r\n.\r\n"))
                    verb = "."
                else:
                    line = (await reader.readuntil(b"\r\n")).decode()
                    self.lines.append(line)
                    verb = line.split()[0].upper()
                verbs.append(verb)
        await _end(writer)

    async def _reply(self, verb: str, writer: asyncio.StreamWriter) -> bool:
        script = self.replies.get(verb, [SMTP_REPLIES.get(verb, "250 ok")])
        reply = script.pop(0) if len(script) > 1 else script[0]
        self._content_follows = reply.startswith("354")
        if reply == SILENCE:
            return True
        if reply != DROP:
            writer.write(f"{reply}\r\n".encode())
            await writer.drain()
        return reply != DROP and not reply.startswith("421")


HttpReply: TypeAlias = "bytes | Iterable[bytes] | str"


@dataclass
class HttpScript:
    """Answers each call with its next reply, the last one for ever, and hangs up."""

    replies: list[HttpReply]
    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    octets_sent: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            self.heads.append(head)
            self.bodies.append(await reader.readexactly(int(fields.get("content-length", 0))))
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            if reply == SILENCE:
                await reader.read()
            elif not isinstance(reply, str):
                for chunk in [reply] if isinstance(reply, bytes) else reply:
                    writer.write(chunk)
                    await writer.drain()
                    self.octets_sent += len(chunk)
        await _end(writer)


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@asynccontextmanager
async def _listening(
    script: SmtpScript | HttpScript, context: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    conversations: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.add(asyncio.create_task(script.take(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=context)
    script.port = server.sockets[0].getsockname()[1]
    async with server:
        yield
    await asyncio.gather(*conversations)


@pytest.fixture
def smtp_script() -> Callable[..., AbstractAsyncContextManager[SmtpScript]]:
    @asynccontextmanager
    async def scripted(**replies: list[str]) -> AsyncIterator[SmtpScript]:
        script = SmtpScript({"." if verb == "END" else verb: replies[verb] for verb in replies})
        async with _listening(script):
            yield script

    return scripted


@pytest.fixture
def http_script() -> Callable[..., AbstractAsyncContextManager[HttpScript]]:
    @asynccontextmanager
    async def scripted(
        *replies: HttpReply, context: ssl.SSLContext | None = None
    ) -> AsyncIterator[HttpScript]:
        script = HttpScript(list(replies))
        async with _listening(script, context):
            yield script

    return scripted


@pytest.fixture
def loopback() -> EgressPolicy:
    return EgressPolicy((AllowRule.parse("127.0.0.1/32"),))


@pytest.fixture
def request_of() -> Callable[[JsonObject], ActionRequest]:
    def build(message: JsonObject, request_id: str = "r1") -> ActionRequest:
        return ActionRequest(
            request_id=request_id, profile_id="p1", instance_id="i1", journey_id="j",
            journey_version=1, step_id="s", action_id="a", channel="c", endpoint="e",
            message=message, timeout_ms=1000, max_attempts=3, requested_at=1_700_000_000_000,
        )  # fmt: skip

    return build


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl writes the certificate of this test's server, and it is not here")
    folder = tmp_path_factory.mktemp("tls")
    arguments = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                 "-addext", "subjectAltName=IP:127.0.0.1",
                 "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]  # fmt: skip
    subprocess.run([openssl, *arguments], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))
