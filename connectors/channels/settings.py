"""Settings of all channels, and how channels are opened from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator

from connectors.channels.email import EmailChannel
from connectors.channels.webhook import WebhookChannel, WebhookSettings
from connectors.egress import AllowRule, EgressPolicy
from connectors.secrets import Secrets
from connectors.smtp import EmailSettings
from journeys.ports import ActionChannel


class ChannelSettings(BaseModel):
    """What `journeys.yaml` says under `channels`. Holds references to secrets, never secrets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: EmailSettings | None = None
    """The mail server; without it no email is sent."""
    webhook: WebhookSettings = WebhookSettings()
    egress_allow: tuple[str, ...] = ()
    """Private addresses that calls may go to, such as `127.0.0.1/32:8080` or `10.0.0.0/8`."""
    secrets_folder: Path | None = None
    """Files named like the secrets; the environment's `JOURNEYS_SECRET_NAME` goes first."""

    @field_validator("egress_allow")
    @classmethod
    def _are_rules(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        for rule in rules:
            AllowRule.parse(rule)
        return rules


def open_channels(settings: ChannelSettings) -> Mapping[str, ActionChannel]:
    """Open every channel that has its settings; to be called on the event loop that uses them."""
    egress = EgressPolicy(tuple(AllowRule.parse(rule) for rule in settings.egress_allow))
    secrets = Secrets(settings.secrets_folder)
    channels: dict[str, ActionChannel] = {
        "webhook": WebhookChannel(settings.webhook, egress, secrets)
    }
    if settings.email is not None:
        channels["email"] = EmailChannel(settings.email, egress, secrets)
    return channels
