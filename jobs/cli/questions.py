"""The options that questions to step events have in common, and rows written for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from journeys.clock import format_instant, parse_instant

FilesOption = Annotated[
    Path | None,
    typer.Option("--files", help="Read what `journeys export` wrote there, and no topic."),
]
JourneyOption = Annotated[str | None, typer.Option(help="Of this journey only.")]
VersionOption = Annotated[int | None, typer.Option(help="Of this version only.")]
SinceOption = Annotated[
    str | None, typer.Option(help="From then on, such as 2026-03-01T08:00:00Z.")
]
UntilOption = Annotated[str | None, typer.Option(help="Before then.")]


class Which(StrEnum):
    """Which walks are counted."""

    LIVE = "live"
    TEST = "test"
    DRY_RUN = "dry-run"
    SHADOW = "shadow"
    ALL = "all"

    @property
    def variable(self) -> str:
        """Give it as queries are told."""
        return self.value.replace("-", "_")


WhichOption = Annotated[
    Which, typer.Option("--mode", help="What really happened, or what did in rehearsals.")
]


def instant(text: str | None, option: str) -> datetime | None:
    """Read an instant that was given.

    Raises:
        BadParameter: it is none.
    """
    if text is None:
        return None
    try:
        return datetime.fromisoformat(format_instant(parse_instant(text)))
    except ValueError as error:
        message = f"{error}; expected an instant such as 2026-03-01T08:00:00Z"
        raise typer.BadParameter(message, param_hint=option) from error


def aligned(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Write rows in columns below a head, numbers to the right."""
    columns = list(zip(head, *rows, strict=True))
    written_columns = [[name, *map(cell, values)] for name, *values in columns]
    for number, (_, *values) in enumerate(columns):
        texts = written_columns[number]
        width = max(map(len, texts))
        to_right = any(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        written_columns[number] = [t.rjust(width) if to_right else t.ljust(width) for t in texts]
    for row in zip(*written_columns, strict=True):
        yield "  ".join(row).rstrip()


def cell(value: object) -> str:
    """Write one value for people."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return written(value)
        case float():
            return f"{value:.0f}" if value.is_integer() else f"{value}"
    return str(value)


def written(value: datetime) -> str:
    """Write an instant as everywhere else."""
    return format_instant(round(value.timestamp() * 1000))
