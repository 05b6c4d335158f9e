"""The push channel: one action, one notification.

To an app by Firebase Cloud Messaging, HTTP v1; to a browser by the service that it subscribed to.
"""

from __future__ import annotations

import json
from typing import Final, TypeVar

from pydantic import BaseModel, Field, ValidationError
from yarl import URL

from connectors.access_tokens import AccessTokens, ServiceAccountTokens, TokenFromSecret
from connectors.channels.settings import PushSettings
from connectors.egress import EgressPolicy
from connectors.http_client import HttpAnswer, HttpCall, HttpClient
from connectors.secrets import Secrets
from connectors.web_push import WebPush
from journeys.channels.push import Push, Subscription
from journeys.errors import CodecError, PortError
from journeys.messages import ActionRequest, Delivery, JsonObject, JsonValue

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
"""What access tokens are asked for."""

S = TypeVar("S")
_UNAUTHORIZED: Final = 401
_UNREGISTERED: Final = "UNREGISTERED"


class _Detail(BaseModel):
    code: str = Field("", alias="errorCode")


class _Fault(BaseModel):
    """What the service says of a refusal."""

    status: str = ""
    message: str = ""
    details: tuple[_Detail, ...] = ()

    @classmethod
    def read(cls, body: JsonValue) -> _Fault:
        """Read an answer; one that has another form says nothing."""
        try:
            return cls.model_validate(body.get("error", {}) if isinstance(body, dict) else {})
        except ValidationError:
            return cls()

    @property
    def codes(self) -> tuple[str, ...]:
        """Give the reasons, from the general to the particular."""
        return tuple(filter(None, (self.status, *(detail.code for detail in self.details))))

    def __str__(self) -> str:
        return " ".join((*self.codes, self.message)).strip()


class PushChannel:
    """Asks services to show notifications; an `ActionChannel`.

    The service for apps knows no repeats. Devices do: the request's id is the notification's tag,
    so a repeat takes the place of the first. It also travels as `Idempotency-Key`.
    """

    def __init__(self, settings: PushSettings, egress: EgressPolicy, secrets: Secrets) -> None:
        self._is_repeatable = settings.on_unknown == "retry"
        self._client = HttpClient(egress, secrets)
        self._tokens = _tokens(settings, secrets, self._client)
        self._url = URL(settings.base_url) / f"v1/projects/{settings.project}/messages:send"
        web = settings.web
        self._web = None if web is None else WebPush(web, secrets, self._client)

    async def send(self, request: ActionRequest) -> Delivery:
        """Make one attempt to hand the notification to the service.

        A token that is refused is replaced once, if there is another.

        Raises:
            PortError: `unregistered` the device no longer takes notifications; `http_<status>`
                refused; `message_error` cannot be written as a notification; `internalError`,
                `egress_denied` and `unknown_secret` need a change of the deployment; and all of
                `HttpClient.call`, also for access tokens.
        """
        try:
            push = Push.from_json(request.message)
            if isinstance(push.to, Subscription):
                return await self._to_browser(push, push.to, request.request_id)
        except CodecError as error:
            raise PortError(str(error), code="message_error", retryable=False) from error
        return await self._to_app(push, push.to, request)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _to_browser(self, push: Push, to: Subscription, request_id: str) -> Delivery:
        web = _set(self._web, "a browser's", "web")
        answer = await web.send(push, to, request_id, is_repeatable=self._is_repeatable)
        return Delivery(answer.code, answer.body)

    async def _to_app(self, push: Push, to: str, request: ActionRequest) -> Delivery:
        message = _written(push, to, request)
        body = json.dumps({"message": message}, separators=(",", ":")).encode()
        answer = await self._push(request.request_id, body)
        if answer.is_success:
            return Delivery(answer.code, answer.body, _message_id(answer.body))
        fault = _Fault.read(answer.body)
        if _UNREGISTERED in fault.codes:
            gone = f"{answer.origin} answered {answer.status}: the device takes no notifications"
            raise PortError(gone, code="unregistered", retryable=False, response=answer.body)
        raise answer.refusal(str(fault))

    async def _push(self, request_id: str, body: bytes) -> HttpAnswer:
        tokens = _set(self._tokens, "an app's", "project")
        token = await tokens.current()
        answer = await self._call(token, request_id, body)
        if answer.status == _UNAUTHORIZED:
            tokens.discard(token)
            another = await tokens.current()
            if another != token:
                answer = await self._call(another, request_id, body)
        return answer

    async def _call(self, token: str, request_id: str, body: bytes) -> HttpAnswer:
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "idempotency-key": request_id,
        }
        return await self._client.call(
            HttpCall(
                "POST",
                self._url,
                headers,
                body,
                masked=(token,),
                is_repeatable=self._is_repeatable,
            )
        )


def _tokens(settings: PushSettings, secrets: Secrets, client: HttpClient) -> AccessTokens | None:
    if settings.service_account is not None:
        return ServiceAccountTokens(settings.service_account, SCOPE, secrets, client)
    return None if settings.token is None else TokenFromSecret(settings.token, secrets)


def _set(found: S | None, whose: str, setting: str) -> S:
    if found is None:
        message = f"the address is {whose}, and channels.push.{setting} is not set"
        raise PortError(message, code="internalError", retryable=False)
    return found


def _written(push: Push, token: str, request: ActionRequest) -> JsonObject:
    tag = request.request_id
    android: JsonObject = {"notification": {"tag": tag}}
    apns: JsonObject = {"apns-collapse-id": tag}
    webpush: JsonObject = {"notification": {"tag": tag}}
    data: JsonObject = dict(push.data)
    if push.link is not None:
        data.setdefault("link", push.link)
        # The service takes no other links for browsers; apps read theirs from the data.
        if push.link.startswith("https://"):
            webpush["fcm_options"] = {"link": push.link}
    if push.ttl is not None:
        android["ttl"] = f"{push.ttl}s"
        apns["apns-expiration"] = str(request.requested_at // 1000 + push.ttl)
    if push.urgency is not None:
        is_high = push.urgency == "high"
        android["priority"] = "high" if is_high else "normal"
        apns["apns-priority"] = "10" if is_high else "5"
    return {
        "token": token,
        "notification": {"title": push.title, "body": push.text},
        "data": data,
        "android": android,
        "apns": {"headers": apns},
        "webpush": webpush,
    }


def _message_id(body: JsonValue) -> str | None:
    match body:
        case {"name": str(message_id)}:
            return message_id
    return None
