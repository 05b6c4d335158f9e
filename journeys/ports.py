"""The seams to the outside world, each one small method. Implemented in `connectors`."""

from __future__ import annotations

from typing import Protocol

from journeys.messages import ActionRequest, Delivery


class ActionChannel(Protocol):
    """A way to reach a person or a system."""

    async def send(self, request: ActionRequest) -> Delivery:
        """Make one attempt.

        Call order: any number of concurrent `send` calls on one event loop, then `close` once.

        Raises:
            PortError: the attempt failed; says whether another may succeed.
            asyncio.CancelledError: the caller's deadline passed; the attempt must stop at once.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
