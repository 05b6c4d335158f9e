"""The streaming job: `flink run --pyModule jobs.orchestrate FILE`, FILE being its description."""

from __future__ import annotations

from pathlib import Path

from jobs.job import JobDescription
from jobs.program import Planned, prepared, run
from jobs.topology import define


def plan(file: Path) -> Planned:
    """Plan the job that a file describes."""
    job = JobDescription.read(file)
    env = prepared(job)
    define(env, job)
    return Planned(env, job.name)


if __name__ == "__main__":
    run(plan, __doc__)
