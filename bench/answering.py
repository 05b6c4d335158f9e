"""An HTTP service that costs next to nothing: it answers every call after a while, and notes it.

    python bench/answering.py --notes FILE [--delay 50] [--port 0]

Written on bare sockets, so that on a small machine the caller is measured and not this. It prints
its port. Each note is one line: when the call was there whole, its `Idempotency-Key`, and its body.
On Linux the system itself says when: this process may get its turn much later.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TextIO

SO_TIMESTAMPING = 37
STAMPED = 1 << 3 | 1 << 4
"""Data carry the time at which the system received them (`linux/net_tstamp.h`)."""
CAME = struct.Struct("6q")
"""Three times of seconds and nanoseconds; the first is that one."""
READ = 65_536
BACKLOG = 100
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
KEY = b"\nidempotency-key:"
LENGTH = b"\ncontent-length:"
DELAY_MS = 50.0


class Answering:
    """One connection."""

    def __init__(self, connection: socket.socket, notes: TextIO, delay_s: float) -> None:
        self._connection, self._notes, self._delay_s = connection, notes, delay_s
        self._received = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(connection, self._read)

    def _read(self) -> None:
        try:
            data, said, _, _ = self._connection.recvmsg(READ, socket.CMSG_SPACE(CAME.size))
        except BlockingIOError:
            return
        except OSError:
            data, said = b"", []
        if not data:
            self._loop.remove_reader(self._connection)
            self._connection.close()
            return
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        lowered = head.lower()
        if not end or len(body) < int(_field(lowered, LENGTH) or 0):
            return
        self._received = b""
        key = _field(lowered, KEY).decode()
        # One write a call: what was noted is there even if the service is killed.
        self._notes.write(f"{_came(said):.6f} {key} {body.decode()}\n")
        self._loop.call_later(self._delay_s, self._answer)

    def _answer(self) -> None:
        if self._connection.fileno() >= 0:
            with suppress(OSError):
                self._connection.send(ANSWER)


def _came(said: list[tuple[int, int, bytes]]) -> float:
    """Tell when the system received it; without that, the present."""
    for _, kind, value in said:
        if kind == SO_TIMESTAMPING:
            seconds, nanoseconds = CAME.unpack(value)[:2]
            return float(seconds + nanoseconds / 1e9)
    return time.time()


def _field(head: bytes, name: bytes) -> bytes:
    _, found, rest = head.partition(name)
    return rest.partition(b"\r")[0].strip() if found else b""


class Call(NamedTuple):
    """What the service noted of a call."""

    at: float
    """When it was there whole; seconds since 1970."""
    key: str
    """Its `Idempotency-Key`."""
    body: dict[str, Any]


class Service:
    """The service as a process of its own, which can die and come back.

    Args:
        notes: where it notes calls.
        port: where it listens; 0 takes a free one when it starts.
        delay_ms: how long it takes to answer.
    """

    def __init__(self, notes: Path, port: int = 0, delay_ms: float = DELAY_MS) -> None:
        self.port = port
        self._notes = notes
        self._delay_ms = delay_ms
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Come to life, if it is not alive."""
        if self._process is not None:
            return
        command = [sys.executable, __file__, "--notes", str(self._notes), "--port", str(self.port)]
        command += ["--delay", str(self._delay_ms)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """Die at once: connections break, and new ones are refused."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def noted(self) -> int:
        """Say how many calls came, without a look at them."""
        return self._notes.read_bytes().count(b"\n") if self._notes.exists() else 0

    def calls(self, people: str = "") -> list[Call]:
        """Give the calls for people whose id begins so, in the order in which they came."""
        if not self._notes.exists():
            return []
        found = []
        # The last line may be half written.
        for line in self._notes.read_text(encoding="utf-8").split("\n")[:-1]:
            at, key, body = line.split(" ", 2)
            call = Call(float(at), key, json.loads(body))
            if call.body["person"].startswith(people):
                found.append(call)
        return sorted(found, key=lambda call: call.at)


async def serve(port: int, notes: TextIO, delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", port), backlog=BACKLOG) as server:
        server.settimeout(0)
        if sys.platform == "linux":  # connections inherit it
            server.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, STAMPED)
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _ = await loop.sock_accept(server)
            Answering(connection, notes, delay_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--delay", type=float, default=DELAY_MS, help="milliseconds")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with given.notes.open("a", buffering=1) as notes:
        try:
            asyncio.run(serve(given.port, notes, given.delay / 1000))
        except KeyboardInterrupt:
            sys.exit(0)


if __name__ == "__main__":
    main()
