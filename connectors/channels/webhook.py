"""The webhook channel: one action, one HTTP call that follows Standard Webhooks."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from yarl import URL

from connectors.authentication import NOBODY, Authenticator, Authenticators, Credentials
from connectors.channels.settings import WebhookSettings
from connectors.egress import EgressPolicy
from connectors.http_client import FORM, HttpAnswer, HttpCall, HttpClient
from connectors.secrets import Secrets
from connectors.standard_webhooks import signatures
from journeys.channels.webhook import WebhookCall
from journeys.errors import CodecError, PortError
from journeys.messages import ActionRequest, Delivery, JsonObject, JsonValue

_UNAUTHORIZED: Final = 401


class WebhookChannel:
    """Calls HTTP services; an `ActionChannel`.

    The same request always travels under the same `webhook-id` and `Idempotency-Key`.
    """

    def __init__(self, settings: WebhookSettings, egress: EgressPolicy, secrets: Secrets) -> None:
        self._settings = settings
        self._client = HttpClient(egress, secrets)
        self._secrets = secrets
        authorities = None if settings.ca_file is None else str(settings.ca_file)
        self._authenticators = Authenticators(secrets, self._client, authorities)
        self._tls = ssl.create_default_context(cafile=authorities) if authorities else None

    async def send(self, request: ActionRequest) -> Delivery:
        """Make one call; how long it may take is up to the caller, who cancels it.

        A token that is refused is replaced once, if there is another.

        Raises:
            PortError: `http_<status>` refused; `message_error` cannot be written as a call;
                `auth_error` no token is to be had for it; `unknown_secret` needs a change of the
                definition or the deployment; and all of `HttpClient.call`.
        """
        call = self._complete(request)
        if not call.auth:
            answer = await self._call(request.request_id, call, NOBODY)
        else:
            answer = await self._call_as(self._authenticators.find(call.auth), request, call)
        if not answer.is_success:
            raise answer.refusal()
        return Delivery(answer.code, answer.body)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _call_as(
        self, caller: Authenticator, request: ActionRequest, call: WebhookCall
    ) -> HttpAnswer:
        credentials = await caller.credentials()
        answer = await self._call(request.request_id, call, credentials)
        if answer.status == _UNAUTHORIZED and caller.discard(credentials):
            another = await caller.credentials()
            if another.token != credentials.token:
                return await self._call(request.request_id, call, another)
        return answer

    async def _call(
        self, request_id: str, call: WebhookCall, credentials: Credentials
    ) -> HttpAnswer:
        headers = {name.lower(): value for name, value in call.headers.items()}
        body = None if call.body is None else _written_body(call.body, headers)
        headers |= {**self._identity(request_id, body or b""), **credentials.headers}
        return await self._client.call(
            HttpCall(
                call.method,
                _url(call),
                headers,
                body,
                {**call.query, **credentials.query},
                masked=credentials.masked,
                is_repeatable=self._settings.on_unknown == "retry",
                tls=credentials.tls or self._tls,
            )
        )

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


def _written_body(body: JsonValue, headers: dict[str, str]) -> bytes:
    kind = headers.setdefault("content-type", "application/json").partition(";")[0].strip().lower()
    try:
        if kind == "application/json" or kind.endswith("+json"):
            return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        if kind == FORM and isinstance(body, dict):
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
