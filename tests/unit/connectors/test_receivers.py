from __future__ import annotations

import asyncio
import json
import signal
import smtplib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.answers import Answer
from connectors.receivers import Receivers, main


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Größe"
    message.set_content("Grüße\n.\n")
    message.add_alternative("<p>Grüße</p>\n", subtype="html")
    return message


def send_mail(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail())


def test_a_mail_is_kept_decoded_in_memory_and_as_a_line(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Receivers(tmp_path) as receivers:
            await asyncio.to_thread(send_mail, receivers.smtp_port)
            assert lines(tmp_path / "emails.jsonl") == list(receivers.emails)
            arrived = receivers.emails[0]
            assert arrived["subject"] == "Größe"
            assert arrived["to"] == ["b@example.org"]
            assert arrived["text"] == "Grüße\n.\n"
            assert arrived["html"] == "<p>Grüße</p>\n"

    asyncio.run(scene())


def test_a_call_is_kept_in_memory_and_as_a_line(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Receivers(tmp_path) as receivers, aiohttp.ClientSession() as client:
            async with client.post(f"{receivers.http_url}/a/b?c=d", json={"é": 1}) as response:
                assert (response.status, await response.json()) == (200, {"ok": True})
            async with client.put(receivers.http_url, data="text") as response:
                await response.read()
            assert lines(tmp_path / "calls.jsonl") == list(receivers.calls)
            first, second = receivers.calls
            assert (first["method"], first["path"], first["query"]) == ("POST", "/a/b", {"c": "d"})
            assert first["body"] == {"é": 1}
            assert second["body"] == "text"

    asyncio.run(scene())


def test_an_answer_is_what_the_script_says(tmp_path: Path) -> None:
    def answering(call: Any) -> Answer:
        return Answer(418, [call["path"]], {"X-Pot": "tea"}, delay_ms=1)

    async def scene() -> None:
        async with (
            Receivers(tmp_path, answering) as receivers,
            aiohttp.ClientSession() as client,
            client.get(f"{receivers.http_url}/x") as response,
        ):
            assert response.status == 418
            assert response.headers["X-Pot"] == "tea"
            assert await response.json() == ["/x"]

    asyncio.run(scene())


def test_closing_ends_open_connections(tmp_path: Path) -> None:
    async def scene() -> bytes:
        async with Receivers(tmp_path) as receivers:
            reader, writer = await asyncio.open_connection("127.0.0.1", receivers.smtp_port)
            await reader.readline()
        rest = await reader.read()
        writer.close()
        await writer.wait_closed()
        return rest

    assert asyncio.run(scene()) == b""


@contextmanager
def process(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", "-m", "connectors.receivers", "--folder", str(folder)]
    with subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def test_the_process_says_where_it_listens_and_ends_cleanly(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("/score: {body: {score: {$hash_bucket: [/person, 100]}}}", encoding="utf-8")
    folder = tmp_path / "received"
    with process(folder, "--answers", str(answers)) as running:
        assert running.stderr is not None
        announcement = running.stderr.readline()
        ready = json.loads((folder / "receivers.json").read_text(encoding="utf-8"))
        assert ready["pid"] == running.pid
        assert f":{ready['smtp_port']} and calls" in announcement
        send_mail(ready["smtp_port"])
        url = f"http://127.0.0.1:{ready['http_port']}/score?person=p1"
        with urllib.request.urlopen(url, timeout=5) as response:
            assert json.load(response) == {"score": 36}
        running.send_signal(signal.SIGTERM)
        _, complaints = running.communicate(timeout=10)
        assert (running.returncode, complaints) == (0, "")
    assert not (folder / "receivers.json").exists()
    assert lines(folder / "emails.jsonl")[0]["subject"] == "Größe"
    assert lines(folder / "calls.jsonl")[0]["path"] == "/score"


def test_rules_that_cannot_be_read_end_the_process_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("[]", encoding="utf-8")
    assert main(["--folder", str(tmp_path), "--answers", str(answers)]) == 2
    assert "must map paths to answers" in capsys.readouterr().err
