"""The verb `backtest`: let journeys run over what was recorded, and count what comes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.embedded.stack import LocalStack
from connectors.files.reading import count_rows
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.privileges import BACKTEST
from jobs import local
from jobs.backtest_description import BacktestDescription, Side
from jobs.backtesting import (
    FEW,
    FOLDER,
    backtest_here,
    backtest_on_cluster,
    count_records,
)
from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import put, say
from jobs.cli.findings import faultless
from jobs.cli.progress import progress
from jobs.control_topic import read_control_topic
from jobs.folder import Folder
from jobs.ingest_description import DescribedFile
from jobs.job import JobDescription
from journeys.backtest.recording import Clock
from journeys.backtest.summary import lines, summary
from journeys.backtest.tally import Tally
from journeys.clock import format_instant, parse_instant
from journeys.definitions import SharedDefinition
from journeys.diagnostics import near
from journeys.messages import JsonObject
from journeys.plan import Plan
from journeys.plans import Plans

LIVE = "live"
DRAFT = "draft"


def backtest(
    folder: FolderArgument = Path(),
    journey: Annotated[
        str | None, typer.Option(help="Only this journey; by default all of the project.")
    ] = None,
    records: Annotated[
        list[Path] | None,
        typer.Option(help="Parquet or JSON lines of events or records, instead of the topics."),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(help="Beside it: `live`, a version that was published, or another folder."),
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="JSON file: action or source to its answers.")
    ] = None,
    clock: Annotated[
        Clock, typer.Option("--time", help="Which time of a record counts.")
    ] = Clock.EVENT,
    until: Annotated[
        str | None, typer.Option(help="Nothing happens from here on; by default it is now.")
    ] = None,
    here: Annotated[
        bool | None, typer.Option("--local/--on-cluster", help="Where; by default by the size.")
    ] = None,
    step_events: Annotated[
        Path | None, typer.Option(help="Write the draft's step events into this folder.")
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Let journeys run over what was recorded, and count who enters and what comes of it.

    Nothing is sent: calls are answered as was recorded, or as a model says.
    """
    read = faultless(folder)
    description = BacktestDescription(
        job=_job(read, records or []),
        sides=_sides(read, journey, compare),
        responses=dict(read.compilation.responses),
        answers=_answers(answers),
        until=_until(until),
        clock=clock,
        files=[_file(path) for path in records or []],
        told=_empty(step_events),
        kept=read.stack / FOLDER / "kept",
    )
    description.trial()  # says what is wrong with answers before anything is read
    count = count_records(description)
    began = time.monotonic()
    tallies = _carry_out(read, description, count, here=here)
    _show(description, tallies, count / (time.monotonic() - began), form)


def _job(read: Folder, records: list[Path]) -> JobDescription:
    settings = read.settings
    return JobDescription(
        name=f"{settings.name}-{BACKTEST}",
        bootstrap=Bootstrap(servers="") if records else local.bootstrap_of(read),
        topics=settings.topics,
        checkpoint_folder=(read.stack / FOLDER / "checkpoints").as_uri(),
        state_backend="hashmap",  # nothing is kept between two people
        parallelism=settings.job.parallelism,
    )


def _file(path: Path) -> DescribedFile:
    if not path.is_file():
        message = f"there is no file {path}"
        raise typer.BadParameter(message, param_hint="--records")
    return DescribedFile(name=path.name, path=path.resolve(), rows=count_rows(path))


def _empty(folder: Path | None) -> Path | None:
    """Give a folder to write into: what lies there already would be counted with the new."""
    if folder is not None and folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty: name a new folder"
        raise typer.BadParameter(message, param_hint="--step-events")
    return None if folder is None else folder.resolve()


def _until(text: str | None) -> int:
    if text is None:
        return round(time.time() * 1000)
    try:
        return parse_instant(text)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error), param_hint="--until") from error


def _answers(file: Path | None) -> dict[str, list[JsonObject]]:
    if file is None:
        return {}
    try:
        written = orjson.loads(file.read_bytes())
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise typer.BadParameter(message, param_hint="--answers") from error
    except orjson.JSONDecodeError as error:
        message = f"{file} is not JSON: {error}"
        raise typer.BadParameter(message, param_hint="--answers") from error
    found = written if isinstance(written, dict) else {"": written}
    answers = {name: one if isinstance(one, list) else [one] for name, one in found.items()}
    if not all(name and isinstance(one, dict) for name, each in answers.items() for one in each):
        message = f"{file} must name actions and sources, each with an answer or a list of them"
        raise typer.BadParameter(message, param_hint="--answers")
    return answers


# What walks.


def _sides(read: Folder, journey: str | None, compare: str | None) -> list[Side]:
    sides = [_side(DRAFT, read, _chosen(read, journey))]
    if compare is None:
        return sides
    if compare != LIVE and not compare.isdigit():
        other = faultless(Path(compare))
        return [*sides, _side(Path(compare).name, other, _chosen(other, journey))]
    published = read_control_topic(local.bootstrap_of(read), read.settings.topics).plans
    return [*sides, _published(read, published, journey, compare)]


def _chosen(read: Folder, journey: str | None) -> Mapping[str, Plan]:
    plans = read.compilation.plans
    if journey is None:
        return plans
    if journey not in plans:
        message = f"there is no journey '{journey}': {near(journey, plans)}"
        raise typer.BadParameter(message, param_hint="--journey")
    return {journey: plans[journey]}


def _side(name: str, read: Folder, plans: Mapping[str, Plan]) -> Side:
    compilation = read.compilation
    return Side.of(name, plans.values(), compilation.shared, compilation.tables)


def _published(read: Folder, published: Plans, journey: str | None, version: str) -> Side:
    """Give what was published: what is live, or one version beside the rest of the draft."""
    drafts = _chosen(read, journey)
    if version == LIVE:
        chosen = {name: plan for name, plan in published.live.items() if name in drafts}
    else:
        found = {name: published.find(name, int(version)) for name in drafts}
        known = {name: plan for name, plan in found.items() if plan is not None}
        chosen = dict(drafts) | known if known else {}
    if not chosen:
        message = f"no such journey was published: {', '.join(drafts)} ({version})"
        raise typer.BadParameter(message, param_hint="--compare")
    name = LIVE if version == LIVE else f"v{version}"
    shared: list[SharedDefinition] = [*published.datasets.values(), *published.models.values()]
    return Side.of(name, chosen.values(), shared, read.compilation.tables)


# What comes of it.


def _carry_out(
    read: Folder, description: BacktestDescription, count: int, *, here: bool | None
) -> list[Tally]:
    if here if here is not None else count <= FEW:
        say(f"Reading {count:,} records here")
        return backtest_here(description)
    say(f"Reading {count:,} records by a job on the cluster")
    stack, spare = LocalStack.load(read.stack), read.settings.job.spare_workers
    with progress("Reading", "records") as told:
        return backtest_on_cluster(description, stack, spare, lambda done: told(done, count))


def _show(
    description: BacktestDescription, tallies: list[Tally], rate: float, form: Format
) -> None:
    names = [side.name for side in description.sides]
    summaries = [summary(tally) for tally in tallies]
    if form is Format.JSON:
        sides = [{"name": n, **found} for n, found in zip(names, summaries, strict=True)]
        told = {"time": description.clock, "until": format_instant(description.until)}
        put(orjson.dumps({**told, "sides": sides}, option=orjson.OPT_INDENT_2).decode())
    else:
        for line in lines(summaries, names):
            put(line)
    say(f"{rate:,.0f} records a second.")
