"""The email channel: one action, one mail over SMTP."""

from __future__ import annotations

import re
from typing import Final

from connectors.channels.settings import EmailSettings
from connectors.egress import EgressPolicy
from connectors.feedback.mail import MailTracking
from connectors.feedback.settings import FeedbackSettings
from connectors.feedback.tracking import Tracking
from connectors.mime import build_envelope
from connectors.secrets import Secrets
from connectors.smtp import SmtpPool
from journeys.channels.email import Email
from journeys.errors import CodecError, PortError
from journeys.messages import ActionRequest, Delivery

__all__ = ["EmailChannel", "EmailSettings"]

_QUEUE_ID: Final = re.compile(r"queued as ([\w.-]+)", re.IGNORECASE)
_NOBODY: Final = FeedbackSettings()


class EmailChannel:
    """Sends mails through one server; an `ActionChannel`.

    The same request always travels under the same `Message-ID`, so a repeat is recognisable.
    """

    def __init__(
        self,
        settings: EmailSettings,
        egress: EgressPolicy,
        secrets: Secrets,
        tracking: Tracking | None = None,
        feedback: FeedbackSettings = _NOBODY,
    ) -> None:
        self._sender = settings.mailbox
        self._tracking = MailTracking(tracking, feedback)
        self._pool = SmtpPool(settings, egress, secrets)

    async def send(self, request: ActionRequest) -> Delivery:
        """Make one attempt to hand the mail to the server.

        Raises:
            PortError: `smtp_<code>` refused; `connect_error` or `timedout` not reached;
                `unknown` perhaps taken; `message_error` cannot be written as a mail;
                `tls_error`, `smtp_unsupported`, `smtputf8_unsupported` and `egress_denied` need a
                change of the deployment.
        """
        try:
            email = Email.from_json(request.message)
            message, headers = self._tracking.mark(email, request)
            envelope = build_envelope(message, request, self._sender, headers)
        except CodecError as error:
            raise PortError(str(error), code="message_error", retryable=False) from error
        answer = await self._pool.send(envelope)
        queued = _QUEUE_ID.search(answer.message)
        return Delivery(
            code=f"smtp_{answer.code}",
            response={"code": answer.code, "reply": answer.message},
            provider_message_id=queued[1] if queued else None,
        )

    async def close(self) -> None:
        """Take leave of the mail server."""
        await self._pool.close()
