"""The verb `schema`: what editors need to complete and check definitions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs import editor_schemas, step_event_schemas
from jobs.cli.console import put, say
from jobs.editor_schemas import DEFINITION, SETTINGS
from jobs.step_event_schemas import AVRO, JSON_SCHEMA
from journeys.errors import JourneyError


def schema(
    settings: Annotated[
        bool, typer.Option("--settings", help="The schema of journeys.yaml instead.")
    ] = False,
    step_events: Annotated[
        bool, typer.Option("--step-events", help="The schema of records on step-events instead.")
    ] = False,
    avro: Annotated[bool, typer.Option("--avro", help="With --step-events: as Avro.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this file instead of standard output."),
    ] = None,
) -> None:
    """Write the JSON Schema of definition files, by which editors complete and check them."""
    if avro and not step_events:
        message = "only step events have an Avro schema: write --step-events too"
        raise typer.BadParameter(message)
    if step_events:
        text = step_event_schemas.schema_texts()[AVRO if avro else JSON_SCHEMA]
    else:
        text = editor_schemas.schema_texts()[SETTINGS if settings else DEFINITION]
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
