"""Ingest on the cluster: submit the job that reads files, and follow it to its end."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import orjson

from connectors.embedded.stack import LocalStack
from connectors.files.reading import count_rows
from connectors.kafka.client import ends, read_topic
from jobs.folder import Folder
from jobs.ingest_description import DescribedFile, IngestDescription
from jobs.ingestion import Counts, IngestError, RowsFile
from jobs.job import JobDescription
from jobs.submission import Job, free_slots, running_job, submit
from journeys.definitions import DatasetDefinition
from journeys.ingestion import ROWS_METRIC

MODULE = "jobs.ingest_job"
_FOLDER = "ingest-job"
_LOOK_S = 0.5


def ingest_on_cluster(
    folder: Folder,
    dataset: DatasetDefinition,
    files: Sequence[RowsFile],
    bootstrap: str,
    tell: Callable[[int, int], None],
) -> Counts:
    """Read files by a job on the project's cluster, and stay until it has ended.

    Args:
        folder: the project.
        dataset: what the rows are.
        files: every worker must reach them under their paths.
        bootstrap: Kafka's address.
        tell: told how many rows were done, and how many there are.

    Raises:
        EmbeddedError: no cluster runs, or it has no room.
        IngestError: the dataset is being ingested already, or the job failed.
        SubmissionError: Flink did not take the job.
    """
    stack = LocalStack.load(folder.stack)
    description = _describe(folder, dataset, files, bootstrap)
    if not description.pieces:
        return Counts()
    name = description.job.name
    if running_job(stack.rest_url, name) is not None:
        message = f"dataset '{dataset.id}' is being ingested: job '{name}' runs on {stack.rest_url}"
        raise IngestError(message)
    tally = _Tally(description, ends(bootstrap, description.job.topics.full("metrics")))
    written = stack.folder / _FOLDER / "job.json"
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(description.model_dump_json(indent=2), encoding="utf-8")
    try:
        with _room(stack, description.job.parallelism):
            environment = stack.cluster.environment()
            job = Job(stack.rest_url, submit(written, stack.rest_url, environment, module=MODULE))
            _follow(job, tally, tell)
    finally:
        shutil.rmtree(written.parent, ignore_errors=True)
    return tally.counts


def _describe(
    folder: Folder, dataset: DatasetDefinition, files: Sequence[RowsFile], bootstrap: str
) -> IngestDescription:
    settings = folder.settings
    job = JobDescription(
        name=f"{settings.name}-ingest-{dataset.id}",
        bootstrap=bootstrap,
        topics=settings.topics,
        checkpoint_folder=(folder.stack / _FOLDER / "checkpoints").as_uri(),
        state_backend="hashmap",  # which piece is next is all there is
        parallelism=settings.job.parallelism,
    )
    described = [
        DescribedFile(name=file.name, path=file.path, rows=count_rows(file.path)) for file in files
    ]
    return IngestDescription(job=job, dataset=dataset, run=uuid4().hex, files=described)


@contextmanager
def _room(stack: LocalStack, slots: int) -> Iterator[None]:
    """Add as many TaskManagers of one slot as are missing, for as long as they are needed."""
    missing = range(max(0, slots - free_slots(stack.rest_url)))
    added = [stack.cluster.add_taskmanager() for _ in missing]
    try:
        yield
    finally:
        stack.cluster.stop_taskmanagers(added)


@dataclass(slots=True)
class _Tally:
    """What the job has counted so far; a piece that was read twice counts once."""

    description: IngestDescription
    places: dict[int, int]
    """Partition of the topic `metrics` to the offset to read on from."""
    pieces: dict[tuple[int, str], int] = field(default_factory=dict)

    def look(self) -> None:
        """Read what has come since."""
        job = self.description.job
        for record in read_topic(job.bootstrap, job.topics.full("metrics"), start=self.places):
            self.places[record.partition] = record.offset + 1
            if (record.key or "").startswith(f"{ROWS_METRIC}/"):
                counted = orjson.loads(record.value or b"{}")
                if counted["run"] == self.description.run:
                    self.pieces[counted["piece"], counted["result"]] = counted["value"]

    @property
    def complete(self) -> bool:
        """Whether both counts of every piece are there."""
        return len(self.pieces) == 2 * self.description.pieces

    @property
    def counts(self) -> Counts:
        """The sums."""
        sent, bad = (
            sum(value for (_, which), value in self.pieces.items() if which == result)
            for result in ("sent", "bad")
        )
        return Counts(sent + bad, sent, bad)


def _follow(job: Job, tally: _Tally, tell: Callable[[int, int], None]) -> None:
    rows = sum(file.rows for file in tally.description.files)
    try:
        while (state := job.state()) not in ("FINISHED", "FAILED", "CANCELED"):
            tally.look()
            tell(tally.counts.read, rows)
            time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        job.cancel()
        raise
    if state != "FINISHED":
        message = f"the job that reads the files is {state}: {job.failure()}"
        raise IngestError(message)
    tally.look()
    if not tally.complete:
        message = "the job has ended, and some of its counts are not on the topic `metrics`"
        raise IngestError(message)
    tell(tally.counts.read, rows)
