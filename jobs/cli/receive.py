"""The verb `receive`: the server that providers and readers tell what became of messages."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from aiohttp import web

from connectors.feedback.provider import Feedback
from connectors.feedback.receiver import FeedbackReceiver
from connectors.feedback.tracking import Tracking
from connectors.kafka.privileges import Role
from connectors.kafka.sender import Sender
from connectors.secrets import Secrets
from jobs import local
from jobs.cli.author import ProjectOption
from jobs.cli.console import put, say
from jobs.cli.findings import faultless
from jobs.folder import Folder
from journeys.errors import JourneyError


def receive(
    project: ProjectOption = Path(),
    host: Annotated[
        str, typer.Option(help="Where to listen; a proxy with TLS stands before it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8070,
) -> None:
    """Receive what became of messages from providers and readers, and write it to `feedback`.

    Goes on until SIGTERM or SIGINT: calls under way are answered first.
    """
    read = faultless(project)
    settings = read.settings.channels.tracking
    if settings is None:
        message = "journeys.yaml has no `channels.tracking`: its url says where this is reached"
        raise JourneyError(message)
    tracking = Tracking(settings, Secrets(read.settings.channels.secrets_folder))
    tracking.check()
    asyncio.run(_serve(read, tracking, (host, port)))


async def _serve(read: Folder, tracking: Tracking, at: tuple[str, int]) -> None:
    settings, topic = read.settings.channels, read.settings.topics.full("feedback")
    providers = settings.feedback.opened(Secrets(settings.secrets_folder))
    sender = Sender(local.bootstrap_of(read, Role.RECEIVER))

    async def record(told: Sequence[Feedback]) -> None:
        await sender.send(topic, [(each.profile_id.encode(), each.value) for each in told])

    receiver = FeedbackReceiver(tracking, providers, record)
    runner = web.AppRunner(receiver.application(), access_log=None, shutdown_timeout=15)
    try:
        await runner.setup()
        await _listen(runner, *at)
        stop = _stop_signal()
        put(f"receive http://{at[0]}:{runner.addresses[0][1]}")
        say(f"Writing to {topic}; told by {', '.join([*providers, 'readers'])}.")
        await stop.wait()
    finally:
        await runner.cleanup()
        await sender.close()
    say(
        ", ".join(f"{name} {count}" for name, count in sorted(receiver.counts.items())) or "nothing"
    )


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        message = f"nobody can listen at {host}:{port}: {error.strerror}"
        raise JourneyError(message) from error


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
