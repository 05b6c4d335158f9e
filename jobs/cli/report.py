"""The verb `report`: what became of people, from the step events."""

from __future__ import annotations

from pathlib import Path

import orjson

from connectors.kafka.client import read_topic
from jobs import local
from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import put
from jobs.folder import read_folder
from journeys.report import VersionReport, counts
from journeys.report import report as add_up


def report(folder: FolderArgument = Path(), form: FormatOption = Format.TEXT) -> None:
    """Show for every journey version who entered, where people stand, and how they left."""
    read = read_folder(folder)
    topic = read.settings.topics.full("step-events")
    records = read_topic(local.bootstrap_of(read), topic)
    versions = add_up(orjson.loads(record.value or b"{}") for record in records)
    if form is Format.JSON:
        rows = [{"journey": j, "version": v, **_row(r)} for (j, v), r in versions.items()]
        put(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    for (journey, version), found in versions.items():
        steps = [f"    {step:<12} {counts(seen)}" for step, seen in found.steps.items()]
        arms = found.experiment_lines()
        experiments = ["  experiments", *arms] if arms else []
        for line in [f"{journey} v{version}", *found.lines(), "  steps", *steps, *experiments]:
            put(line)


def _row(found: VersionReport) -> dict[str, object]:
    return {
        "entered": found.entered,
        "not_entered": found.not_entered,
        "moved_in": found.moved_in,
        "moved_out": found.moved_out,
        "inside": found.inside,
        "completed": found.completed,
        "exited": found.exited,
        "failed": found.failed,
        "steps": found.steps,
        "experiments": found.experiment_rows(),
        "drift": found.drift,
    }
