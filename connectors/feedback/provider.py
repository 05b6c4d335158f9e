"""What a provider's call is, and what it tells of messages. Knows no server and no topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson
from pydantic import BaseModel, ConfigDict

from connectors.feedback.tracking import Tracking
from connectors.secrets import Secrets
from journeys.clock import format_instant
from journeys.errors import JourneyError
from journeys.message_token import MessageToken


class SignatureError(JourneyError):
    """A call does not come from whom it claims to come from."""


class UnreadableError(JourneyError):
    """A call comes from whom it should, and does not say what it should."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a provider."""

    url: str
    """As the provider wrote it, which is what some sign."""
    headers: Mapping[str, str]
    """Name, in lower case, to value."""
    body: bytes
    received_at: int
    """Milliseconds since 1970-01-01 UTC."""

    def json(self) -> object:
        """Read the body.

        Raises:
            UnreadableError: it is no JSON.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            message = f"the body is no JSON: {error}"
            raise UnreadableError(message) from error


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of one message; a record of the topic `feedback`."""

    event_id: str
    """The same for a repeat."""
    profile_id: str
    reaction: str
    request_id: str | None = None
    """None: it is of no one message, but of the person and the channel."""
    channel: str | None = None
    happened_at: int | None = None
    """Milliseconds since 1970-01-01 UTC; None: when the record was written."""
    permanent: bool = True
    """Of a bounce: whether it will be so the next time too."""

    @property
    def value(self) -> bytes:
        """Write what stands on the topic; its key is the profile id."""
        happened = None if self.happened_at is None else format_instant(self.happened_at)
        fields = {
            "_id": self.event_id,
            "request_id": self.request_id,
            "reaction": self.reaction,
            "channel": self.channel,
            "timestamp": happened,
            "permanent": None if self.permanent else False,
        }
        return orjson.dumps({name: value for name, value in fields.items() if value is not None})


def feedback_on(
    message: MessageToken,
    event_id: str,
    reaction: str,
    happened_at: int | None = None,
    *,
    permanent: bool = True,
) -> Feedback:
    """Tell what became of the message that a token names."""
    return Feedback(
        event_id,
        message.profile_id,
        reaction,
        message.request_id,
        message.channel,
        happened_at,
        permanent,
    )


class ProviderSettings(BaseModel):
    """What a deployment says of a provider. Subclasses are fields of `FeedbackSettings`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def opened(self, secrets: Secrets) -> FeedbackProvider:
        """Give who reads the provider's calls.

        Raises:
            JourneyError: a key is not known, or is none.
        """
        raise NotImplementedError

    def mail_headers(self, token: str) -> dict[str, str]:
        """Give the headers by which a mail carries its token to the provider, and back."""
        del token
        return {}


class FeedbackProvider(Protocol):
    """One who tells what became of messages."""

    def read(self, call: Call, tracking: Tracking) -> Iterator[Feedback | None]:
        """Read a call; None stands for what is nothing to us, or of a message that is not ours.

        Raises:
            SignatureError: it is not signed by the provider.
            UnreadableError: it has another form than the provider's.
            PortError: a key is not known.
        """
        ...
