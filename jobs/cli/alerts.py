"""The verb `alerts`: what somebody should look at now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from connectors.kafka.client import Received, read_topic
from jobs import local
from jobs.cli.author import FolderArgument, Format, FormatOption
from jobs.cli.console import put, say
from jobs.folder import read_folder
from journeys.alerts import AlertState


def alerts(
    folder: FolderArgument = Path(),
    everything: Annotated[
        bool, typer.Option("--all", help="Show those that are over too, and what only happened.")
    ] = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Show the alerts that hold: what is wrong with a journey, since when, and what to do."""
    read = read_folder(folder)
    records = read_topic(local.bootstrap_of(read), read.settings.topics.full("alerts"))
    shown = [
        alert
        for alert in latest(records)
        if everything or alert["state"] == AlertState.RAISED.value
    ]
    if form is Format.JSON:
        put(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
        return
    if not shown:
        say("There are no alerts." if everything else "No alert holds.")
    for line in lines(shown):
        put(line)


def latest(records: Iterable[Received]) -> list[dict[str, Any]]:
    """Give what was said last under each key, the oldest first."""
    found = {record.key: orjson.loads(record.value) for record in records if record.value}
    return sorted(found.values(), key=lambda alert: (alert["since"], alert["alert"]))


def lines(shown: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Write alerts for people."""
    for alert in shown:
        about = [alert["journey_id"]]
        if alert["journey_version"] is not None:
            about.append(f"v{alert['journey_version']}")
        if alert["subject"] is not None:
            about.append(f"'{alert['subject']}'")
        if alert["threshold"] is not None:
            about.append(f"{alert['value']:g}, threshold {alert['threshold']:g}")
        yield f"{alert['state']:<8}  {alert['alert']}: {' '.join(about)}"
        yield f"{'':<8}  since {alert['since']}. {alert['advice']}"
