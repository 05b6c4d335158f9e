"""Channels in tests: one that answers by a script, and single attempts with any."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import pytest

from journeys.errors import PortError
from journeys.messages import ActionRequest, ActionResult, Delivery
from journeys.ports import ActionChannel
from operators.calls import carry_out

FOREVER = "forever"
"""A script's word for an answer that never comes."""


class ScriptedChannel:
    """Answers the attempts of each action with its script's answers, the last one for ever."""

    def __init__(self, **scripts: Sequence[Delivery | Exception | str]) -> None:
        self.scripts = {name: list(script) for name, script in scripts.items()}
        self.asked: list[str] = []
        """Request ids, one per attempt."""
        self.most_running: dict[str, int] = defaultdict(int)
        """Endpoint to the most calls at once."""
        self.by_endpoint: dict[str, int] = defaultdict(int)
        self.cancelled: list[str] = []
        self.closed = False

    async def send(self, request: ActionRequest) -> Delivery:
        self.asked.append(request.request_id)
        self.by_endpoint[request.endpoint] += 1
        running = self.by_endpoint[request.endpoint]
        self.most_running[request.endpoint] = max(self.most_running[request.endpoint], running)
        try:
            await asyncio.sleep(0)
            return await self._answer(request)
        except asyncio.CancelledError:
            self.cancelled.append(request.request_id)
            raise
        finally:
            self.by_endpoint[request.endpoint] -= 1

    async def _answer(self, request: ActionRequest) -> Delivery:
        script = self.scripts.get(request.action_id, [])
        answer = script.pop(0) if len(script) > 1 else (script or [Delivery("http_200")])[0]
        if answer == FOREVER:
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Delivery)
        return answer

    async def close(self) -> None:
        self.closed = True


def refusal(
    code: str, *, retryable: bool = True, after_ms: int | None = None, response: object = None
) -> PortError:
    """Make what a channel raises."""
    return PortError(
        f"the service said {code}",
        code=code,
        retryable=retryable,
        retry_after_ms=after_ms,
        response=response,
    )


async def carried_out(channel: ActionChannel | None, request: ActionRequest) -> ActionResult:
    """Carry out one request to its end, as the dispatch operator does, and close the channel."""
    try:
        return await carry_out(channel, request)
    finally:
        if channel is not None:
            await channel.close()


async def sent(channel: ActionChannel, request: ActionRequest) -> Delivery:
    """Make one attempt with a channel of its own, and close it."""
    try:
        return await channel.send(request)
    finally:
        await channel.close()


async def failing(channel: ActionChannel, request: ActionRequest) -> PortError:
    """Make one attempt that must fail, and give how."""
    with pytest.raises(PortError) as failed:
        await sent(channel, request)
    return failed.value
