"""Feedback on emails by the webhooks of Mailgun."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

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
from connectors.setting_types import SecretText

_VARIABLE: Final = "journeys"
"""Name of the variable that travels with a message and comes back with each event."""
_REACTIONS: Final[Mapping[str, str]] = {
    "delivered": "delivered",
    "failed": "bounced",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
    "complained": "complained",
}
_SUPPRESSED: Final[Mapping[str, str]] = {
    "suppress-unsubscribe": "unsubscribed",
    "suppress-complaint": "complained",
}
"""Why the provider did not even try, where it is not a bounce."""
_GONE: Final = frozenset({"bounce", "suppress-bounce"})
"""Reasons of a failure that tell of the address, and not of the message or of a server."""


class MailgunSettings(ProviderSettings):
    """Whose calls on emails are believed."""

    signing_keys: Annotated[tuple[SecretText, ...], Field(min_length=1)]
    """References to the HTTP webhook signing key; a call signed by any of them counts."""

    def opened(self, secrets: Secrets) -> Mailgun:
        """Look up every key, and give who reads such calls."""
        secrets.resolve("".join(self.signing_keys))
        return Mailgun(self, secrets)

    def mail_headers(self, token: str) -> dict[str, str]:
        """Let the token travel as a variable of the mail's."""
        return {"X-Mailgun-Variables": orjson.dumps({_VARIABLE: token}).decode()}


class Mailgun:
    """Reads events, one a call; a `FeedbackProvider`."""

    def __init__(self, settings: MailgunSettings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    def read(self, call: Call, tracking: Tracking) -> Iterator[Feedback | None]:
        """Read the event of one call."""
        match call.json():
            case {"signature": dict() as signature, "event-data": dict() as event}:
                self._check_signature(signature)
                yield _read(event, tracking)
            case _:
                msg = "the body has no `signature`, or no `event-data`"
                raise UnreadableError(msg)

    def _check_signature(self, signature: dict[str, Any]) -> None:
        timestamp, token, given = (
            str(signature.get(name, "")).encode() for name in ("timestamp", "token", "signature")
        )
        for reference in self._settings.signing_keys:
            key = self._secrets.resolve(reference).encode()
            expected = hmac.new(key, timestamp + token, hashlib.sha256).hexdigest()
            if hmac.compare_digest(given, expected.encode()):
                return
        msg = "the signature is not that of its timestamp and token"
        raise SignatureError(msg)


def _read(event: dict[str, Any], tracking: Tracking) -> Feedback | None:
    kind, reason = event.get("event"), str(event.get("reason", ""))
    variables = event.get("user-variables")
    message = tracking.reported(variables.get(_VARIABLE) if isinstance(variables, dict) else None)
    reaction = _REACTIONS.get(str(kind))
    if kind == "failed" and event.get("severity") != "permanent":
        return None  # the provider tries again
    if message is None or reaction is None:
        return None
    name, happened = event.get("id"), event.get("timestamp")
    if not isinstance(name, str) or not isinstance(happened, int | float):
        msg = "the event has no id, or no timestamp in seconds"
        raise UnreadableError(msg)
    if kind == "failed":
        reaction = _SUPPRESSED.get(reason, reaction)
    return feedback_on(
        message,
        f"mailgun/{name}/{happened}",  # an id is its own for a day only
        reaction,
        round(happened * 1000),
        permanent=reaction != "bounced" or reason in _GONE,
    )
