"""The verb `tail`: the last records of a topic, and those that come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received
from jobs.cli import records
from jobs.cli.app import app

KEYS = ["ann", "bob", "ann", "bob"]
"""Of the records on a topic; the last of them comes when the first have been shown."""


@pytest.fixture(autouse=True)
def topic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(
        _: Bootstrap, topic: str, *, start: Mapping[int, int] | None = None, follow: bool = False
    ) -> Iterator[Received]:
        found = enumerate(KEYS if follow else KEYS[:-1])
        rows = (Received(topic, 0, n, n, key, b"%d" % n) for n, key in found)
        return (row for row in rows if row.offset >= (start or {}).get(0, 0))

    monkeypatch.setattr(records, "read_topic", read)
    monkeypatch.setattr(
        records, "local", SimpleNamespace(bootstrap_of=lambda _: Bootstrap(servers="b:1"))
    )
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ((), "012"),
        (("-f",), "0123"),
        (("-n", "1"), "2"),
        (("-n", "1", "-f"), "23"),
        (("-n", "9", "-f"), "0123"),
        (("-n", "1", "-f", "--profile", "bob"), "13"),
        (("-n", "1", "--profile", "ann"), "2"),
    ],
)
def test_the_last_records_are_shown_and_then_those_that_come(
    words: tuple[str, ...], shown: str
) -> None:
    done = CliRunner().invoke(app, ["tail", "events", *words])
    assert done.stdout.split() == [*shown]
