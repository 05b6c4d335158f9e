"""The verb `schema`: what editors need to complete and check definitions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import put, say
from jobs.editor_schemas import DEFINITION, SETTINGS, schema_texts
from journeys.errors import JourneyError


def schema(
    settings: Annotated[
        bool, typer.Option("--settings", help="The schema of journeys.yaml instead.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this file instead of standard output."),
    ] = None,
) -> None:
    """Write the JSON Schema of definition files, by which editors complete and check them."""
    text = schema_texts()[SETTINGS if settings else DEFINITION]
    if output is None:
        put(text.removesuffix("\n"))
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}"
        raise JourneyError(message) from error
    say(f"Wrote {output}.")
