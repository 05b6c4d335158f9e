"""Feedback in our own form, signed as Standard Webhooks: for whoever has no other form here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import orjson
from pydantic import Field

from connectors.feedback.provider import (
    Call,
    Feedback,
    ProviderSettings,
    SignatureError,
    UnreadableError,
)
from connectors.feedback.tracking import Tracking
from connectors.secrets import Secrets
from connectors.setting_types import SecretText
from connectors.standard_webhooks import is_signed, signatures

MOST: Final = 1_000
"""Pieces of feedback that one call may hold."""


class WebhooksSettings(ProviderSettings):
    """Who may tell feedback in our own form."""

    secrets: Annotated[tuple[SecretText, ...], Field(min_length=1)]
    """References such as `${secret:FEEDBACK_KEY}`; a call signed by any of them counts, so that a
    sender may change over from one to the next."""

    def opened(self, secrets: Secrets) -> Webhooks:
        """Look up every key, and give who reads such calls."""
        signatures([secrets.resolve(secret) for secret in self.secrets], "", 0, b"")
        return Webhooks(self, secrets)


class Webhooks:
    """Reads feedback in our own form; a `FeedbackProvider`."""

    def __init__(self, settings: WebhooksSettings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    def read(self, call: Call, tracking: Tracking) -> Iterator[Feedback | None]:
        """Read one piece of feedback, or a list of them."""
        keys = [self._secrets.resolve(key) for key in self._settings.secrets]
        if not is_signed(keys, call.headers, call.body, call.received_at // 1000):
            message = (
                "the call is not signed as Standard Webhooks, by a key that is known, just now"
            )
            raise SignatureError(message)
        told = call.json()
        pieces = told if isinstance(told, list) else [told]
        if len(pieces) > MOST:
            message = f"the call holds {len(pieces)} pieces of feedback; at most {MOST} are taken"
            raise UnreadableError(message)
        name = call.headers["webhook-id"]
        read = [_read(piece, f"{name}/{n}", tracking) for n, piece in enumerate(pieces)]
        yield from read  # all or nothing


def _read(piece: object, event_id: str, tracking: Tracking) -> Feedback | None:
    """Read a piece by the rules of the topic, so that none becomes a dead letter there."""
    from journeys.records import DeadLetter, Record, read_feedback  # noqa: PLC0415 - slow to import

    if not isinstance(piece, dict):
        msg = "feedback is a JSON object, or a list of them"
        raise UnreadableError(msg)
    fields = {"_id": event_id, **piece}
    profile_id = fields.pop("profile_id", None)
    if (token := fields.pop("token", None)) is not None:
        message = tracking.reported(token)
        if message is None:
            return None
        profile_id = message.profile_id
        fields |= {"request_id": message.request_id, "channel": message.channel}
    if not isinstance(profile_id, str):
        msg = "the feedback names nobody: give `profile_id`, or the `token`"
        raise UnreadableError(msg)
    value = orjson.dumps(fields)
    read = read_feedback(Record("feedback", 0, 0, 0, profile_id, value, len(value)))
    if isinstance(read, DeadLetter):
        raise UnreadableError(read.detail)
    happened_at = read.occurred_at if "timestamp" in fields else None
    return Feedback(
        read.event_id,
        profile_id,
        read.reaction,
        read.request_id,
        read.channel,
        happened_at,
        read.permanent,
    )
