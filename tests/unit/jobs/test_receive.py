"""What keeps `journeys receive` from listening is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jobs.cli.app import app

TRACKING = "channels: {tracking: {url: https://t.example.org, secret: '${secret:LINKS}'}}\n"
KAFKA = "kafka: {bootstrap: '127.0.0.1:1'}\n"


def receive(folder: Path, settings: str) -> Result:
    (folder / "journeys.yaml").write_text(settings)
    (folder / "events.yaml").write_text("kind: event\nid: signup\n")
    return CliRunner().invoke(app, ["receive", "--project", str(folder)])


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
