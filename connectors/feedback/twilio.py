"""Feedback on text messages from a provider that has the API of Twilio."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Annotated, Final
from urllib.parse import parse_qs, urlsplit

from pydantic import Field

from connectors.feedback.provider import (
    Call,
    Feedback,
    ProviderSettings,
    SignatureError,
    UnreadableError,
    feedback_on,
)
from connectors.feedback.tracking import Tracking
from connectors.secrets import Secrets
from connectors.setting_types import SecretText

_PORTS: Final = {"https": 443, "http": 80}
_GONE: Final = frozenset({"30005", "30006"})
"""Error codes of a number that is unknown, or that is no mobile phone's."""
_OPTED_OUT: Final = "21610"
"""Error code: the provider itself keeps the person from getting messages."""
_STOP: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
"""What people write to get no more messages."""


class TwilioSettings(ProviderSettings):
    """Whose calls on text messages are believed."""

    auth_tokens: Annotated[tuple[SecretText, ...], Field(min_length=1)]
    """References to the account's auth token; a call signed by any of them counts."""

    def opened(self, secrets: Secrets) -> Twilio:
        """Look up every key, and give who reads such calls."""
        secrets.resolve("".join(self.auth_tokens))
        return Twilio(self, secrets)


class Twilio:
    """Reads status callbacks and incoming messages; a `FeedbackProvider`."""

    def __init__(self, settings: TwilioSettings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    def read(self, call: Call, tracking: Tracking) -> Iterator[Feedback | None]:
        """Read a form: the status of a message of ours, or what somebody wrote to us."""
        form = _form(call.body)
        signature = call.headers.get("x-twilio-signature", "").encode()
        keys = [self._secrets.resolve(key) for key in self._settings.auth_tokens]
        known = (twilio_signature(key, url, form) for key in keys for url in _urls(call.url))
        if not any(hmac.compare_digest(signature, each.encode()) for each in known):
            msg = "X-Twilio-Signature is missing, or is not of this URL and form"
            raise SignatureError(msg)
        fields = {name: values[0] for name, values in form.items()}
        message_id = fields.get("MessageSid")
        if message_id is None:
            msg = "the form has no MessageSid"
            raise UnreadableError(msg)
        status = fields.get("MessageStatus") or fields.get("SmsStatus")
        if status == "received":
            yield _written(fields, message_id)
            return
        token = parse_qs(urlsplit(call.url).query).get("t", [""])[0]
        message = tracking.reported(token)
        reaction = _reaction(status, fields.get("ErrorCode"))
        if message is None or reaction is None:
            yield None
            return
        permanent = reaction != "bounced" or fields.get("ErrorCode") in _GONE
        event_id = f"twilio/{message_id}/{status}"
        yield feedback_on(message, event_id, reaction, permanent=permanent)


def twilio_signature(key: str, url: str, form: dict[str, list[str]]) -> str:
    """Sign a call as the provider does: its URL, then each field of the form, sorted."""
    fields = (name + value for name in sorted(form) for value in sorted(set(form[name])))
    signed = (url + "".join(fields)).encode()
    return base64.b64encode(hmac.digest(key.encode(), signed, hashlib.sha1)).decode()


def _form(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200)
    except (UnicodeDecodeError, ValueError) as error:
        message = f"the body is no form: {error}"
        raise UnreadableError(message) from error


def _urls(url: str) -> list[str]:
    """Give a URL as it is, and with the port that goes without saying: the provider may sign it."""
    parts = urlsplit(url)
    if parts.port is not None or parts.scheme not in _PORTS:
        return [url]
    with_port = parts._replace(netloc=f"{parts.netloc}:{_PORTS[parts.scheme]}")
    return [url, with_port.geturl()]


def _written(fields: dict[str, str], message_id: str) -> Feedback | None:
    """Read what somebody wrote: who wants no more messages is known by nothing but the number."""
    number, text = fields.get("From", ""), fields.get("Body", "").strip().upper()
    if not number or (fields.get("OptOutType") != "STOP" and text not in _STOP):
        return None
    return Feedback(f"twilio/{message_id}/stop", number, "unsubscribed", channel="sms")


def _reaction(status: str | None, code: str | None) -> str | None:
    match status:
        case "delivered":
            return "delivered"
        case "read":
            return "opened"
        case "undelivered" | "failed":
            return "unsubscribed" if code == _OPTED_OUT else "bounced"
        case _:
            return None
