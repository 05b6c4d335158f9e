"""Local receivers of mails and HTTP calls, for development, the demo and tests.

Both are real servers on the loopback interface. They keep what arrives in memory and write it,
one JSON line each, to `emails.jsonl` and `calls.jsonl`. As a process:

    python -m connectors.receivers --folder F --smtp-port 0 --http-port 0 [--answers FILE]

Once both listen, `receivers.json` in the folder tells the ports and the process id, and a line on
stderr says so; the file is removed when SIGTERM or SIGINT ends the process.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import json
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from connectors.answers import Answering, AnswersFileError, always_ok, load_answers
from journeys.messages import JsonObject, JsonValue

LOOPBACK: Final = "127.0.0.1"
READY_FILE: Final = "receivers.json"
KEPT_IN_MEMORY: Final = 100_000
"""Arrivals of each kind; older ones remain in the files."""
_CALL_LIMIT: Final = 16 * 1024 * 1024
_USAGE_FAULT: Final = 2


class Receivers:
    """A mail server and an HTTP server on free or given ports.

    Call order: enter the asynchronous context, or `start`; then `close` once, on the same loop.
    """

    def __init__(
        self,
        folder: Path,
        answering: Answering = always_ok,
        smtp_port: int = 0,
        http_port: int = 0,
    ) -> None:
        self.smtp_port = smtp_port
        self.http_port = http_port
        self.emails: deque[JsonObject] = deque(maxlen=KEPT_IN_MEMORY)
        self.calls: deque[JsonObject] = deque(maxlen=KEPT_IN_MEMORY)
        self._folder = folder
        self._answering = answering
        self._mailbox = _Mailbox(self._keep_email)
        self._sessions: set[_MailSession] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def http_url(self) -> str:
        """Where the HTTP receiver listens, without a path."""
        return f"http://{LOOPBACK}:{self.http_port}"

    async def start(self) -> None:
        """Listen; from then on `smtp_port` and `http_port` are the real ones.

        Raises:
            OSError: a port is taken, or the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._email_lines = (self._folder / "emails.jsonl").open("a", encoding="utf-8")
        self._call_lines = (self._folder / "calls.jsonl").open("a", encoding="utf-8")
        loop = asyncio.get_running_loop()
        self._smtp = await loop.create_server(
            lambda: _MailSession(self._mailbox, self._sessions, loop), LOOPBACK, self.smtp_port
        )
        self.smtp_port = self._smtp.sockets[0].getsockname()[1]
        application = web.Application(client_max_size=_CALL_LIMIT)
        application.router.add_route("*", "/{path:.*}", self._take_call)
        self._http = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._http.setup()
        await web.TCPSite(self._http, LOOPBACK, self.http_port).start()
        self.http_port = self._http.addresses[0][1]

    async def close(self) -> None:
        """Stop listening and close every connection and file."""
        self._smtp.close()
        await asyncio.gather(*(session.hang_up() for session in self._sessions))
        await self._http.cleanup()
        self._email_lines.close()
        self._call_lines.close()

    def _keep_email(self, envelope: Envelope) -> None:
        arrived = _described_email(envelope)
        self.emails.append(arrived)
        _write_line(self._email_lines, arrived)

    async def _take_call(self, request: web.Request) -> web.Response:
        call = await _described_call(request)
        self.calls.append(call)
        _write_line(self._call_lines, call)
        answer = self._answering(call)
        if answer.delay_ms:
            await asyncio.sleep(answer.delay_ms / 1000)
        return web.Response(
            status=answer.status,
            text="" if answer.body is None else json.dumps(answer.body),
            headers=answer.headers,
            content_type="application/json",
        )


class _Mailbox:
    """What aiosmtpd asks about a mail; it finds the method by its name."""

    def __init__(self, keep: Callable[[Envelope], None]) -> None:
        self._keep = keep

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self._keep(envelope)
        return "250 2.0.0 OK"


class _MailSession(SMTP):
    """One connection to the mail receiver, which ends with it."""

    def __init__(
        self, mailbox: _Mailbox, open_sessions: set[_MailSession], loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(mailbox, hostname="localhost", enable_SMTPUTF8=True, loop=loop)
        self._open_sessions = open_sessions
        self._ended = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open_sessions.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._open_sessions.discard(self)
        self._ended.set_result(None)

    async def hang_up(self) -> None:
        """Close the connection without a word."""
        if self.transport is not None:
            self.transport.close()
        await self._ended


def _described_email(envelope: Envelope) -> JsonObject:
    # The older message class: its headers are read ten times as fast.
    content = envelope.content
    octets = content.encode() if isinstance(content, str) else content or b""
    mail = email.message_from_bytes(octets)
    headers: JsonObject = {name: _decoded_header(value) for name, value in mail.items()}
    return {
        "time": _now(),
        "from": envelope.mail_from,
        "to": list(envelope.rcpt_tos),
        "subject": headers.get("Subject"),
        "message_id": headers.get("Message-ID"),
        "headers": headers,
        "text": _decoded_part(mail, "text/plain"),
        "html": _decoded_part(mail, "text/html"),
    }


def _decoded_header(value: str) -> str:
    return str(make_header(decode_header(value)))


def _decoded_part(mail: Message, content_type: str) -> str | None:
    for part in mail.walk():
        if part.get_content_type() == content_type:
            payload = part.get_payload(decode=True)
            octets = payload if isinstance(payload, bytes) else b""
            charset = part.get_content_charset("utf-8")
            return octets.decode(charset, errors="replace").replace("\r\n", "\n")
    return None


async def _described_call(request: web.Request) -> JsonObject:
    text = (await request.read()).decode("utf-8", errors="replace")
    body: JsonValue = text or None
    if request.content_type == "application/json":
        with suppress(ValueError):
            body = json.loads(text)
    return {
        "time": _now(),
        "method": request.method,
        "path": request.path,
        "query": dict(request.query),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": body,
    }


def _now() -> int:
    return time.time_ns() // 1_000_000


def _write_line(lines: IO[str], arrived: JsonObject) -> None:
    lines.write(json.dumps(arrived, ensure_ascii=False, separators=(",", ":")) + "\n")
    lines.flush()


async def _serve(receivers: Receivers, ready_file: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with receivers:
        ports = {
            "pid": os.getpid(),
            "smtp_port": receivers.smtp_port,
            "http_port": receivers.http_port,
        }
        # Renamed into place, so that whoever waits for the file never reads half of it.
        unfinished = ready_file.with_suffix(".tmp")
        unfinished.write_text(json.dumps(ports), encoding="utf-8")
        unfinished.replace(ready_file)
        sys.stderr.write(
            f"receiving mails on {LOOPBACK}:{receivers.smtp_port} and calls on "
            f"{receivers.http_url}, written to {ready_file.parent}\n"
        )
        sys.stderr.flush()
        try:
            await stop.wait()
        finally:
            ready_file.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both receivers until SIGTERM or SIGINT; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m connectors.receivers",
        description="Receive mails and HTTP calls locally and write them to files.",
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the files are written")
    parser.add_argument("--smtp-port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--answers", type=Path, help="JSON or YAML file: path to answer")
    options = parser.parse_args(arguments)
    try:
        answering = load_answers(options.answers) if options.answers else always_ok
        receivers = Receivers(options.folder, answering, options.smtp_port, options.http_port)
        asyncio.run(_serve(receivers, options.folder / READY_FILE))
    except (AnswersFileError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return _USAGE_FAULT
    return 0


if __name__ == "__main__":
    sys.exit(main())
