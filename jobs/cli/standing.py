"""The verb `ls`: where each published version stands, and how many are inside it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from connectors.kafka.client import read_topic
from jobs import local
from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import put, say
from jobs.control_topic import Control, read_control_topic
from jobs.folder import Folder, read_folder
from journeys.clock import format_instant
from journeys.lifecycle import Status

_HEAD = ("journey", "version", "status", "inside", "since")
_UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a version of a journey stands."""

    journey: str
    version: int
    status: Status
    inside: int | None
    """How many people are inside, as the job said last; None: it has not said so yet."""
    since: int | None
    """Instant, in milliseconds, since when it stands so."""
    why: str | None = None
    """Why it is paused, where somebody said."""

    def row(self) -> dict[str, object]:
        """Give it as data."""
        since = None if self.since is None else format_instant(self.since)
        return {
            "journey": self.journey,
            "version": self.version,
            "status": self.status,
            "inside": self.inside,
            "since": since,
            "why": self.why,
        }


def ls(folder: FolderArgument = Path(), form: FormatOption = Format.TEXT) -> None:
    """List the published journeys: each version that the job knows, and where it stands."""
    found = standings_of(read_folder(folder))
    if form is Format.JSON:
        rows = [standing.row() for standing in found]
        put(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    if not found:
        say("No journey is published.")
        return
    for line in lines(found):
        put(line)


def standings_of(read: Folder) -> list[Standing]:
    """Say where each version stands, from what was said and what the job has counted."""
    bootstrap, topics = local.bootstrap_of(read), read.settings.topics
    control = read_control_topic(bootstrap, topics)
    records = read_topic(bootstrap, topics.full("metrics"))
    inside = headcounts(record.value or b"{}" for record in records)
    return list(standings(control, inside, round(time.time() * 1000)))


def headcounts(metrics: Iterable[bytes]) -> dict[tuple[str, int], int]:
    """Give the latest count of people inside each version."""
    found = {}
    for metric in map(orjson.loads, metrics):
        if metric.get("metric") == "journeys_inside":
            found[metric["journey_id"], metric["journey_version"]] = metric["value"]
    return found


def standings(control: Control, inside: dict[tuple[str, int], int], now: int) -> Iterator[Standing]:
    """Say where each version stands, journey by journey."""
    for journey, life in control.plans.lives.items():
        for version in control.plans.versions(journey):
            status = life.status(version, now)
            since = control.turned.get((journey, version))
            why = life.pause.why if life.pause and status is Status.PAUSED else None
            yield Standing(journey, version, status, inside.get((journey, version)), since, why)


def lines(found: Iterable[Standing]) -> Iterator[str]:
    """Write standings for people, in columns under a head."""
    found = list(found)
    head = (*_HEAD, "why") if any(standing.why for standing in found) else _HEAD
    rows = [head, *(_cells(standing)[: len(head)] for standing in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cells(standing: Standing) -> tuple[str, ...]:
    inside = _UNKNOWN if standing.inside is None else f"{standing.inside}"
    since = _UNKNOWN if standing.since is None else format_instant(standing.since)
    version, why = f"v{standing.version}", standing.why or ""
    return (standing.journey, version, standing.status, inside, since, why)
