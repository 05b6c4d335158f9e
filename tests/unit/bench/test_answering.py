"""The service that benches call tells when a call was there, whatever kept it from its turn."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench import answering
from bench.answering import Service

HELD_S = 0.3


def call(port: int, person: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        body = json.dumps({"person": person})
        connection.request("POST", "/", body, {"Idempotency-Key": f"key-{person}"})
        return connection.getresponse().read()
    finally:
        connection.close()


def test_calls_are_answered_and_noted_also_after_it_has_died(tmp_path: Path) -> None:
    service = Service(tmp_path / "notes", delay_ms=20)
    try:
        service.start()
        began = time.time()
        assert call(service.port, "ann") == b"{}"
        assert time.time() - began >= 0.02
        service.stop()
        with pytest.raises(ConnectionError):
            call(service.port, "bob")
        service.start()
        assert call(service.port, "cid") == b"{}"
    finally:
        service.stop()
    assert service.noted() == 2
    assert [(one.key, one.body) for one in service.calls()] == [
        ("key-ann", {"person": "ann"}),
        ("key-cid", {"person": "cid"}),
    ]
    assert [one.key for one in service.calls("c")] == ["key-cid"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says when it received something")
def test_what_comes_while_it_is_held_up_is_noted_as_of_when_it_came(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    command = [sys.executable, answering.__file__, "--notes", str(notes), "--delay", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            call(port, "first")  # connections are stamped from here on
            process.send_signal(signal.SIGSTOP)
            sent = time.time()
            calling = threading.Thread(target=call, args=(port, "held"))
            calling.start()
            time.sleep(HELD_S)
            process.send_signal(signal.SIGCONT)
            calling.join()
            over = time.time()
        finally:
            process.kill()
    at = Service(notes).calls("held")[0].at
    assert over - sent >= HELD_S
    assert at - sent < HELD_S / 2
