"""Ingest on the cluster: submit the job that reads files, and follow it to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import orjson

from connectors.embedded.stack import LocalStack
from connectors.files.reading import count_rows
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import ends, read_topic
from jobs.bounded_job import BoundedJob
from jobs.flink_rest import Job, running_job
from jobs.folder import Folder
from jobs.ingest_description import DescribedFile, IngestDescription
from jobs.ingestion import Counts, IngestError, RowsFile
from jobs.job import JobDescription
from journeys.definitions import DatasetDefinition
from journeys.ingestion import ROWS_METRIC

MODULE = "jobs.ingest_job"
_FOLDER = "ingest-job"


def ingest_on_cluster(
    folder: Folder,
    dataset: DatasetDefinition,
    files: Sequence[RowsFile],
    bootstrap: Bootstrap,
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
        IngestError: the dataset is being ingested already, or some counts are missing.
        JobError: Flink did not take the job, or it failed.
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
    slots, spare = description.job.parallelism, folder.settings.job.spare_workers
    bounded = BoundedJob(stack, MODULE, description, slots, spare, _FOLDER)
    rows = sum(file.rows for file in description.files)

    def look(job: Job) -> None:
        del job
        tally.look()
        tell(tally.counts.read, rows)

    try:
        bounded.run(look)
    finally:
        bounded.remove()
    tally.look()
    if not tally.complete:
        message = "the job has ended, and some of its counts are not on the topic `metrics`"
        raise IngestError(message)
    tell(tally.counts.read, rows)
    return tally.counts


def _describe(
    folder: Folder, dataset: DatasetDefinition, files: Sequence[RowsFile], bootstrap: Bootstrap
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
