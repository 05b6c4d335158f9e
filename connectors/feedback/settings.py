"""Who tells what became of messages: a new provider is a file here and a field below.

Loads no client library, so that whoever only checks a project need not wait for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict

from connectors.feedback.mailgun import MailgunSettings
from connectors.feedback.provider import FeedbackProvider, ProviderSettings
from connectors.feedback.sendgrid import SendGridSettings
from connectors.feedback.twilio import TwilioSettings
from connectors.feedback.webhooks import WebhooksSettings
from connectors.secrets import Secrets

_LONGEST_HEADER: Final = 900
"""Characters of a header; a line of a mail may hold 998 octets with its name."""


class FeedbackSettings(BaseModel):
    """Providers that tell what became of messages, each at `/feedback/` and its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhooks: WebhooksSettings | None = None
    """Whoever tells it in our own form, signed as Standard Webhooks."""
    twilio: TwilioSettings | None = None
    """A provider of text messages that has the API of Twilio."""
    sendgrid: SendGridSettings | None = None
    """SendGrid: mails carry their token in the header `X-SMTPAPI`."""
    mailgun: MailgunSettings | None = None
    """Mailgun: mails carry their token in the header `X-Mailgun-Variables`."""

    @property
    def told_by(self) -> list[str]:
        """Name the providers that are set."""
        return [name for name, _ in self._given()]

    def opened(self, secrets: Secrets) -> dict[str, FeedbackProvider]:
        """Give who reads the calls of each provider.

        Raises:
            JourneyError: a key is none.
        """
        return {name: settings.opened(secrets) for name, settings in self._given()}

    def mail_headers(self, token: str) -> Mapping[str, str]:
        """Give the headers by which a mail carries its token to the provider and back."""
        return {
            name: text
            for _, settings in self._given()
            for name, text in settings.mail_headers(token).items()
            if len(text) <= _LONGEST_HEADER
        }

    def _given(self) -> Iterator[tuple[str, ProviderSettings]]:
        return ((name, settings) for name, settings in self if settings is not None)
