"""What the modules of all jobs share: they plan a job's graph, and run as `flink run` runs them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment

from jobs.job import PARTS, WITHOUT, JobDescription


class Planned(NamedTuple):
    """A job that can be submitted; nothing of it runs yet."""

    environment: StreamExecutionEnvironment
    name: str


def run(plan: Callable[[Path], Planned], about: str | None) -> None:
    """Submit the job that a file describes and, unless detached, stay until it ends."""
    parser = argparse.ArgumentParser(description=about)
    # No option: `flink run` takes `--job` for an abbreviation of its own `--jobmanager`.
    parser.add_argument("description", type=Path, help="the job's description, JSON")
    planned = plan(parser.parse_args().description.resolve())
    planned.environment.execute(planned.name)


def prepared(
    job: JobDescription, more: Mapping[str, str] = MappingProxyType({})
) -> StreamExecutionEnvironment:
    """Give the environment that a job's graph is built in, with the settings of Flink it needs.

    Args:
        job: its description.
        more: settings for this kind of job, stronger than those that all have.
    """
    config = Configuration()
    for name, value in (configuration(job) | {**more}).items():
        config.set_string(name, value)
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(job.parallelism)
    return env


def configuration(job: JobDescription) -> dict[str, str]:
    """Give Flink's settings for any job, each measured or explained in docs/decisions."""
    jars = ";".join(jar if "://" in jar else Path(jar).as_uri() for jar in job.jars)
    settings = {"pipeline.jars": jars} if jars else {}
    return settings | {
        "python.execution-mode": "thread",
        "python.executable": sys.executable,
        "python.files": str(WITHOUT),
        "pipeline.object-reuse": "true",
        "pipeline.max-parallelism": str(PARTS),
        # Of sources with many records; all else goes on at once (`jobs.topology`).
        "execution.buffer-timeout": "5ms",
        "execution.checkpointing.interval": f"{job.checkpoint_interval_ms}ms",
        "execution.checkpointing.timeout": "60s",
        "execution.checkpointing.tolerable-failed-checkpoints": "3",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.dir": job.checkpoint_folder,
        "execution.checkpointing.incremental": "true",
        "state.backend.type": job.state_backend,
        # Most people that a record is about are met for the first time, or have no walk: without
        # it RocksDB looks for what is not there in every file.
        "state.backend.rocksdb.use-bloom-filter": "true",
        "table.exec.sink.upsert-materialize": "NONE",
        "table.local-time-zone": "UTC",
    }
