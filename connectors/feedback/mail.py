"""An email as it leaves: with our links, and with its token for the provider."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.feedback.settings import FeedbackSettings
from connectors.feedback.tracking import Tracking
from journeys.channels.email import Email
from journeys.channels.tracking import Followed, tracked, wants_unsubscribe
from journeys.errors import CodecError
from journeys.messages import ActionRequest


class MailTracking:
    """Marks emails; without tracking they leave as they are."""

    def __init__(self, tracking: Tracking | None, feedback: FeedbackSettings) -> None:
        self._tracking = tracking
        self._feedback = feedback

    def mark(self, email: Email, request: ActionRequest) -> tuple[Email, Mapping[str, str]]:
        """Put our links into an email, and give the headers by which its provider names it.

        Raises:
            CodecError: the email has a link to unsubscribe that leads nowhere.
            PortError: the key is not known, or too short.
        """
        tracking = self._tracking
        if tracking is None:
            if wants_unsubscribe(email):
                message = "the mail has a link to unsubscribe, and there is no `channels.tracking`"
                raise CodecError(message)
            return email, {}
        followed = Followed(tracking.settings.opens, tracking.settings.clicks)
        marked = tracked(email, lambda use, to: tracking.link(use, request, to), followed)
        return marked, self._feedback.mail_headers(tracking.report_token(request))
