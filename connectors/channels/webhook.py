"""The webhook channel: one action, one HTTP call that follows Standard Webhooks."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final
from urllib.parse import urlencode

import aiohttp
import orjson
from yarl import URL

from connectors.channels.settings import WebhookSettings
from connectors.egress import EgressPolicy
from connectors.secrets import Secrets
from connectors.standard_webhooks import signatures
from journeys.channels.webhook import WebhookCall
from journeys.errors import CodecError, PortError
from journeys.messages import ActionRequest, Delivery, JsonObject, JsonValue

RESPONSE_LIMIT: Final = 1024 * 1024
"""Octets of an answer that are read, counted after decompression."""
TEXT_LIMIT: Final = 64 * 1024
"""Characters of an answer that is no JSON which are kept."""
RETRY_AFTER_LIMIT_MS: Final = 3_600_000

_FORM: Final = "application/x-www-form-urlencoded"
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


class WebhookChannel:
    """Calls HTTP services; an `ActionChannel`.

    The same request always travels under the same `webhook-id` and `Idempotency-Key`.
    """

    def __init__(self, settings: WebhookSettings, egress: EgressPolicy, secrets: Secrets) -> None:
        self._settings = settings
        self._egress = egress
        self._secrets = secrets
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: ActionRequest) -> Delivery:
        """Make one call; how long it may take is up to the caller, who cancels it.

        Raises:
            PortError: `http_<status>` refused; `connect_error` not reached; `unknown` no complete
                answer came; `response_too_large` and `bad_response` an answer that cannot be used;
                `message_error` cannot be written as a call; `unknown_secret`, `tls_error` and
                `egress_denied` need a change of the definition or the deployment.
        """
        call = self._complete(request)
        origin = str(_url(call).origin())
        try:
            return await self._call(call, request.request_id, origin)
        except aiohttp.ClientConnectorCertificateError as error:
            msg = f"the certificate of {origin} is not trusted"
            raise PortError(msg, code="tls_error", retryable=False) from error
        except aiohttp.ClientConnectorError as error:
            msg = f"{origin} cannot be reached: {error.os_error}"
            raise PortError(
                msg,
                code="connect_error",
                retryable=True,
            ) from error
        except aiohttp.ClientResponseError as error:
            msg = f"{origin} did not answer in HTTP: {error.message}"
            raise PortError(
                msg,
                code="bad_response",
                retryable=False,
            ) from error
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            msg = f"{origin} broke off before its answer was complete: it may have done its work"
            raise PortError(
                msg,
                code="unknown",
                retryable=self._settings.on_unknown == "retry",
            ) from error

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _complete(self, request: ActionRequest) -> WebhookCall:
        """Read the call and put the secrets in, at the last moment."""
        try:
            call = WebhookCall.from_json(request.message)
            names = call.secrets
            return replace(
                call,
                url=self._secrets.resolve(call.url, names),
                headers=self._resolve_values(call.headers, names),
                query=self._resolve_values(call.query, names),
                body=self._secrets.resolve_json(call.body, names),
            )
        except CodecError as error:
            raise _unwritable(str(error)) from error

    def _resolve_values(self, texts: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
        return {name: self._secrets.resolve(text, names) for name, text in texts.items()}

    async def _call(self, call: WebhookCall, request_id: str, origin: str) -> Delivery:
        headers = {name.lower(): value for name, value in call.headers.items()}
        headers.setdefault("user-agent", _USER_AGENT)
        body = None if call.body is None else _written_body(call.body, headers)
        headers |= self._identity(request_id, body or b"")
        async with self._open_session().request(
            call.method,
            _url(call),
            params=dict(call.query),
            data=body,
            headers=headers,
            allow_redirects=False,
        ) as response:
            return await self._judge(response, origin)

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

    def _identity(self, request_id: str, body: bytes) -> dict[str, str]:
        timestamp = int(time.time())
        headers = {
            "idempotency-key": request_id,
            "webhook-id": request_id,
            "webhook-timestamp": str(timestamp),
        }
        secrets = [self._secrets.resolve(text) for text in self._settings.signing_secrets]
        if secrets:
            headers["webhook-signature"] = signatures(secrets, request_id, timestamp, body)
        return headers

    async def _judge(self, response: aiohttp.ClientResponse, origin: str) -> Delivery:
        status = response.status
        content = await _read(response)
        if status in _SUCCESS:
            if content is None:
                msg = f"{origin} answered {status} with more than {RESPONSE_LIMIT} octets"
                raise PortError(
                    msg,
                    code="response_too_large",
                    retryable=False,
                )
            return Delivery(f"http_{status}", self._parsed(content, response.content_type))
        answer = self._parsed(content or b"", response.content_type)
        raise _refusal(response, origin, answer)

    def _parsed(self, content: bytes, content_type: str) -> JsonValue:
        """Read an answer: JSON where it says so and is, else text; None where it is empty."""
        if not content:
            return None
        text = self._secrets.mask(content.decode("utf-8", errors="replace"))
        if content_type == "application/json" or content_type.endswith("+json"):
            try:
                value: JsonValue = orjson.loads(text)
                # What is nested too deeply to be written inside a result cannot travel on.
                orjson.dumps([[[[[[[[value]]]]]]]])
            except (orjson.JSONDecodeError, orjson.JSONEncodeError):
                return text[:TEXT_LIMIT]
            return value
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


def _refusal(response: aiohttp.ClientResponse, origin: str, answer: JsonValue) -> PortError:
    status = response.status
    message = f"{origin} answered {status}"
    if status in _REDIRECT:
        target = _redirect_origin(response)
        message += f", a redirect to {target}: redirects are not followed, name the target"
    return PortError(
        message,
        code=f"http_{status}",
        retryable=status in _RETRYABLE or status in _SERVER_FAULT,
        retry_after_ms=retry_after_ms(response.headers.get("Retry-After"), time.time()),
        response=answer,
    )


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """Read an answer's octets, decompressed; None where there are too many."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(RESPONSE_LIMIT // 16):
        content += chunk
        if len(content) > RESPONSE_LIMIT:
            response.close()
            return None
    return bytes(content)


def _written_body(body: JsonValue, headers: dict[str, str]) -> bytes:
    kind = headers.setdefault("content-type", "application/json").partition(";")[0].strip().lower()
    try:
        if kind == "application/json" or kind.endswith("+json"):
            return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        if kind == _FORM and isinstance(body, dict):
            return urlencode(_form_fields(body)).encode()
        if isinstance(body, str):
            return body.encode()
    except ValueError as error:
        msg = f"webhook.body cannot be written as {kind}: {error}"
        raise _unwritable(msg) from error
    msg = f"webhook.body must be a text to be sent as {kind}"
    raise _unwritable(msg)


def _form_fields(body: JsonObject) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in body.items()
        if value is not None
    }


def _url(call: WebhookCall) -> URL:
    try:
        return URL(call.url)
    except ValueError as error:
        msg = "webhook.url is not a URL that can be called"
        raise _unwritable(msg) from error


def _unwritable(message: str) -> PortError:
    return PortError(message, code="message_error", retryable=False)


def _redirect_origin(response: aiohttp.ClientResponse) -> str:
    """Name a redirect's target without its path and query, where secrets may stand."""
    try:
        return str(response.url.join(URL(response.headers["Location"])).origin())
    except (KeyError, ValueError):
        return "nowhere"
