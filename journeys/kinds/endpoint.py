"""`kind: endpoint`: what calls to one host, path or channel may do together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from journeys import limits
from journeys.endpoint import Breaker, EndpointDefinition, Rate
from journeys.specification import Duration, LastingDuration, NamedSpec, Spec, shown


class RateSpec(Spec):
    """`{at_most: 50, every: PT1S}`: so many calls in any period of this length."""

    at_most: Annotated[int, Field(ge=1, le=limits.MAX_CALLS)]
    """How many calls; each attempt counts."""
    every: LastingDuration
    """In how long."""

    def compiled(self) -> Rate:
        """Turn into what the job counts by."""
        return Rate(self.at_most, self.every)


class BreakerSpec(Spec):
    """`{failures: 50, of: 20, pause: PT5S}`: when the endpoint is left alone."""

    of: Annotated[int, Field(ge=2, le=limits.MAX_BREAKER_OF)] = limits.BREAKER_OF
    """How many of the latest attempts are looked at."""
    failures: Annotated[int, Field(ge=1, le=100)] = limits.BREAKER_FAILURES
    """Percent of them that failed, from which on no more calls go out."""
    pause: LastingDuration = limits.BREAKER_PAUSE_MS
    """How long until one call tries whether it is back; doubles while it is not, to a minute."""

    def compiled(self) -> Breaker:
        """Turn into what the job goes by."""
        return Breaker(self.of, self.failures, self.pause)


def _breaker_form(value: object) -> str:
    return "form" if isinstance(value, dict | BreakerSpec) else "off"


class EndpointSpec(NamedSpec):
    """`kind: endpoint`: limits that all calls to one place share, whatever journey they are of."""

    model_config = shown(
        {
            "kind": "endpoint",
            "id": "crm",
            "url": "https://crm.example.org/",
            "throttle": {"at_most": 50, "every": "PT1S"},
            "wait": "PT1H",
        }
    )

    kind: Literal["endpoint"]
    url: str | None = None
    """Scheme and host, and maybe the beginning of a path. Calls whose URL begins so are meant;
    where several fit, the longest is."""
    channel: str | None = None
    """In place of `url`: all messages of a channel, such as `email`."""
    connections: Annotated[int, Field(ge=1, le=limits.MAX_CONNECTIONS)] | None = None
    """Calls under way at once; 200 by default, of email the `pool_size` of the settings."""
    cap: RateSpec | None = None
    """What is over it is not called, and ends as `capped`."""
    throttle: RateSpec | None = None
    """Calls are spaced evenly; what is over it waits for its turn."""
    wait: Duration = limits.WAIT_MS
    """How long a call waits for its turn at most; beyond it, it ends as `timeout`."""
    queue: Annotated[int, Field(ge=0, le=limits.MAX_QUEUE)] = limits.QUEUE
    """Calls that wait at most; what is over it ends as `capped`."""
    breaker: Annotated[
        Annotated[BreakerSpec, Tag("form")] | Annotated[Literal[False], Tag("off")],
        Discriminator(_breaker_form),
    ] = BreakerSpec()
    """When calls are held back because too many fail; `false`: never."""

    def compiled(self, endpoint: str) -> EndpointDefinition:
        """Turn into what the job goes by."""
        return EndpointDefinition(
            id=self.id,
            endpoint=endpoint,
            connections=self.connections,
            cap=self.cap.compiled() if self.cap else None,
            throttle=self.throttle.compiled() if self.throttle else None,
            wait_ms=self.wait,
            queue=self.queue,
            breaker=self.breaker.compiled() if self.breaker else None,
        )
