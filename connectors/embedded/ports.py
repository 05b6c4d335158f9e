"""TCP ports on the loopback address, for servers that keep theirs when they are started again."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from connectors.embedded.errors import EmbeddedError

LOOPBACK = "127.0.0.1"

_CANDIDATES = range(20_000, 32_000)
"""Below the ports that systems give to outgoing connections.

A client that retries a stopped server's port out of that range can be given the very same port for
its own end, connect to itself, and keep the server from ever coming back.
"""


def free_ports(count: int) -> list[int]:
    """Return this many distinct ports that nothing listens on."""
    candidates = random.SystemRandom().sample(_CANDIDATES, k=len(_CANDIDATES))
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            return found
        if is_free(port):
            found.append(port)
    message = f"no {count} ports from {_CANDIDATES.start} to {_CANDIDATES.stop} are free"
    raise EmbeddedError(message)


def keep_ports(
    file: Path, names: Sequence[str], fixed: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Return a port for each name: the fixed, else those the file remembers, else free ones.

    All are remembered in the file then.

    Raises:
        EmbeddedError: another program listens on one of them.
    """
    kept = kept_ports(file) | dict(fixed or {})
    for name, port in kept.items():
        if not is_free(port):
            message = (
                f"the {name} port {port} is taken by another program: stop that program, or give "
                f"another port (without one it is the one remembered in {file})"
            )
            raise EmbeddedError(message)
    missing = [name for name in names if name not in kept]
    kept |= zip(missing, free_ports(len(missing)), strict=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept), encoding="utf-8")
    return kept


def kept_ports(file: Path) -> dict[str, int]:
    """Return the ports that the file remembers, by name; none where there is no file."""
    try:
        kept: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return kept


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port now."""
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError:
        return False
    return True


def answers(port: int) -> bool:
    """Say whether a server accepts connections on this port.

    Unlike `is_free` this never takes the port, not even for an instant.
    """
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
