"""Links of ours in messages: written when a message leaves, read when somebody follows one."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from connectors.secrets import Secrets
from connectors.setting_types import BaseUrl, SecretText
from journeys.errors import PortError
from journeys.message_token import MessageToken, TokenError, Use, read_token, write_token
from journeys.messages import ActionRequest

_SHORTEST_KEY: Final = 16
"""Octets of a key; a shorter one could be found by trying."""


class TrackingSettings(BaseModel):
    """What is put into messages, to learn what becomes of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: BaseUrl
    """Where readers and providers reach `journeys receive`, as they write it: the proxy before it
    passes what comes below this URL on, with its path unchanged."""
    secret: SecretText
    """A reference such as `${secret:TRACKING_KEY}`: what signs links; 16 characters or more."""
    former_secrets: tuple[SecretText, ...] = ()
    """What signed links before: those that are out still count."""
    opens: bool = False
    """Whether an HTML text gets a pixel that tells when it is opened."""
    clicks: bool = False
    """Whether links of an HTML text lead by way of the receiver."""


class Tracking:
    """Writes and reads our links. A key is looked up each time: a new one counts at once."""

    def __init__(self, settings: TrackingSettings, secrets: Secrets) -> None:
        self.settings = settings
        self._secrets = secrets

    def check(self) -> None:
        """Look up every key.

        Raises:
            PortError: one is not known, or too short.
        """
        for reference in self._references:
            self._key(reference)

    def link(self, use: Use, request: ActionRequest, target: str | None = None) -> str:
        """Give the link by which the reader of a message does something.

        Raises:
            PortError: the key is not known, or too short.
        """
        return f"{self._base}/{use}/{self._written(use, request, target)}"

    def report_token(self, request: ActionRequest) -> str:
        """Give what a provider must name when it tells what became of a message.

        Raises:
            PortError: the key is not known, or too short.
        """
        return self._written(Use.REPORT, request)

    def report_url(self, provider: str, request: ActionRequest) -> str:
        """Give where a provider tells what becomes of one message.

        Raises:
            PortError: the key is not known, or too short.
        """
        return f"{self._base}/feedback/{provider}?t={self.report_token(request)}"

    def read(self, text: str, use: Use) -> MessageToken:
        """Read the token of a link.

        Raises:
            TokenError: nobody here wrote it, or it is good for something else.
            PortError: a key is not known, or too short.
        """
        return read_token(text, map(self._key, self._references), use)

    def reported(self, text: object) -> MessageToken | None:
        """Find the message that a provider names, if it names one of ours.

        Raises:
            PortError: a key is not known, or too short.
        """
        try:
            return self.read(text, Use.REPORT) if isinstance(text, str) else None
        except TokenError:
            return None

    @property
    def _references(self) -> tuple[str, ...]:
        return (self.settings.secret, *self.settings.former_secrets)

    @property
    def _base(self) -> str:
        return self.settings.url.rstrip("/")

    def _written(self, use: Use, request: ActionRequest, target: str | None = None) -> str:
        token = MessageToken(use, request.profile_id, request.request_id, request.channel, target)
        return write_token(token, self._key(self.settings.secret))

    def _key(self, reference: str) -> bytes:
        key = self._secrets.resolve(reference).encode()
        if len(key) < _SHORTEST_KEY:
            message = f"{reference} has less than {_SHORTEST_KEY} characters: anybody could try all"
            raise PortError(message, code="unknown_secret", retryable=False)
        return key
