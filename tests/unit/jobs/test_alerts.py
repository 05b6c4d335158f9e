"""The verb `alerts`: those that hold, or all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors.kafka.client import Received
from jobs import local
from jobs.cli import alerts
from jobs.cli.app import app
from journeys.alerts import Alert, AlertKind, AlertState, Fault, told

Call = Callable[..., Result]
CAPPING = Fault(AlertKind.CAPPING, 2, "remind", 7, 0)
RUNAWAY = Fault(AlertKind.RUNAWAY_ENTRIES, None, None, 301, 300)
PUBLISHED = Fault(AlertKind.PUBLISHED, 2, None, 2, None)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[list[Alert]], Call]:
    def on(said: list[Alert]) -> Call:
        records = [
            Received("alerts", 0, n, 0, alert.key, alert.to_text().encode())
            for n, alert in enumerate(said)
        ]
        monkeypatch.setattr(alerts, "read_topic", lambda *_: iter(records))
        monkeypatch.setattr(local, "bootstrap_of", lambda _: "broker:9092")
        monkeypatch.chdir(tmp_path)
        return lambda *words: CliRunner().invoke(app, ["alerts", *words])

    return on


SAID = [
    told("welcome", CAPPING, AlertState.RAISED, 3_000),
    told("welcome", RUNAWAY, AlertState.RAISED, 2_000),
    told("other", CAPPING, AlertState.RAISED, 1_000),
    told("other", CAPPING, AlertState.RESOLVED, 4_000),
    told("welcome", PUBLISHED, AlertState.TOLD, 500),
]


def test_those_that_hold_are_shown_with_what_to_do(call: Callable[[list[Alert]], Call]) -> None:
    assert call(SAID)().stdout.splitlines() == [
        "raised    runaway_entries: welcome 301, threshold 300",
        "          since 1970-01-01T00:00:02.000Z. Find out who sends so much; then "
        "`journeys resume` it, or `journeys stop` it.",
        "raised    capping: welcome v2 'remind' 7, threshold 0",
        "          since 1970-01-01T00:00:03.000Z. Raise the limits of its endpoint if it bears "
        "more, or let fewer people in at a time.",
    ]


def test_all_are_shown_on_demand(call: Callable[[list[Alert]], Call]) -> None:
    found = json.loads(call(SAID)("--all", "--format", "json").stdout)
    assert [(alert["alert"], alert["journey_id"], alert["state"]) for alert in found] == [
        ("published", "welcome", "told"),
        ("runaway_entries", "welcome", "raised"),
        ("capping", "welcome", "raised"),
        ("capping", "other", "resolved"),
    ]
    assert "told      published: welcome v2\n" in call(SAID)("--all").stdout


@pytest.mark.parametrize(
    ("said", "words", "talk"),
    [([], (), "No alert holds."), (SAID[2:4], (), "No alert holds."),
     ([], ("--all",), "There are no alerts.")],
)  # fmt: skip
def test_that_there_are_none_is_said(
    call: Callable[[list[Alert]], Call], said: list[Alert], words: tuple[str, ...], talk: str
) -> None:
    done = call(said)(*words)
    assert (done.stdout, done.stderr.strip()) == ("", talk)
    assert json.loads(call(said)(*words, "--format", "json").stdout) == []
