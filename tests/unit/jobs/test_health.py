"""What `journeys doctor` says of what it finds."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.embedded.errors import EmbeddedError
from connectors.kafka.admin import Described
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.topics import CATALOGUE, MAX_RECORD_BYTES, Topic, Topics
from jobs import health
from jobs.cli import doctor
from jobs.cli.app import app
from jobs.folder import read_folder
from jobs.health import (
    Level,
    Patient,
    Verdict,
    checkpoints,
    disk,
    examine,
    lag_verdict,
    skew,
    told_by_metrics,
    topic_faults,
)

NOW = 1_772_352_000_000
ANSWERS = next(topic for topic in CATALOGUE if topic.name == "answers")
CONTROL = next(topic for topic in CATALOGUE if topic.name == "control")
LARGE = {"max.message.bytes": str(MAX_RECORD_BYTES)}


@pytest.mark.parametrize(
    ("topic", "partitions", "settings", "said"),
    [
        (CONTROL, 1, {**LARGE, "cleanup.policy": "compact"}, []),
        (CONTROL, None, {}, ["fail: journeys.control is missing"]),
        (
            CONTROL,
            3,
            LARGE,
            [
                "fail: journeys.control has 3 partitions, not one",
                "fail: journeys.control is not compacted",
            ],
        ),
        (ANSWERS, 4, {**LARGE, "retention.ms": "3600000"}, []),
        (ANSWERS, 4, LARGE, ["warn: journeys.answers is kept for None ms"]),
        (
            ANSWERS,
            4,
            {"max.message.bytes": "1000", "retention.ms": "3600000"},
            ["warn: journeys.answers refuses records that the job reports"],
        ),
    ],
)
def test_topics_are_held_against_the_catalogue(
    topic: Topic, partitions: int | None, settings: dict[str, str], said: list[str]
) -> None:
    name = f"journeys.{topic.name}"
    there = {} if partitions is None else {name: partitions}
    verdicts = list(topic_faults(topic, Topics(), Described(1, there, {name: settings})))
    assert [f"{verdict.level}: {verdict.said}" for verdict in verdicts] == said
    assert all(verdict.advice for verdict in verdicts)


@pytest.mark.parametrize(("seconds", "level"), [(0, "ok"), (2.5, "ok"), (4, "warn"), (-40, "fail")])
def test_clocks_are_compared_to_the_second(seconds: float, level: str) -> None:
    ours = datetime(2026, 3, 1, tzinfo=UTC)
    assert skew(ours + timedelta(seconds=seconds), ours).level == level


@pytest.mark.parametrize(
    ("behind", "level"),
    [(None, "warn"), (0, "ok"), (9_999, "ok"), (10_000, "warn"), (1_000_000, "fail")],
)
def test_lag_is_judged(behind: int | None, level: str) -> None:
    assert lag_verdict("events", behind).level == level


@pytest.mark.parametrize(
    ("age_s", "interval_ms", "failed", "levels"),
    [
        (2, 1_000, 60_000, ["ok"]),
        (15, 1_000, 1_000, ["warn", "warn"]),
        (100, 1_000, None, ["fail"]),
        (100, 60_000, None, ["ok"]),
        (None, 1_000, None, ["fail"]),
        (None, 1_000, 1_000, ["fail", "warn"]),
    ],
)
def test_checkpoints_are_judged_by_their_age(
    age_s: int | None, interval_ms: int, failed: int | None, levels: list[str]
) -> None:
    latest = None
    if age_s is not None:
        times = dict.fromkeys(("latest_ack_timestamp", "trigger_timestamp"), NOW - age_s * 1000)
        latest = {**times, "state_size": 5_000}
    last = None if failed is None else {"trigger_timestamp": NOW - failed}
    told = {
        "counts": {"completed": 3, "failed": 2},
        "latest": {"completed": latest, "failed": last},
    }
    assert [verdict.level for verdict in checkpoints(told, interval_ms, NOW)] == levels


def test_what_the_job_tells_of_itself_counts_by_its_latest_word() -> None:
    metrics: list[dict[str, Any]] = [
        {"metric": "journeys_endpoint_open", "endpoint": "https://a:443", "value": 1},
        {"metric": "journeys_endpoint_open", "endpoint": "https://b:443", "value": 1},
        {"metric": "journeys_endpoint_open", "endpoint": "https://a:443", "value": 0},
        {"metric": "journeys_inside", "journey_id": "cart", "journey_version": 2, "behind": 4},
        {"metric": "journeys_events_total", "value": 3},
    ]
    assert [verdict.said for verdict in told_by_metrics(iter(metrics))] == [
        "https://b:443 is open: too many calls fail",
        "4 people inside cart v2 have not followed yet what was said",
    ]
    (calm,) = told_by_metrics(iter(()))
    assert calm.level is Level.OK


@pytest.mark.parametrize(("free", "level"), [(50, "ok"), (5, "warn"), (1, "fail")])
def test_room_on_the_disk_is_judged(free: int, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # as `shutil` gives it
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 100 - free, free))
    assert disk(Path()).level == level


def test_what_cannot_be_looked_at_hides_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def down(*_: object, **__: object) -> None:
        message = "nobody listens there"
        raise ConnectionError(message)

    for name in ("describe", "lag", "ends", "ask", "read_topic"):
        monkeypatch.setattr(health, name, down)
    verdicts = list(examine(Patient(read_folder(tmp_path), Bootstrap(servers="broker:9092"), None)))
    assert [(v.what, v.level) for v in verdicts[:6]] == [
        ("broker", "fail"),
        ("permissions", "fail"),
        ("cluster", "fail"),
        ("job", "fail"),
        ("lag", "fail"),
        ("answers", "fail"),
    ]
    assert "nobody listens there" in verdicts[0].said
    assert verdicts[-1].what == "disk"


def test_a_failure_ends_with_findings_and_a_warning_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "journeys.yaml").write_text("kafka: {bootstrap: broker:9092}\n")
    found = [Verdict(Level.OK, "broker", "answers"), Verdict(Level.WARN, "lag", "much", "wait")]
    monkeypatch.setattr(doctor, "examine", lambda _: iter(found))
    done = CliRunner().invoke(app, ["doctor", str(tmp_path)])
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "ok    broker          answers",
        "warn  lag             much",
        "                      to do: wait",
    ]
    found.append(Verdict(Level.FAIL, "job", "none", "start it"))
    done = CliRunner().invoke(app, ["doctor", str(tmp_path), "--format", "json"])
    assert done.exit_code == 1
    assert [row["level"] for row in json.loads(done.stdout)] == ["ok", "warn", "fail"]


def test_where_nothing_is_known_of_a_broker_that_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", str(tmp_path)])
    assert isinstance(done.exception, EmbeddedError)
