"""An HTTP service that costs next to nothing: it answers every call after a while, and notes it.

    python bench/answering.py --notes FILE [--delay 50] [--port 0]

Written on the bare transport, so that on a small machine the caller is measured and not this. It
prints its port. Each note is one line: when the call was there whole, its `Idempotency-Key`, and
its body.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import TextIO

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
KEY = b"\nidempotency-key:"
LENGTH = b"\ncontent-length:"


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self, notes: TextIO, delay_s: float) -> None:
        self._notes, self._delay_s = notes, delay_s
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        lowered = head.lower()
        if not end or len(body) < int(_field(lowered, LENGTH) or 0):
            return
        self._received = b""
        key = _field(lowered, KEY).decode()
        # One write a call: what was noted is there even if the service is killed.
        self._notes.write(f"{time.time():.6f} {key} {body.decode()}\n")
        asyncio.get_running_loop().call_later(self._delay_s, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWER)


def _field(head: bytes, name: bytes) -> bytes:
    _, found, rest = head.partition(name)
    return rest.partition(b"\r")[0].strip() if found else b""


async def serve(port: int, notes: TextIO, delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(notes, delay_s), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--delay", type=float, default=50, help="milliseconds")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with given.notes.open("a", buffering=1) as notes:
        try:
            asyncio.run(serve(given.port, notes, given.delay / 1000))
        except KeyboardInterrupt:
            sys.exit(0)


if __name__ == "__main__":
    main()
