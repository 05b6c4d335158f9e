"""What calls that share an endpoint may do together: the limits of a host, a path or a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from journeys import limits


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in any period of this length."""

    at_most: int
    every_ms: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """When an endpoint counts as broken, and how long it is left alone then."""

    of: int = limits.BREAKER_OF
    """How many of the latest attempts are looked at."""
    failures: int = limits.BREAKER_FAILURES
    """Percent of them that failed, from which on no more calls go out."""
    pause_ms: int = limits.BREAKER_PAUSE_MS
    """How long until one call tries whether the endpoint is back; doubles while it is not."""


@dataclass(frozen=True, kw_only=True)
class EndpointDefinition:
    """The limits of one endpoint. Belongs to no journey: all calls there share them."""

    kind: Literal["endpoint"] = "endpoint"
    id: str
    endpoint: str
    """What it is about: the beginning of a URL, or the name that a channel gives its calls."""
    connections: int | None = None
    """Calls under way at once; None: as many as its channel makes."""
    cap: Rate | None = None
    """What is over it is not called at all, and ends as `capped`."""
    throttle: Rate | None = None
    """What is over it waits for its turn."""
    wait_ms: int = limits.WAIT_MS
    """How long a call waits for its turn at most; beyond it, it ends as `timeout`."""
    queue: int = limits.QUEUE
    """Calls that wait at most; what is over it ends as `capped`."""
    breaker: Breaker | None = Breaker()
    """None: the endpoint is called however often it fails."""


@dataclass(frozen=True, slots=True)
class Limited:
    """Limits that hold since they were said."""

    limits: EndpointDefinition
    revision: int = 0
    """Where on the control topic they were said; a later word wins over an earlier one."""
