"""The verb `query`: questions to step events, ready to be asked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.analysis.database import Answer
from connectors.analysis.recipes import COMMON, Recipe, recipe_of, recipes, views
from connectors.analysis.script import script
from jobs.analysis import Asked
from jobs.cli.console import put, say
from jobs.cli.options import ProjectOption
from jobs.cli.questions import (
    FilesOption,
    JourneyOption,
    SinceOption,
    UntilOption,
    VersionOption,
    Which,
    WhichOption,
    aligned,
    instant,
    written,
)
from journeys.diagnostics import near


class RowsFormat(StrEnum):
    """How rows are written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    SQL = "sql"
    """The question itself; with files, as a script that DuckDB runs alone."""


def _named(incomplete: str) -> list[tuple[str, str]]:
    return [(n, r.question) for n, r in recipes().items() if n.startswith(incomplete)]


def query(
    recipe: Annotated[
        str | None,
        typer.Argument(help="Which question; without one, all are listed.", autocompletion=_named),
    ] = None,
    project: ProjectOption = Path(),
    files: FilesOption = None,
    given: Annotated[
        list[str] | None, typer.Option("--with", help="NAME=VALUE, such as person=ann.")
    ] = None,
    journey: JourneyOption = None,
    version: VersionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    which: WhichOption = Which.LIVE,
    form: Annotated[
        RowsFormat, typer.Option("--format", help="How rows are written; sql shows the query.")
    ] = RowsFormat.TEXT,
) -> None:
    """Ask one of many questions, in SQL, of step events and all that lies beside them."""
    if recipe is None:
        _list(form)
        return
    asked = recipe_of(recipe)
    variables: dict[str, object] = {
        "journey": journey,
        "version": version,
        "mode": which.variable,
        "since": instant(since, "--since"),
        "until": instant(until, "--until"),
        **_variables(asked, given or []),
    }
    if form is RowsFormat.SQL:
        put(script(files, asked, variables) if files else f"{views()}\n{asked.sql};")
        return
    answer = Asked(project, files, variables).answer(asked.topics, lambda db: db.ask(asked))
    if not answer.rows and form is RowsFormat.TEXT:
        say("Nothing is told of that.")
        return
    for line in _lines(answer, form):
        put(line)


def _list(form: RowsFormat) -> None:
    known = list(recipes().values())
    if form is RowsFormat.JSON:
        rows = [{"name": r.name, "question": r.question, "needs": r.needs} for r in known]
        put(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    width = max(len(recipe.name) for recipe in known)
    for recipe in known:
        needs = f" Needs {', '.join(recipe.needs)}." if recipe.needs else ""
        put(f"{recipe.name:<{width}}  {recipe.question}{needs}")


def _variables(recipe: Recipe, given: list[str]) -> dict[str, object]:
    """Read `NAME=VALUE` for the variables that a recipe needs."""
    found: dict[str, object] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            message = f"'{text}' is no NAME=VALUE"
            raise typer.BadParameter(message, param_hint="--with")
        if name not in recipe.needs:
            why = f"say --{name}" if name in COMMON else near(name, recipe.needs)
            message = f"the recipe '{recipe.name}' takes no '{name}': {why}"
            raise typer.BadParameter(message, param_hint="--with")
        found[name] = value
    return found


def _lines(answer: Answer, form: RowsFormat) -> Iterator[str]:
    if form is RowsFormat.TEXT:
        yield from aligned(answer.columns, answer.rows)
        return
    rows = [
        [written(value) if isinstance(value, datetime) else value for value in row]
        for row in answer.rows
    ]
    if form is RowsFormat.CSV:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([answer.columns, *rows])
        yield text.getvalue().removesuffix("\n")
        return
    told = [dict(zip(answer.columns, row, strict=True)) for row in rows]
    yield orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
