"""The HTTP server that providers and readers tell what became of messages.

    POST /feedback/NAME      a provider tells
    GET  /o/TOKEN            the pixel: opened
    GET  /c/TOKEN            a link: clicked, and on to where it leads
    GET  /u/TOKEN            asks whether to unsubscribe; POST does it (RFC 8058)
    GET  /health             counts

All of it lies below the path of the setting `tracking.url`. A provider is answered with success
only once its feedback is recorded, so that it sends again what was not; so is who unsubscribes. A
reader is never kept from a link: an opening or a click that cannot be recorded soon is lost.
"""

from __future__ import annotations

import asyncio
import string
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import quote, urlsplit

from aiohttp import web

from connectors.feedback import pages
from connectors.feedback.provider import (
    Call,
    Feedback,
    FeedbackProvider,
    SignatureError,
    UnreadableError,
    feedback_on,
)
from connectors.feedback.tracking import Tracking
from journeys.errors import PortError
from journeys.message_token import MessageToken, TokenError, Use

MAX_CALL_BYTES: Final = 1024 * 1024
"""Of a provider's call, unpacked."""
MAX_CALLS: Final = 64
"""Calls of providers that are read at once; who comes then is asked to come again."""
CALL_PATIENCE_S: Final = 10.0
"""How long the body of a provider's call may take."""
READER_PATIENCE_S: Final = 2.0
"""How long a reader waits for the record of a click or an opening."""
_HOUR_MS: Final = 3_600_000
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
}
_FETCHED_AHEAD: Final = ("Purpose", "Sec-Purpose", "X-Moz", "X-Purpose")
"""Headers by which a program says that nobody looks yet."""

Recording: TypeAlias = Callable[[Sequence[Feedback]], Awaitable[None]]
"""Keeps feedback for good, or raises `PortError`."""


class FeedbackReceiver:
    """Serves providers and readers.

    Args:
        tracking: reads and writes tokens.
        providers: name to who reads the provider's calls.
        record: keeps what was told.
    """

    def __init__(
        self, tracking: Tracking, providers: Mapping[str, FeedbackProvider], record: Recording
    ) -> None:
        self.counts: Counter[str] = Counter()
        """How often what was told: reactions, and `passed_over`, `refused`, `unreadable`,
        `not_recorded`."""
        self._tracking = tracking
        self._providers = providers
        self._record = record
        self._reading = asyncio.Semaphore(MAX_CALLS)
        public = urlsplit(tracking.settings.url.rstrip("/"))
        self._origin = f"{public.scheme}://{public.netloc}"
        self._below = public.path

    def application(self) -> web.Application:
        """Give what an aiohttp server serves."""
        application = web.Application(client_max_size=MAX_CALL_BYTES)
        application.on_response_prepare.append(_add_headers)
        below, router = self._below, application.router
        router.add_post(f"{below}/feedback/{{name}}", self._take_call)
        router.add_get(f"{below}/o/{{token}}", self._take_opening)
        router.add_get(f"{below}/c/{{token}}", self._take_click)
        router.add_get(f"{below}/u/{{token}}", self._ask)
        router.add_post(f"{below}/u/{{token}}", self._take_unsubscription)
        router.add_get(f"{below}/health", self._tell_health)
        return application

    async def _take_call(self, request: web.Request) -> web.Response:
        provider = self._providers.get(request.match_info["name"])
        if provider is None:
            return web.Response(status=404, text="channels.feedback names no such provider\n")
        if self._reading.locked():
            return self._refused(503, "not_recorded", "too many calls at once: come again")
        async with self._reading:
            try:
                async with asyncio.timeout(CALL_PATIENCE_S):
                    body = await request.read()
                call = Call(self._origin + request.raw_path, _headers(request), body, _now())
                read = list(provider.read(call, self._tracking))
                told = [feedback for feedback in read if feedback is not None]
                await self._keep(told)
            except SignatureError as error:
                return self._refused(401, "refused", str(error))
            except UnreadableError as error:
                return self._refused(400, "unreadable", str(error))
            except TimeoutError:
                return self._refused(408, "unreadable", "the body took too long")
            except PortError as error:
                return self._refused(503, "not_recorded", str(error))
        self.counts["passed_over"] += len(read) - len(told)
        # With a body of no octets: some providers read a body as what to answer the person.
        return web.Response(text="")

    async def _take_opening(self, request: web.Request) -> web.Response:
        message = self._read(request, Use.OPEN)
        if message is not None:
            await self._note(request, message, "opened")
        return web.Response(
            status=403 if message is None else 200, body=pages.PIXEL, content_type="image/gif"
        )

    async def _take_click(self, request: web.Request) -> web.Response:
        message = self._read(request, Use.CLICK)
        if message is None or message.target is None:
            return _page(403, pages.UNKNOWN)
        await self._note(request, message, "clicked")
        return web.Response(status=302, headers={"Location": _location(message.target)})

    async def _ask(self, request: web.Request) -> web.Response:
        is_known = self._read(request, Use.UNSUBSCRIBE) is not None
        return _page(200, pages.ASK) if is_known else _page(403, pages.UNKNOWN)

    async def _take_unsubscription(self, request: web.Request) -> web.Response:
        message = self._read(request, Use.UNSUBSCRIBE)
        if message is None:
            return _page(403, pages.UNKNOWN)
        try:
            await self._keep([_said(message, "unsubscribed")])
        except PortError:
            self.counts["not_recorded"] += 1
            return _page(503, pages.LATER)
        return _page(200, pages.DONE)

    async def _tell_health(self, _request: web.Request) -> web.Response:
        return web.json_response({"counts": dict(sorted(self.counts.items()))})

    def _read(self, request: web.Request, use: Use) -> MessageToken | None:
        try:
            return self._tracking.read(request.match_info["token"], use)
        except (TokenError, PortError):
            self.counts["refused"] += 1
            return None

    async def _note(self, request: web.Request, message: MessageToken, reaction: str) -> None:
        """Record what a reader did, if it is one; a record that takes too long is given up."""
        if request.method != "GET" or any(name in request.headers for name in _FETCHED_AHEAD):
            return
        try:
            async with asyncio.timeout(READER_PATIENCE_S):
                await self._keep([_said(message, reaction)])
        except (PortError, TimeoutError):
            self.counts["not_recorded"] += 1

    async def _keep(self, told: Sequence[Feedback]) -> None:
        if told:
            await self._record(told)
        self.counts.update(feedback.reaction for feedback in told)

    def _refused(self, status: int, counted: str, reason: str) -> web.Response:
        self.counts[counted] += 1
        return web.Response(status=status, text=f"{reason}\n")


def _said(message: MessageToken, reaction: str) -> Feedback:
    """Tell what a reader did: once an hour, however often a program asks for the same."""
    now = _now()
    name = f"{message.request_id}/{reaction}/{now // _HOUR_MS}"
    return feedback_on(message, name, reaction, now)


def _location(target: str) -> str:
    """Write a link as a header may hold it: what is no ASCII, or no text, is percent-encoded."""
    return quote(target, safe=string.punctuation)


def _page(status: int, html: str) -> web.Response:
    return web.Response(status=status, text=html, content_type="text/html")


def _headers(request: web.Request) -> dict[str, str]:
    """Give the headers of a call; octets that are no text cannot be part of any signature."""
    headers = request.headers.items()
    return {name.lower(): value.encode(errors="replace").decode() for name, value in headers}


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _now() -> int:
    return time.time_ns() // 1_000_000
