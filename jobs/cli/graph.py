"""The verb `graph`: a picture of each journey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.author import FolderArgument
from jobs.cli.console import put, say
from jobs.cli.findings import faultless
from jobs.cli.watching import WatchOption, watch
from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.graph import mermaid, page, svg
from journeys.plan import Plan


class Picture(StrEnum):
    """How a journey is drawn."""

    MERMAID = "mermaid"
    SVG = "svg"
    HTML = "html"


_BY_SUFFIX = {
    ".svg": Picture.SVG,
    ".html": Picture.HTML,
    ".htm": Picture.HTML,
    **dict.fromkeys(("", ".mmd", ".mermaid", ".md", ".txt"), Picture.MERMAID),
}


def graph(
    folder: FolderArgument = Path(),
    journey: Annotated[str | None, typer.Option(help="Draw only this one.")] = None,
    form: Annotated[
        Picture | None,
        typer.Option("--format", help="By default as the name of the file says, else mermaid."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file.", dir_okay=False)
    ] = None,
    again: WatchOption = False,
) -> None:
    """Draw each journey: as a page with everything, or one as an SVG picture or Mermaid text."""
    draw = partial(_draw, folder, journey, form, output)
    if again:
        watch(folder, draw)
    else:
        draw()


def _draw(folder: Path, journey: str | None, form: Picture | None, output: Path | None) -> None:
    read = faultless(folder)
    plans = _chosen(read.compilation.plans, journey)
    picture = form or _by_name(output)
    text = _drawn(picture, read.settings.name, plans)
    if output is None:
        put(text)
        return
    _write(output, text)
    say(f"Drawn in {output}: {', '.join(f'{plan.journey} v{plan.version}' for plan in plans)}")


def _by_name(output: Path | None) -> Picture:
    suffix = output.suffix if output else ""
    if suffix not in _BY_SUFFIX:
        known = ", ".join(filter(None, _BY_SUFFIX))
        message = f"no picture ends with {suffix}: let it end with one of {known}, or say --format"
        raise typer.BadParameter(message, param_hint="--output")
    return _BY_SUFFIX[suffix]


def _chosen(plans: Mapping[str, Plan], journey: str | None) -> list[Plan]:
    if journey is None:
        return list(plans.values())
    if journey not in plans:
        message = f"there is no journey '{journey}': {near(journey, plans)}"
        raise typer.BadParameter(message, param_hint="--journey")
    return [plans[journey]]


def _drawn(picture: Picture, project: str, plans: Sequence[Plan]) -> str:
    if picture is Picture.HTML:
        return page(project, plans)
    if len(plans) != 1:
        names = ", ".join(plan.journey for plan in plans) or "none"
        message = (
            f"{picture} shows one journey: choose it, or draw all with --format html ({names})"
        )
        raise typer.BadParameter(message, param_hint="--journey")
    return svg(plans[0]) if picture is Picture.SVG else mermaid(plans[0])


def _write(file: Path, text: str) -> None:
    """Write a picture, unless it stands there: a watch sees what is written into the project."""
    content = text + "\n"
    try:
        if not file.exists() or file.read_text(encoding="utf-8") != content:
            file.write_text(content, encoding="utf-8")
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}"
        raise JourneyError(message) from error
