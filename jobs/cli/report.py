"""The verb `report`: what became of people, from the step events."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson

from connectors.kafka.client import read_topic
from jobs import local
from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import put
from jobs.folder import read_folder
from journeys.report import VersionReport
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
        for line in _lines(journey, version, found):
            put(line)


def _row(found: VersionReport) -> dict[str, object]:
    return {
        "entered": found.entered,
        "not_entered": found.not_entered,
        "inside": found.inside,
        "completed": found.completed,
        "exited": found.exited,
        "failed": found.failed,
        "steps": found.steps,
        "drift": found.drift,
    }


def _lines(journey: str, version: int, found: VersionReport) -> list[str]:
    return [
        f"{journey} v{version}",
        f"  entered      {found.entered}",
        f"  not entered  {_counts(found.not_entered)}",
        f"  inside       {_counts(found.inside)}",
        f"  completed    {found.completed}",
        f"  exited       {_counts(found.exited)}",
        f"  failed       {_counts(found.failed)}",
        f"  ledger       {_ledger(found)}",
        "  steps",
        *(f"    {step:<12} {_counts(counts)}" for step, counts in found.steps.items()),
    ]


def _counts(counts: Counter[str]) -> str:
    if not counts:
        return "0"
    named = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return f"{counts.total()} ({named})"


def _ledger(found: VersionReport) -> str:
    if found.drift == 0:
        return "balanced: entered = inside + completed + exited + failed"
    return f"OUT OF BALANCE by {found.drift}"
