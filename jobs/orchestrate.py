"""The streaming job: `flink run --pyModule jobs.orchestrate FILE`, FILE being its description."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pyflink.common import Configuration, JobClient
from pyflink.datastream import StreamExecutionEnvironment

from jobs.job import PARTS, WITHOUT, JobDescription
from jobs.topology import define


def configuration(job: JobDescription) -> dict[str, str]:
    """Give Flink's settings for the job, each measured or explained in docs/decisions."""
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


def environment(
    job: JobDescription, extra: dict[str, str] | None = None
) -> StreamExecutionEnvironment:
    """Build the environment and the graph; nothing runs yet."""
    config = Configuration()
    for name, value in (configuration(job) | (extra or {})).items():
        config.set_string(name, value)
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(job.parallelism)
    define(env, job)
    return env


def begin(file: Path) -> JobClient:
    """Submit the job described by a file; it runs on by itself."""
    job = JobDescription.read(file)
    return environment(job).execute_async(job.name)


def main() -> None:
    """Submit the job described by a file and, unless detached, stay until it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    # No option: `flink run` takes `--job` for an abbreviation of its own `--jobmanager`.
    parser.add_argument("job", type=Path, help="the job's description, JSON")
    job = JobDescription.read(parser.parse_args().job)
    environment(job).execute(job.name)


if __name__ == "__main__":
    main()
