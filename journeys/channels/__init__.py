"""The message types of the channels: what an action asks a channel to send. Knows no transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from journeys.channels.email import Email
from journeys.channels.webhook import WebhookCall

__all__ = ["MESSAGES", "Email", "WebhookCall"]

MESSAGES: Final[Mapping[str, type[Email] | type[WebhookCall]]] = {
    "email": Email,
    "webhook": WebhookCall,
}
"""The message type that each channel sends."""
