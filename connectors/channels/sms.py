"""The SMS channel: one action, one text message by the API of a provider."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import encode_basic_auth
from yarl import URL

from connectors.channels.settings import SmsSettings
from connectors.egress import EgressPolicy
from connectors.feedback.tracking import Tracking
from connectors.http_client import FORM, HttpCall, HttpClient
from connectors.secrets import Secrets
from journeys.channels.sms import Sms
from journeys.errors import CodecError, PortError
from journeys.messages import ActionRequest, Delivery, JsonValue


class SmsChannel:
    """Asks one provider to send text messages; an `ActionChannel`.

    The same request always travels under the same `Idempotency-Key`.
    """

    def __init__(
        self,
        settings: SmsSettings,
        egress: EgressPolicy,
        secrets: Secrets,
        tracking: Tracking | None = None,
    ) -> None:
        self._settings = settings
        self._tracking = tracking
        self._secrets = secrets
        self._client = HttpClient(egress, secrets)
        path = f"2010-04-01/Accounts/{settings.account}/Messages.json"
        self._url = URL(settings.base_url) / path

    async def send(self, request: ActionRequest) -> Delivery:
        """Make one attempt to hand the message to the provider.

        Raises:
            PortError: `http_<status>` refused; `message_error` cannot be written as a message;
                `unknown_secret` needs a change of the deployment; and all of `HttpClient.call`.
        """
        try:
            form = self._form(Sms.from_json(request.message), request)
        except CodecError as error:
            raise PortError(str(error), code="message_error", retryable=False) from error
        login = self._login()
        headers = {
            "authorization": login,
            "content-type": FORM,
            "idempotency-key": request.request_id,
        }
        answer = await self._client.call(
            HttpCall(
                "POST",
                self._url,
                headers,
                urlencode(form).encode(),
                masked=(login.removeprefix("Basic "),),
                is_repeatable=self._settings.on_unknown == "retry",
            )
        )
        if not answer.is_success:
            raise answer.refusal(_said(answer.body))
        return Delivery(answer.code, answer.body, _message_id(answer.body))

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _form(self, sms: Sms, request: ActionRequest) -> dict[str, str]:
        sender = sms.sender or self._settings.sender
        tracking = self._tracking
        form = {
            "To": sms.to,
            "From": sender,
            "MessagingServiceSid": None if sender else self._settings.messaging_service,
            "Body": sms.text,
            "StatusCallback": tracking.report_url("twilio", request) if tracking else None,
        }
        return {name: value for name, value in form.items() if value is not None}

    def _login(self) -> str:
        username = self._settings.username or self._settings.account
        return encode_basic_auth(username, self._secrets.resolve(self._settings.password), "utf-8")


def _said(body: JsonValue) -> str | None:
    match body:
        case {"code": int(code), "message": str(message)}:
            return f"{code} {message}"
        case {"message": str(message)}:
            return message
    return None


def _message_id(body: JsonValue) -> str | None:
    match body:
        case {"sid": str(message_id)}:
            return message_id
    return None
