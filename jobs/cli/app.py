"""The command `journeys` and its verbs. Each verb's module is loaded only when it is called.

Exit codes: 0 done, 1 findings (something is wrong with what was given or found), 2 usage or a
fault of the program, 130 interrupted. Data go to standard output, talk to standard error.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info
from typer.models import CommandInfo

from jobs.cli.console import FINDINGS, talk
from journeys.errors import JourneyError

if TYPE_CHECKING:
    # Typer carries click inside, and gives its types no public name.
    from typer._click import Command, Context

VERBS = {
    "validate": "jobs.cli.author",
    "compile": "jobs.cli.author",
    "graph": "jobs.cli.graph",
    "plan": "jobs.cli.plan",
    "conformance": "jobs.cli.conformance",
    "run": "jobs.cli.local",
    "publish": "jobs.cli.local",
    "status": "jobs.cli.local",
    "stop": "jobs.cli.local",
    "send": "jobs.cli.records",
    "tail": "jobs.cli.records",
    "report": "jobs.cli.report",
}
"""Verb to the module that holds it, under its own name (`compile` as `compile_`)."""


class _LazyVerbs(TyperGroup):
    """Loads a verb's module when the verb is asked for."""

    def list_commands(self, ctx: Context) -> list[str]:
        del ctx
        return list(VERBS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        del ctx
        if cmd_name not in VERBS:
            return None
        module = import_module(VERBS[cmd_name])
        name = f"{cmd_name}_" if hasattr(module, f"{cmd_name}_") else cmd_name
        verb: Callable[..., None] = getattr(module, name)
        info = CommandInfo(name=cmd_name, callback=verb)
        return get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)


app = typer.Typer(cls=_LazyVerbs, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _journeys() -> None:
    """Write, check, run and watch customer journeys on Apache Flink and Kafka."""


def main() -> None:
    """Run the command line; errors that a person can mend are said in one go, without a trace."""
    # What goes wrong with Kafka comes as an exception; the client's own words on it only confuse.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    try:
        app()
    except JourneyError as error:
        talk.print(f"error: {error}", style="red", markup=False, highlight=False)
        sys.exit(FINDINGS)
