"""One real call through the channels of a project's settings, watched."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from connectors.channels.opening import open_channels
from connectors.channels.settings import ChannelSettings
from connectors.exchanges import Exchange, watching
from journeys.dispatch.desk import Desk
from journeys.dispatch.ticket import ticket_of
from journeys.endpoint import EndpointDefinition
from journeys.messages import ActionRequest, ActionResult
from operators.calls import attempt


def call_once(
    settings: ChannelSettings, request: ActionRequest
) -> tuple[ActionResult, list[Exchange]]:
    """Make one attempt, within the time of all; give its end, and what went over HTTP meanwhile."""
    return asyncio.run(_call_once(settings, replace(request, max_attempts=1)))


async def _call_once(
    settings: ChannelSettings, request: ActionRequest
) -> tuple[ActionResult, list[Exchange]]:
    channels = open_channels(settings)
    try:
        with watching() as exchanges:
            desk = Desk(EndpointDefinition(id=request.endpoint, endpoint=request.endpoint), 0)
            desk.offer(ticket_of(request, 0), 0)
            desk.due(0)
            begun = asyncio.get_running_loop().time()
            channel = channels.get(request.channel)
            ended = await attempt(channel, request, request.timeout_ms, begun)
            (result,) = desk.ended(ended)
            return result, exchanges
    finally:
        for channel in channels.values():
            await channel.close()
