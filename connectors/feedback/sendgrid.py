"""Feedback on emails by the Event Webhook of SendGrid."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
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
from journeys.errors import JourneyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

_ARGUMENT: Final = "journeys"
"""Name of the argument that travels with a message and comes back with each event."""
_REACTIONS: Final[Mapping[str, str]] = {
    "delivered": "delivered",
    "bounce": "bounced",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
_DROPPED: Final[Mapping[str, str]] = {
    "Bounced Address": "bounced",
    "Spam Reporting Address": "complained",
    "Unsubscribed Address": "unsubscribed",
}
"""Why the provider did not even try, where it says what is known of the address."""


class SendGridSettings(ProviderSettings):
    """Whose calls on emails are believed."""

    public_keys: Annotated[tuple[str, ...], Field(min_length=1)]
    """Verification keys of the Signed Event Webhook, as SendGrid shows them; no secrets."""

    def opened(self, secrets: Secrets) -> SendGrid:
        """Read every key, and give who reads such calls."""
        del secrets
        return SendGrid([_public_key(key) for key in self.public_keys])

    def mail_headers(self, token: str) -> dict[str, str]:
        """Let the token travel as an argument of the mail's."""
        return {"X-SMTPAPI": orjson.dumps({"unique_args": {_ARGUMENT: token}}).decode()}


class SendGrid:
    """Reads batches of events; a `FeedbackProvider`."""

    def __init__(self, keys: list[EllipticCurvePublicKey]) -> None:
        self._keys = keys

    def read(self, call: Call, tracking: Tracking) -> Iterator[Feedback | None]:
        """Read the events of one call."""
        self._check_signature(call)
        events = call.json()
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            msg = "the body is no list of events"
            raise UnreadableError(msg)
        for event in events:
            yield _read(event, tracking)

    def _check_signature(self, call: Call) -> None:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - slow to import
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

        name = "x-twilio-email-event-webhook"
        signed = call.headers.get(f"{name}-timestamp", "").encode() + call.body
        try:
            signature = base64.b64decode(call.headers.get(f"{name}-signature", ""), validate=True)
        except ValueError:
            signature = b""
        for key in self._keys:
            try:
                key.verify(signature, signed, ECDSA(SHA256()))
            except InvalidSignature:
                continue
            return
        msg = f"{name}-signature is missing, or is not of this body"
        raise SignatureError(msg)


def _read(event: dict[str, Any], tracking: Tracking) -> Feedback | None:
    kind, reason, event_id = event.get("event"), event.get("reason"), event.get("sg_event_id")
    message = tracking.reported(event.get(_ARGUMENT))
    reaction = _DROPPED.get(str(reason)) if kind == "dropped" else _REACTIONS.get(str(kind))
    if message is None or reaction is None or event.get("sg_machine_open") is True:
        return None
    happened = event.get("timestamp")
    if not isinstance(event_id, str) or not isinstance(happened, int):
        msg = "an event has no sg_event_id, or no timestamp in seconds"
        raise UnreadableError(msg)
    permanent = event.get("type") != "blocked"
    name = f"sendgrid/{event_id}"
    return feedback_on(message, name, reaction, happened * 1000, permanent=permanent)


def _public_key(text: str) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415 - slow to import
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, TypeError) as error:
        message = f"channels.feedback.sendgrid.public_keys: {text[:20]}… is no public key"
        raise JourneyError(message) from error
    if not isinstance(key, EllipticCurvePublicKey):
        message = f"channels.feedback.sendgrid.public_keys: {text[:20]}… is no key for ECDSA"
        raise JourneyError(message)
    return key
