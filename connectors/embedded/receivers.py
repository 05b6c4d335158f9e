"""The local receivers of mails and HTTP calls as a process of their own, started and stopped."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from connectors.embedded import processes
from connectors.embedded.errors import EmbeddedError

_READY_S = 30.0
_LOOK_S = 0.05


class LocalReceivers:
    """A mail server and an HTTP service that keep what they receive below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._pid_file = self._folder / "receivers.pid"
        self._log = self._folder / "receivers.log"
        self._ready = self._folder / "receivers.json"

    def start(self, answers: Path | None = None) -> None:
        """Start both on free ports, with nothing received yet.

        Raises:
            EmbeddedError: they do not come up; with the end of their log.
        """
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        command = [sys.executable, "-m", "connectors.receivers", "--folder", str(self._folder)]
        if answers is not None:
            command += ["--answers", str(answers)]
        process = processes.start(command, self._log, dict(os.environ))
        processes.write_pid_file(self._pid_file, process)
        deadline = time.monotonic() + _READY_S
        while not self._ready.exists():
            if not process.alive() or time.monotonic() > deadline:
                process.stop()
                message = (
                    f"the receivers did not start. Their log:\n{processes.log_tail(self._log)}"
                )
                raise EmbeddedError(message)
            time.sleep(_LOOK_S)

    def stop(self) -> None:
        """Stop both. Does nothing where none runs."""
        process = processes.read_pid_file(self._pid_file)
        if process is not None:
            process.stop()
            self._pid_file.unlink()

    @property
    def smtp_port(self) -> int:
        """Where mails are taken."""
        return int(json.loads(self._ready.read_text(encoding="utf-8"))["smtp_port"])

    @property
    def http_port(self) -> int:
        """Where calls are taken."""
        return int(json.loads(self._ready.read_text(encoding="utf-8"))["http_port"])

    def emails(self) -> list[dict[str, Any]]:
        """Give every mail received since the start."""
        return self._received("emails.jsonl")

    def calls(self) -> list[dict[str, Any]]:
        """Give every call received since the start."""
        return self._received("calls.jsonl")

    def _received(self, name: str) -> list[dict[str, Any]]:
        file = self._folder / name
        if not file.exists():
            return []
        # The last line may be half written.
        lines = file.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]
