"""One call that is asked for, as its endpoint's desk knows it: without what it says."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import orjson

from journeys.errors import PortError
from journeys.messages import ActionRequest, Delivery


@dataclass(slots=True, eq=False)
class Ticket:
    """A call on its way through the desk. Of the request only what decides when it goes out."""

    request_id: str
    profile_id: str
    instance_id: str
    endpoint: str
    journey_id: str
    is_marketing: bool
    timeout_ms: int
    max_attempts: int
    requested_at: int
    offered_at: int
    question: str | None
    """Equal questions have equal answers for a while; None: each is asked for itself."""
    keep_ms: int
    """How long the answer serves equal questions."""
    attempts: int = 0
    first_at: int = 0
    """When the first attempt began."""
    begun_at: int = 0
    """When the latest attempt began."""
    last: PortError | None = None
    """What the latest attempt said."""

    @property
    def ends_at(self) -> int:
        """When its total time is over, once the first attempt has begun."""
        return self.first_at + self.timeout_ms


def ticket_of(request: ActionRequest, now: int) -> Ticket:
    """Take a request in."""
    return Ticket(
        request.request_id,
        request.profile_id,
        request.instance_id,
        request.endpoint,
        request.journey_id,
        request.category == "marketing",
        request.timeout_ms,
        request.max_attempts,
        request.requested_at,
        now,
        None if request.cache_ms is None else _question(request),
        request.cache_ms or 0,
    )


def _question(request: ActionRequest) -> str:
    """Name what is asked, whoever asks: nothing but the message goes out."""
    asked = [request.channel, request.message]
    return sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Attempt(NamedTuple):
    """A call is to be made now."""

    request_id: str
    time_ms: int
    """How long it may take."""
    apart_ms: float = 0
    """How far after the one before it must begin, whenever that really began."""


class Ended(NamedTuple):
    """An attempt has ended: with a delivery, or an error; with neither its time was up."""

    request_id: str
    took_ms: int
    delivery: Delivery | None = None
    error: PortError | None = None
