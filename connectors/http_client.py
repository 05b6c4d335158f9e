"""Calls over HTTP, through the one gate for outgoing connections. Knows no channel."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final, cast

import aiohttp
import orjson
from yarl import URL

from connectors.egress import EgressPolicy
from connectors.exchanges import begun
from connectors.secrets import Secrets
from journeys.errors import PortError
from journeys.messages import JsonValue

FORM: Final = "application/x-www-form-urlencoded"
"""The content type of a body that is a form."""
RESPONSE_LIMIT: Final = 1024 * 1024
"""Octets of an answer that are read, counted after decompression."""
TEXT_LIMIT: Final = 64 * 1024
"""Characters of an answer that is no JSON which are kept."""
SAID_LIMIT: Final = 500
"""Characters of a service's own words that become part of an error."""
RETRY_AFTER_LIMIT_MS: Final = 3_600_000

_REDIRECT: Final = range(300, 400)
_SUCCESS: Final = range(200, 300)
_RETRYABLE: Final = frozenset({408, 425, 429})
_SERVER_FAULT: Final = range(500, 600)


def _user_agent() -> str:
    try:
        return f"journeys/{version('journeys')}"
    except PackageNotFoundError:
        # Shipped to a cluster as plain files, without the metadata of an installation.
        return "journeys"


_USER_AGENT: Final = _user_agent()


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One call, complete with its secrets."""

    method: str
    url: URL
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header name, in lower case, to value."""
    body: bytes | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    """Added to the URL, encoded."""
    masked: tuple[str, ...] = ()
    """Texts made from secrets, which the answer must not repeat either."""
    is_repeatable: bool = True
    """Whether it may be tried again when nobody knows if the service did its work."""
    tls: ssl.SSLContext | None = None
    """Whom to trust, and what certificate to show; None: as to anybody."""
    hides_answer: bool = False
    """Whether the answer holds what nobody may see who watches."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a service answered, without any secret."""

    origin: str
    """Who answered: scheme, host and port."""
    status: int
    body: JsonValue = None
    """JSON where it says so and is, else text; None where it is empty or too large."""
    retry_after_ms: int | None = None
    redirect: str | None = None
    """The origin that a redirect leads to."""

    @property
    def is_success(self) -> bool:
        """Say whether the service did what it was asked for."""
        return self.status in _SUCCESS

    @property
    def code(self) -> str:
        """Give the status as expressions read it, such as `http_200`."""
        return f"http_{self.status}"

    def refusal(self, said: str | None = None) -> PortError:
        """Make the error for an answer that is no success.

        Args:
            said: the reason that the answer gives, in the service's own words.
        """
        message = f"{self.origin} answered {self.status}"
        if said:
            message += f": {said[:SAID_LIMIT]}"
        if self.redirect:
            target = f"a redirect to {self.redirect}"
            message += f", {target}: redirects are not followed, name the target"
        return PortError(
            message,
            code=self.code,
            retryable=self.status in _RETRYABLE or self.status in _SERVER_FAULT,
            retry_after_ms=self.retry_after_ms,
            response=self.body,
        )


class HttpClient:
    """Makes calls that share connections and nothing else; to be used on one event loop.

    Args:
        egress: decides on every address before it is connected.
        secrets: their values are masked in every answer.
    """

    def __init__(self, egress: EgressPolicy, secrets: Secrets) -> None:
        self._egress = egress
        self._secrets = secrets
        self._session: aiohttp.ClientSession | None = None

    async def call(self, call: HttpCall) -> HttpAnswer:
        """Make one call; how long it may take is up to the caller, who cancels it.

        Raises:
            PortError: `connect_error` not reached; `unknown` no complete answer came;
                `response_too_large` and `bad_response` an answer that cannot be used; `tls_error`,
                `egress_denied` and `message_error` need a change of the definition or the
                deployment.
        """
        origin = str(call.url.origin())
        try:
            return await self._exchange(call, origin)
        except aiohttp.ClientConnectorCertificateError as error:
            msg = f"the certificate of {origin} is not trusted"
            raise PortError(msg, code="tls_error", retryable=False) from error
        except aiohttp.ClientConnectorError as error:
            msg = f"{origin} cannot be reached: {error.os_error}"
            raise PortError(msg, code="connect_error", retryable=True) from error
        except aiohttp.InvalidURL:
            # Its text is the URL, in which secrets may stand.
            msg = f"the host of {origin} is written as no client would: write it out"
            raise PortError(msg, code="message_error", retryable=False) from None
        except aiohttp.ClientResponseError as error:
            said = self._secrets.mask(error.message, call.masked)[:SAID_LIMIT]
            msg = f"{origin} did not answer in HTTP: {said}"
            raise PortError(msg, code="bad_response", retryable=False) from None
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            msg = f"{origin} broke off before its answer was complete: it may have done its work"
            raise PortError(msg, code="unknown", retryable=call.is_repeatable) from error

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _exchange(self, call: HttpCall, origin: str) -> HttpAnswer:
        watched = begun(call, self._secrets)
        async with self._open_session().request(
            call.method,
            call.url,
            params=dict(call.query),
            data=call.body,
            headers={"user-agent": _USER_AGENT, **call.headers},
            allow_redirects=False,
            ssl=call.tls or True,
        ) as response:
            content = await _read(response)
            if content is None and response.status in _SUCCESS:
                msg = f"{origin} answered {response.status} with more than {RESPONSE_LIMIT} octets"
                raise PortError(msg, code="response_too_large", retryable=False)
            answer = HttpAnswer(
                origin,
                response.status,
                self._parsed(content or b"", response.content_type, call.masked),
                retry_after_ms(response.headers.get("Retry-After"), time.time()),
                _redirect_origin(response) if response.status in _REDIRECT else None,
            )
            if watched is not None:
                watched.ended(answer, response.headers)
            return answer

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    # Addresses in order, not in a race: a refused one then ends the attempt.
                    happy_eyeballs_delay=None,
                    limit=0,
                    socket_factory=self._egress.open_socket,
                ),
                # What one person's call sets must never travel with the next person's.
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                trust_env=False,
            )
        return self._session

    def _parsed(self, content: bytes, content_type: str, masked: Sequence[str]) -> JsonValue:
        if not content:
            return None
        text = self._secrets.mask(content.decode("utf-8", errors="replace"), masked)
        if content_type == "application/json" or content_type.endswith("+json"):
            try:
                value = orjson.loads(text)
                # What is nested too deeply to be written inside a result cannot travel on.
                orjson.dumps([[[[[[[[value]]]]]]]])
                # Written anew, no escape hides a secret.
                plain = self._secrets.mask(orjson.dumps(value).decode(), masked)
                return cast("JsonValue", orjson.loads(plain))
            except (orjson.JSONDecodeError, orjson.JSONEncodeError):
                return text[:TEXT_LIMIT]
        return text[:TEXT_LIMIT]


def retry_after_ms(value: str | None, now: float) -> int | None:
    """Read a `Retry-After` header, of seconds or of a date; at most an hour counts.

    Args:
        value: the header, None where there is none.
        now: seconds since 1970.
    """
    if value is None:
        return None
    try:
        if value.strip().isdecimal():
            seconds = float(value)
        else:
            moment = parsedate_to_datetime(value)
            seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return int(min(max(seconds * 1000, 0), RETRY_AFTER_LIMIT_MS))


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """Read an answer's octets, decompressed; None where there are too many."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(RESPONSE_LIMIT // 16):
        content += chunk
        if len(content) > RESPONSE_LIMIT:
            response.close()
            return None
    return bytes(content)


def _redirect_origin(response: aiohttp.ClientResponse) -> str:
    """Name a redirect's target without its path and query, where secrets may stand."""
    try:
        return str(response.url.join(URL(response.headers["Location"])).origin())
    except (KeyError, ValueError):
        return "nowhere"
