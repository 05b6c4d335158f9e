"""What keeps `journeys receive` from listening is told at once."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import ClassVar

import pytest
from typer.testing import CliRunner, Result

from connectors.kafka.bootstrap import Bootstrap
from jobs.cli.app import app

TRACKING = "channels: {tracking: {url: https://t.example.org, secret: '${secret:LINKS}'}}\n"
KAFKA = "kafka: {bootstrap: '127.0.0.1:1'}\n"


def receive(folder: Path, settings: str, *words: str) -> Result:
    (folder / "journeys.yaml").write_text(settings)
    (folder / "events.yaml").write_text("kind: event\nid: signup\n")
    return CliRunner().invoke(app, ["receive", "--project", str(folder), *words])


@pytest.mark.parametrize(
    ("settings", "key", "says"),
    [
        (KAFKA, "k" * 16, "no `channels.tracking`"),
        (KAFKA + TRACKING, None, "the secret LINKS is not known"),
        (KAFKA + TRACKING, "short", "less than 16 characters"),
        (
            KAFKA + TRACKING.replace("}}", "}, feedback: {sendgrid: {public_keys: [AAAA]}}}"),
            "k" * 16,
            "is no public key",
        ),
        (TRACKING, "k" * 16, "no local stack runs"),
    ],
)
def test_what_is_missing_is_told(
    settings: str, key: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if key is not None:
        monkeypatch.setenv("JOURNEYS_SECRET_LINKS", key)
    done = receive(tmp_path, settings)
    assert says in str(done.exception)


def test_providers_are_told_where_by_the_tracking(tmp_path: Path) -> None:
    settings = "channels: {feedback: {mailgun: {signing_keys: ['${secret:KEY}']}}}\n"
    done = receive(tmp_path, settings)
    assert done.exit_code == 1
    assert "feedback needs tracking beside it" in done.stderr


class Sender:
    """Takes everything, and must be closed."""

    opened: ClassVar[list[Sender]] = []

    def __init__(self, bootstrap: Bootstrap) -> None:
        assert str(bootstrap) == "127.0.0.1:1"
        self.is_open = True
        Sender.opened.append(self)

    async def close(self) -> None:
        self.is_open = False


def test_a_port_that_is_taken_is_told_and_nothing_is_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.cli.receive.Sender", Sender)
    monkeypatch.setenv("JOURNEYS_SECRET_LINKS", "k" * 16)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = receive(tmp_path, KAFKA + TRACKING, "--port", port)
    assert f"nobody can listen at 127.0.0.1:{port}" in str(done.exception)
    assert [sender.is_open for sender in Sender.opened] == [False]
