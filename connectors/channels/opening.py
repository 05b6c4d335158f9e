"""How channels are opened from their settings."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.channels.email import EmailChannel
from connectors.channels.push import PushChannel
from connectors.channels.settings import ChannelSettings
from connectors.channels.sms import SmsChannel
from connectors.channels.webhook import WebhookChannel
from connectors.egress import AllowRule, EgressPolicy
from connectors.feedback.tracking import Tracking
from connectors.secrets import Secrets
from journeys.ports import ActionChannel


def open_channels(settings: ChannelSettings) -> Mapping[str, ActionChannel]:
    """Open every channel that has its settings; to be called on the event loop that uses them."""
    egress = EgressPolicy(tuple(AllowRule.parse(rule) for rule in settings.egress_allow))
    secrets = Secrets(settings.secrets_folder)
    tracking = None if settings.tracking is None else Tracking(settings.tracking, secrets)
    channels: dict[str, ActionChannel] = {
        "webhook": WebhookChannel(settings.webhook, egress, secrets)
    }
    if settings.email is not None:
        channels["email"] = EmailChannel(
            settings.email, egress, secrets, tracking, settings.feedback
        )
    if settings.sms is not None:
        channels["sms"] = SmsChannel(
            settings.sms, egress, secrets, tracking if settings.feedback.twilio else None
        )
    if settings.push is not None:
        channels["push"] = PushChannel(settings.push, egress, secrets)
    return channels
