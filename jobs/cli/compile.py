"""The verb `compile`."""

from __future__ import annotations

from pathlib import Path

from jobs.cli.author import FolderArgument
from jobs.cli.console import put
from jobs.cli.findings import faultless
from journeys import codec


def compile_(folder: FolderArgument = Path()) -> None:
    """Write the plan of every journey to standard output, one JSON object a line."""
    for plan in faultless(folder).compilation.plans.values():
        put(codec.plan_text(plan))
