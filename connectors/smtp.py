"""SMTP connections kept open, and one mail sent over one of them. Knows no action.

A mail counts as handed over from the moment its last line was written: a connection that dies
between that moment and the server's answer leaves its fate unknown. A connection that turns out
dead before that moment is replaced, as nothing was sent yet.

Errors are raised without their cause: the library's repeat what the server said, and a server may
repeat a password.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import ExitStack, suppress
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from connectors.channels.settings import EmailSettings
from connectors.egress import EgressPolicy
from connectors.mime import Envelope, ascii_domain
from connectors.secrets import Secrets
from journeys.errors import PortError

_SEND_CONTENT: Final = 354
_CLOSING: Final = 421
_ACCEPTED: Final = range(200, 300)
_PERMANENT: Final = range(500, 600)
_REPLIES: Final = range(100, 600)
"""Codes of replies; the library gives another where it cannot read what came."""
_REPLY_LENGTH: Final = 500
_LEADING_DOT: Final = re.compile(rb"^\.", re.MULTILINE)


class _ConnectionLostError(PortError):
    """The connection ended and the mail was not taken: another connection may do at once."""


class SmtpPool:
    """At most `pool_size` connections to one server, opened when needed and used again.

    Call order: any number of concurrent `send` on one event loop, then `close` once.
    """

    def __init__(self, settings: EmailSettings, egress: EgressPolicy, secrets: Secrets) -> None:
        self._settings = settings
        self._egress = egress
        self._secrets = secrets
        self._server = f"the mail server {settings.host} port {settings.port}"
        self._idle: list[SMTP] = []
        self._places = asyncio.Semaphore(settings.pool_size)
        self._tls_context: ssl.SSLContext | None = None

    async def send(self, envelope: Envelope) -> SMTPResponse:
        """Hand one mail to the server and return its answer, without any secret.

        Raises:
            PortError: the server refused the mail, cannot be reached, or left its fate unknown.
        """
        async with self._places:
            answer = await self._send(envelope)
        return SMTPResponse(answer.code, self._said(answer.message))

    async def _send(self, envelope: Envelope) -> SMTPResponse:
        while self._idle:
            client = self._idle.pop()
            try:
                return await self._deliver(client, envelope)
            except _ConnectionLostError:
                # The server had closed it while it was idle; the next one may be alive.
                continue
        return await self._deliver(await self._connect(), envelope)

    async def close(self) -> None:
        """Take leave of the server on every idle connection."""
        while self._idle:
            client = self._idle.pop()
            try:
                await client.quit(timeout=1)
            except (SMTPException, OSError):
                client.close()

    async def _deliver(self, client: SMTP, envelope: Envelope) -> SMTPResponse:
        try:
            await self._announce(client, envelope)
            answer = await self._transfer(client, envelope.content)
        except SMTPResponseException as refusal:
            await self._keep_after(refusal, client)
            raise self._refused(refusal) from None
        except BaseException:
            # Cut short in the middle of a dialogue: what comes next over it belongs to this mail.
            client.close()
            raise
        if client.is_connected:
            self._idle.append(client)
        return answer

    async def _announce(self, client: SMTP, envelope: Envelope) -> None:
        options = []
        if envelope.needs_utf8:
            if not client.supports_extension("smtputf8"):
                msg = (
                    f"{self._server} does not take addresses with letters outside ASCII before "
                    f"the @ (SMTPUTF8)"
                )
                raise PortError(
                    msg,
                    code="smtputf8_unsupported",
                    retryable=False,
                )
            options.append("SMTPUTF8")
        if client.supports_extension("size"):
            options.append(f"SIZE={len(envelope.content)}")
        encoding = "utf-8" if envelope.needs_utf8 else "ascii"
        try:
            await client.mail(envelope.sender, options=options, encoding=encoding)
            await client.rcpt(envelope.recipient, encoding=encoding)
            answer = await client.execute_command(b"DATA")
        except (SMTPTimeoutError, SMTPServerDisconnected, OSError) as error:
            raise self._lost(error) from error
        if answer.code != _SEND_CONTENT:
            raise SMTPDataError(answer.code, answer.message)

    async def _transfer(self, client: SMTP, content: bytes) -> SMTPResponse:
        protocol = client.protocol
        if protocol is None or not protocol.is_connected:
            raise self._lost(None)
        protocol.write(_LEADING_DOT.sub(b"..", content) + b".\r\n")
        try:
            answer = await protocol.read_response(timeout=self._settings.timeout_seconds)
        except (SMTPTimeoutError, SMTPServerDisconnected, OSError):
            what = "did not answer"
            raise self._unknown(what) from None
        except SMTPResponseException:
            what = "gave no SMTP answer"
            raise self._unknown(what) from None
        if answer.code not in _REPLIES:
            what = "gave no SMTP answer"
            raise self._unknown(what)
        if answer.code not in _ACCEPTED:
            raise SMTPDataError(answer.code, answer.message)
        return answer

    async def _keep_after(self, refusal: SMTPResponseException, client: SMTP) -> None:
        """Use the connection again after a refusal, if the server is willing."""
        if refusal.code == _CLOSING or refusal.code not in _REPLIES:
            client.close()
            return
        with ExitStack() as unfinished:
            unfinished.callback(client.close)
            with suppress(SMTPException, OSError):
                await client.rset()
                unfinished.pop_all()
                self._idle.append(client)

    async def _connect(self) -> SMTP:
        settings = self._settings
        password = self._secrets.resolve(settings.password) if settings.password else None
        presented = settings.ehlo_hostname or ascii_domain(settings.mailbox.address).split("@")[1]
        tls_context = await self._tls()
        try:
            async with asyncio.timeout(settings.timeout_seconds):
                connection = await self._egress.connect(settings.host, settings.port)
            client = SMTP(
                hostname=settings.host,
                sock=connection,
                local_hostname=presented,
                timeout=settings.timeout_seconds,
                use_tls=settings.tls == "implicit",
                start_tls=settings.tls == "starttls",
                tls_context=tls_context,
                username=settings.username,
                password=password,
            )
            # Whoever gives up in the middle, the caller's deadline too, leaves no line open.
            with ExitStack() as unfinished:
                unfinished.callback(client.close)
                await client.connect()
                await client.ehlo()
                unfinished.pop_all()
        except SMTPResponseException as refusal:
            raise self._refused(refusal) from None
        except (SMTPException, OSError) as error:
            raise self._unreachable(error) from None
        return client

    async def _tls(self) -> ssl.SSLContext | None:
        if self._settings.tls == "none":
            return None
        if self._tls_context is None:
            # Reading the system's authorities takes milliseconds: not on the event loop.
            self._tls_context = await asyncio.to_thread(
                ssl.create_default_context, cafile=self._settings.ca_file
            )
        return self._tls_context

    def _refused(self, refusal: SMTPResponseException) -> PortError:
        reply = self._said(refusal.message)
        if refusal.code not in _REPLIES:
            message = f"{self._server} did not answer in SMTP: {reply}"
            return PortError(message, code="bad_response", retryable=False)
        kind = _ConnectionLostError if refusal.code == _CLOSING else PortError
        return kind(
            f"{self._server} answered {refusal.code} {reply}",
            code=f"smtp_{refusal.code}",
            retryable=refusal.code not in _PERMANENT,
            response={"code": refusal.code, "reply": reply},
        )

    def _unknown(self, what: str) -> PortError:
        return PortError(
            f"{self._server} {what} after the last line of the mail: it may have taken it",
            code="unknown",
            retryable=self._settings.on_unknown == "retry",
        )

    def _said(self, reply: str) -> str:
        """Give a server's own words: whatever octets they were, as text that can be written."""
        text = reply.encode(errors="surrogateescape").decode(errors="replace")
        return self._secrets.mask(text)[:_REPLY_LENGTH]

    def _lost(self, error: Exception | None) -> PortError:
        if isinstance(error, SMTPTimeoutError):
            return PortError(f"{self._server} is silent", code="timedout", retryable=True)
        return _ConnectionLostError(
            f"{self._server} dropped the connection", code="connect_error", retryable=True
        )

    def _unreachable(self, error: Exception) -> PortError:
        for cause in (error, error.__cause__):
            if isinstance(cause, ssl.SSLCertVerificationError):
                return PortError(
                    f"the certificate of {self._server} is not trusted: {cause.verify_message}",
                    code="tls_error",
                    retryable=False,
                )
        if isinstance(error, TimeoutError):
            return PortError(f"{self._server} is silent", code="timedout", retryable=True)
        if isinstance(error, OSError):
            return PortError(
                f"{self._server} cannot be reached: {error}", code="connect_error", retryable=True
            )
        reply = self._said(str(error))
        return PortError(f"{self._server}: {reply}", code="smtp_unsupported", retryable=False)
