"""Servers that do to a line what real ones do on a bad day: stall, drip, flood, cut."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Behaviour: TypeAlias = Callable[[Reader, Writer], Awaitable[None]]

ENDLESS = 5 * 1024**3
"""Octets of what has no end."""
MEMORY = 50 * 1024
"""KiB that one answer, or one text, may take for a moment."""


class Server:
    """Does what it is told with each connection, and notes how they end."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.port = 0
        self.arrived = 0
        self.hung_up = asyncio.Event()
        self._behaviour = behaviour
        self.tasks: set[asyncio.Task[None]] = set()

    def begin(self, reader: Reader, writer: Writer) -> None:
        self.tasks.add(asyncio.create_task(self._take(reader, writer)))

    async def _take(self, reader: Reader, writer: Writer) -> None:
        self.arrived += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._behaviour(reader, writer)
                while await reader.read(65_536):
                    pass
        finally:
            self.hung_up.set()
            writer.close()


@asynccontextmanager
async def serving(
    behaviour: Behaviour, context: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    server = Server(behaviour)
    listening = await asyncio.start_server(server.begin, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server
    for task in server.tasks:
        task.cancel()
    await asyncio.gather(*server.tasks, return_exceptions=True)


def answers(chunks: Iterable[bytes], pause_s: float = 0) -> Behaviour:
    """Answer every call so, octets as they come."""

    async def behave(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return behave


def resets(chunks: Iterable[bytes] = ()) -> Behaviour:
    """Answer so, and then cut the line with a reset in place of an end."""

    async def behave(reader: Reader, writer: Writer) -> None:
        await answers(chunks)(reader, writer)
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return behave


def speaks(lines: Iterable[tuple[bytes, Iterable[bytes]]]) -> Behaviour:
    """Wait for the end of what comes, and send."""

    async def behave(reader: Reader, writer: Writer) -> None:
        for end, chunks in lines:
            if end:
                await reader.readuntil(end)
            for number, chunk in enumerate(chunks):
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(0.01 if number > 100 else 0)

    return behave


def drops(text: bytes) -> Iterator[bytes]:
    """Send octet by octet, for ever."""
    yield from (bytes([octet]) for octet in text)
    while True:
        yield b"x"


def endless(beginning: bytes, again: bytes) -> Iterator[bytes]:
    yield beginning
    times = max(65_536 // len(again), 1)
    for _ in range(ENDLESS // (times * len(again))):
        yield again * times


def reset_peak() -> None:
    """Let the kernel note from now on how much memory this process takes at most."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def memory(field: str) -> int:
    """Give a size of this process in KiB: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (found,) = (line for line in lines if line.startswith(field))
    return int(found.split()[1])
