"""The verb `ingest`: the files of a dataset, into the platform."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.files.reading import FileError, count_rows
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Writer
from connectors.kafka.privileges import Role
from jobs import local
from jobs.cli.author import Format, FormatOption, ProjectOption
from jobs.cli.console import FINDINGS, complain, put, say
from jobs.cli.progress import progress, silent
from jobs.cli.watching import INTERRUPTED
from jobs.cluster_ingestion import ingest_on_cluster
from jobs.control_topic import read_control_topic
from jobs.folder import Folder, read_folder
from jobs.ingestion import (
    Counts,
    IngestError,
    Ingestion,
    Recording,
    RowsFile,
    dataset_of,
    files_of,
)
from jobs.positions import Positions
from jobs.table_topic import read_tables, removals
from journeys.definitions import DatasetDefinition
from journeys.ingestion import TABLES

POSITIONS = "ingest"
"""Where positions are kept, below the folder of the project's local life."""
SHOWN = 10
"""Bad rows that are told one by one; all of them are on the topic of dead letters."""


def ingest(
    dataset: Annotated[str, typer.Argument(help="Id of a dataset of the project.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Its files; by default those that it names.")
    ] = None,
    project: ProjectOption = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every row, and send nothing.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End at the first bad row.")] = False,
    rate: Annotated[int | None, typer.Option(min=1, help="Rows a second at most.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew. What is known already changes nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Of a table: remove the rows that no file holds.")
    ] = False,
    on_cluster: Annotated[
        bool, typer.Option("--on-cluster", help="Let a Flink job read the files.")
    ] = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Send the rows of a dataset's files to the platform, as if they had been streamed.

    A row that contradicts the dataset's schema becomes a dead letter. What was interrupted goes on
    where it stopped.
    """
    if on_cluster and (dry_run or strict or rate):
        message = "a job on the cluster takes no --dry-run, --strict and --rate"
        raise typer.BadParameter(message, param_hint="--on-cluster")
    began = time.monotonic()
    folder = read_folder(project)
    found = dataset_of(folder, dataset)
    _check_table(found, replace=replace, on_cluster=on_cluster)
    anew = again or replace
    asked = _Asked(folder, found, files_of(folder, found, files or []), strict, rate, anew, replace)
    counts: Counts | None
    if dry_run:
        counts = _read(asked, Positions(bootstrap=""), _recording(asked, None), lambda: None)
    else:
        counts = _ingest(asked, on_cluster=on_cluster)
    if counts is None:
        say(f"Every file of dataset '{dataset}' is ingested already: --again begins anew.")
        counts = Counts()
    _summarise(asked, counts, time.monotonic() - began, form, dry_run=dry_run)
    if counts.bad or counts.unread:
        raise typer.Exit(FINDINGS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be ingested, and how."""

    folder: Folder
    dataset: DatasetDefinition
    files: list[RowsFile]
    strict: bool
    rate: int | None
    again: bool
    replace: bool


def _check_table(dataset: DatasetDefinition, *, replace: bool, on_cluster: bool) -> None:
    is_table = dataset.holds == "table"
    if replace and not is_table:
        message = f"dataset '{dataset.id}' holds {dataset.holds}: only a table is replaced"
        raise typer.BadParameter(message, param_hint="--replace")
    if on_cluster and is_table:
        message = "a table fits into every worker: leave it out, it takes a moment"
        raise typer.BadParameter(message, param_hint="--on-cluster")


def _ingest(asked: _Asked, *, on_cluster: bool) -> Counts | None:
    """Ingest what is not ingested yet; None: that is nothing."""
    bootstrap = _bootstrap(asked)
    kept = asked.folder.stack / POSITIONS / f"{asked.dataset.id}.json"
    positions = Positions(bootstrap=str(bootstrap))
    if not asked.again:
        positions = Positions.load(kept, str(bootstrap))
    open_files = [one for one in asked.files if not positions.of(one.name, one.path).done]
    if not open_files:
        return None
    keep = partial(positions.store, kept)
    if not on_cluster:
        with Writer(bootstrap) as writer:
            recording = _recording(asked, writer)
            counts = _read(asked, positions, recording, keep)
            if asked.replace:
                _remove(asked, recording, writer, bootstrap)
            return counts
    with progress("Ingesting", "rows") as told:
        counts = ingest_on_cluster(asked.folder, asked.dataset, open_files, bootstrap, told)
    for file in open_files:
        positions.of(file.name, file.path).done = True
    keep()
    return counts


def _bootstrap(asked: _Asked) -> Bootstrap:
    """Give the address of Kafka, where the job must know the dataset before its records come."""
    settings = asked.folder.settings
    if not asked.dataset.profile:
        message = f"dataset '{asked.dataset.id}' says `profile: false`: --dry-run checks its rows"
        raise IngestError(message)
    bootstrap = local.bootstrap_of(asked.folder, Role.INGEST)
    if not read_control_topic(bootstrap, settings.topics).plans.defines(asked.dataset):
        message = (
            f"dataset '{asked.dataset.id}' is not published as it stands: `journeys publish` first"
        )
        raise IngestError(message)
    return bootstrap


def _recording(asked: _Asked, writer: Writer | None) -> Recording:
    topics, faults = asked.folder.settings.topics, _Faults(strict=asked.strict)
    return Recording(asked.dataset, topics, writer, faults)


def _remove(asked: _Asked, recording: Recording, writer: Writer, bootstrap: Bootstrap) -> None:
    """Remove the rows of a table that no file holds, unless some rows could not be read."""
    if recording.counts.bad or recording.counts.unread:
        complain("nothing is removed while rows are bad or unread: one may be meant to stay")
        return
    topics = asked.folder.settings.topics
    gone = removals(read_tables(bootstrap, topics), asked.dataset.id, recording.rows)
    for key in gone:
        writer.write(topics.full(TABLES), key.encode(), None)
    writer.flush()
    say(f"Removed {_rows(len(gone))} that no file holds.")


def _read(
    asked: _Asked, positions: Positions, recording: Recording, keep: Callable[[], None]
) -> Counts:
    ingestion = Ingestion(asked.dataset, recording, positions, keep, asked.rate)
    try:
        with progress("Ingesting", "rows") as told:
            if told is not silent:
                rows = sum(_count(file) for file in asked.files)
                done = sum(positions.of(file.name, file.path).rows for file in asked.files)
                ingestion.tell = lambda: told(done + recording.counts.read, rows)
            ingestion.run(asked.files)
    except KeyboardInterrupt:
        complain(f"interrupted after {_rows(recording.counts.read)}: start again to go on")
        raise typer.Exit(INTERRUPTED) from None
    return recording.counts


def _count(file: RowsFile) -> int:
    """Count the rows of a file; one that cannot be read has none, which is told when it is."""
    try:
        return count_rows(file.path)
    except FileError:
        return 0


class _Faults:
    """Tells bad rows: the first one by one, or of the first as the end of all."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._told = 0

    def __call__(self, text: str) -> None:
        if self._strict:
            raise IngestError(text)
        if self._told < SHOWN:
            complain(f"✗ {text}")
        elif self._told == SHOWN:
            complain("more bad rows follow, which are not shown")
        self._told += 1


def _summarise(
    asked: _Asked, counts: Counts, seconds: float, form: Format, *, dry_run: bool
) -> None:
    rate = counts.read / seconds
    if form is Format.JSON:
        timed = {"seconds": round(seconds, 3), "rate": round(rate, 1)}
        told = {**asdict(counts), "good": counts.sent, "sent": 0 if dry_run else counts.sent}
        put(orjson.dumps({"dataset": asked.dataset.id, **told, **timed}).decode())
        return
    put(
        f"{asked.dataset.id}: {_rows(counts.read)} read, {counts.sent:,} good, {counts.bad:,} bad, "
        f"in {seconds:.1f} s ({rate:,.0f} rows/s)"
        + (f"; {counts.unread:,} of {len(asked.files):,} files not read" if counts.unread else "")
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
