"""Files for analysts, out of a topic with transactions, by an export that is killed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import duckdb
import pytest

from connectors.analysis.archive_folder import ArchiveFolder
from connectors.kafka.client import read_topic
from journeys.archive import reached
from tests.e2e.rig import COMMAND, PREFIX, Rig, event, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    # kafka-python closes some of its sockets only when they are collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATIENCE_S = 90
TOPIC = "step-events"


def held(lake: Path) -> list[tuple[int, int, str]]:
    paths = [str(path) for path in ArchiveFolder(lake, "").paths(TOPIC)]
    if not paths:
        return []
    asked = (
        f"SELECT kafka_partition, kafka_offset, event_id FROM read_parquet({paths}) ORDER BY ALL"
    )
    found = duckdb.sql(asked)
    assert found is not None
    return found.fetchall()


def test_an_export_that_is_killed_while_it_follows_loses_and_doubles_nothing(
    rig: Rig, tmp_path: Path
) -> None:
    lake, people = tmp_path / "lake", [f"filed-{n:03d}" for n in range(120)]
    words = ["export", str(lake), "--project", str(rig.folder), "--topic", TOPIC]
    rig.send([("events", person, event("linger")) for person in people[:60]])
    following = subprocess.Popen([COMMAND, *words, "--follow", "--every", "PT0.3S"])
    try:
        wait_until(lambda: len(held(lake)) > 0, PATIENCE_S, "some step events are in files")
        rig.send([("events", person, event("linger")) for person in people[60:]])
        before = len(held(lake))
        wait_until(lambda: len(held(lake)) > before, PATIENCE_S, "the export follows")
    finally:
        following.kill()
        following.wait()
    told = len(people) * 2  # entered, waiting
    wait_until(lambda: len(rig.step_events("filed-")) >= told, PATIENCE_S, "everybody waits")
    rig.journeys(*words)
    ends = reached(ArchiveFolder(lake, "").pieces(TOPIC))
    records = read_topic(rig.stack.bootstrap, PREFIX + TOPIC)
    on_topic = [
        (record.partition, record.offset, json.loads(record.value or b"{}")["event_id"])
        for record in records
        if record.offset < ends.get(record.partition, 0)
    ]
    assert held(lake) == sorted(on_topic)
    assert sum(1 for _ in on_topic) >= told
    asked = rig.journeys(
        "query", "ledger", "--files", str(lake), "--mode", "all", "--format", "json"
    )
    assert {row["drift"] for row in json.loads(asked)} == {0}
