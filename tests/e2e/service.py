"""An HTTP service of its own process that notes each call, and can die and come back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

PROGRAM = Path(__file__).parents[2] / "bench" / "answering.py"


class Call(NamedTuple):
    """What the service noted of a call."""

    at: float
    """When it was there whole; seconds since 1970."""
    key: str
    """Its `Idempotency-Key`."""
    body: dict[str, Any]


class Service:
    """Answers every call after 50 ms, while it lives."""

    def __init__(self, notes: Path, port: int) -> None:
        self.port = port
        self._notes = notes
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Come to life, if it is not alive."""
        if self._process is not None:
            return
        command = [sys.executable, PROGRAM, "--notes", self._notes, "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"{self.port}\n"

    def stop(self) -> None:
        """Die at once: connections break, and new ones are refused."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def calls(self, people: str) -> list[Call]:
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
        return found
