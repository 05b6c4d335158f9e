"""One real call through the channels of a project's settings, watched."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from connectors.channels.opening import open_channels
from connectors.channels.settings import ChannelSettings
from connectors.exchanges import Exchange, watching
from journeys.messages import ActionRequest, ActionResult
from operators.calls import carry_out


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
            result = await carry_out(channels.get(request.channel), request)
            return result, exchanges
    finally:
        for channel in channels.values():
            await channel.close()
