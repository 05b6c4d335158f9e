"""The verb `conformance`: hold the expression language against cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from jobs.cli.console import FINDINGS, put
from journeys.errors import JourneyError
from journeys.expressions.conformance import run_cases
from journeys.messages import JsonObject


def conformance(
    files: Annotated[list[Path], typer.Argument(help="JSON files, each a list of cases.")],
) -> None:
    """Run cases of the expression language and say which do not give what they must.

    The last line is `N passed, M failed`.
    """
    found = run_cases([case for file in files for case in _cases(file)])
    for result in found.results:
        if not result.passed:
            put(f"{result.id}: {result.expression}\n  {result.difference}")
    put(found.summary)
    if found.passed < len(found.results):
        raise typer.Exit(FINDINGS)


def _cases(file: Path) -> list[JsonObject]:
    try:
        cases = orjson.loads(file.read_bytes())
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise JourneyError(message) from error
    except orjson.JSONDecodeError as error:
        message = f"{file} is not JSON: {error}"
        raise JourneyError(message) from error
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        message = f"{file} holds no cases: expected a JSON list of objects"
        raise JourneyError(message)
    return cases
