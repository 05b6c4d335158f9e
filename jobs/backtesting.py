"""Backtests: here where there is little to read, else by a job on the project's cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from connectors.embedded.stack import LocalStack
from connectors.kafka.client import ends, read_topic
from jobs.backtest_description import BacktestDescription
from jobs.bounded_job import BoundedJob
from jobs.flink_rest import running_job
from jobs.recorded_rows import RecordedReader
from journeys.backtest.recording import SOURCES, Recorded
from journeys.backtest.tally import Tally
from journeys.errors import JourneyError
from journeys.records import Record

MODULE = "jobs.backtest_job"
FOLDER = "backtest-job"
"""Below the folder of the stack."""
FEW = 100_000
"""Records that are done here as soon as a job would have begun."""


class BacktestError(JourneyError):
    """A backtest cannot be made."""


def count_records(description: BacktestDescription) -> int:
    """Say how many records there are to read."""
    if description.files:
        return sum(file.rows for file in description.files)
    job = description.job
    return sum(sum(ends(job.bootstrap, job.topics.full(name)).values()) for name in SOURCES)


def backtest_here(description: BacktestDescription) -> list[Tally]:
    """Let everybody walk in this process, with all that was recorded of them in its memory."""
    people: dict[str, list[Recorded]] = defaultdict(list)
    for person, recorded in _recorded(description):
        people[person].append(recorded)
    with description.step_events(0) as tell:
        trial = description.trial(tell)
        for person, known in people.items():
            trial.take(person, known)
    return trial.tallies


def _recorded(description: BacktestDescription) -> Iterator[tuple[str, Recorded]]:
    if description.files:
        read = RecordedReader(description.files)
        for piece in range(sum(file.pieces for file in description.files)):
            yield from read(piece)
        return
    job = description.job
    for source in SOURCES:
        for found in read_topic(job.bootstrap, job.topics.full(source)):
            place = (found.topic, found.partition, found.offset, found.timestamp)
            record = Record(*place, found.key, found.value, len(found.value or b""))
            yield found.key or "", Recorded(source, record)


def backtest_on_cluster(
    description: BacktestDescription, stack: LocalStack, spare: int, tell: Callable[[int], None]
) -> list[Tally]:
    """Let everybody walk by a job on a cluster, and stay until it has ended.

    Args:
        description: what is tried; its folder lies below that of the stack.
        stack: where the cluster runs.
        spare: how many of its workers stand by for the job that runs journeys.
        tell: told how many records were read.

    Raises:
        BacktestError: another backtest runs there, or some of its counts are missing.
        EmbeddedError: the cluster has no room.
        JobError: Flink did not take the job, or it failed.
    """
    job = description.job
    if running_job(stack.rest_url, job.name) is not None:
        message = f"another backtest runs: job '{job.name}' on {stack.rest_url}"
        raise BacktestError(message)
    bounded = BoundedJob(stack, MODULE, description, job.parallelism, spare, FOLDER)
    bounded.remove()  # what a run that was cut off may have left
    try:
        bounded.run(lambda running: tell(running.records_read()))
        missing = job.parallelism - len(description.parts)
        if missing:
            message = f"the job has ended, and the counts of {missing} of its parts are missing"
            raise BacktestError(message)
        return description.tallies()
    finally:
        bounded.remove()
