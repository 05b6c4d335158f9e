"""What the bench of throughput compares with, on a cluster that compiles well."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest

from bench.baseline import JSON_FILTER, RAW, Baseline
from bench.load import Load
from bench.throughput import create
from connectors.embedded.stack import LocalStack, StackOptions
from connectors.kafka.client import Writer, ends
from jobs.client import Client
from jobs.flink_rest import Job
from jobs.local import flink_settings
from jobs.settings import RunSettings
from tests.e2e.rig import wait_until

pytestmark = [pytest.mark.flink, pytest.mark.timeout(300)]

LOAD = Load(400, 100, 0.1, 5)
TYPES = [f"match.{n}" for n in range(LOAD.listened)]


def test_flink_sql_copies_all_and_filters_by_type(tmp_path: Path) -> None:
    settings = flink_settings(RunSettings(optimize_for="throughput"))
    stack = LocalStack.start(tmp_path / "stack", StackOptions(1, flink_settings=settings))
    try:
        worker = psutil.Process(stack.processes()["taskmanager-0"].pid)
        assert not [word for word in worker.cmdline() if "TieredStopAtLevel" in word]
        records = [*LOAD.records()]
        create(str(stack.bootstrap), ("events", RAW, JSON_FILTER))
        with Writer(stack.bootstrap) as writer:
            for key, value in records:
                writer.write("events", key, value)
        wanted = [value for _, value in records if json.loads(value)["eventType"] in TYPES]
        assert 0 < len(wanted) < len(records)
        with Client(stack.cluster.environment()) as client:
            for kind, count in ((RAW, len(records)), (JSON_FILTER, len(wanted))):
                copies(stack, client, described(kind, stack, tmp_path), count)
    finally:
        stack.stop()


def described(kind: str, stack: LocalStack, folder: Path) -> Path:
    """Write the description of a job that copies from one topic to that of its kind."""
    baseline = Baseline(
        kind=kind,
        bootstrap=str(stack.bootstrap),
        source="events",
        sink=kind,
        types=TYPES,
        checkpoint_folder=(folder / "checkpoints").as_uri(),
        checkpoint_ms=500,
        parallelism=1,
    )
    file = folder / f"{kind}.json"
    file.write_text(baseline.model_dump_json(), encoding="utf-8")
    return file


def copies(stack: LocalStack, client: Client, file: Path, count: int) -> None:
    """Wait until a job has written so many records to its topic."""
    submitted = client.submit(file, stack.rest_url, module="bench.sql_baseline")
    job = Job(stack.rest_url, submitted)
    wait_until(lambda: sum(ends(stack.bootstrap, file.stem).values()) == count, 60, file.stem)
    job.end()
