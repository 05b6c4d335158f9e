"""The command `journeys` and its verbs. Each verb's module is loaded only when it is called.

Exit codes: 0 done, 1 findings (something is wrong with what was given or found), 2 usage or a
fault of the program, 130 interrupted. Data go to standard output, talk to standard error.
"""

from __future__ import annotations

import ast
import gc
import logging
import re
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer
from typer._click.shell_completion import CompletionItem
from typer.core import TyperGroup
from typer.main import get_command_from_info, get_group
from typer.models import CommandInfo

from jobs.cli.console import FINDINGS, complain, put
from journeys.errors import JourneyError

if TYPE_CHECKING:
    # Typer carries click inside, and gives its types no public name.
    from typer._click import Command, Context, HelpFormatter

VERBS = {
    "init": "jobs.cli.init",
    "validate": "jobs.cli.author",
    "explain": "jobs.cli.explain",
    "fmt": "jobs.cli.fmt",
    "compile": "jobs.cli.compile",
    "graph": "jobs.cli.graph",
    "plan": "jobs.cli.plan",
    "test": "jobs.cli.scenarios",
    "simulate": "jobs.cli.simulation",
    "backtest": "jobs.cli.backtest",
    "preview": "jobs.cli.preview",
    "try": "jobs.cli.trying",
    "schema": "jobs.cli.schema",
    "conformance": "jobs.cli.conformance",
    "run": "jobs.cli.local",
    "status": "jobs.cli.local",
    "deploy": "jobs.cli.deploy",
    "savepoint": "jobs.cli.deploy",
    "down": "jobs.cli.local",
    "publish": "jobs.cli.lifecycle",
    "ls": "jobs.cli.standing",
    "pause": "jobs.cli.lifecycle",
    "resume": "jobs.cli.lifecycle",
    "close": "jobs.cli.lifecycle",
    "stop": "jobs.cli.lifecycle",
    "rollback": "jobs.cli.lifecycle",
    "enter": "jobs.cli.lifecycle",
    "members": "jobs.cli.members",
    "send": "jobs.cli.records",
    "ingest": "jobs.cli.ingest",
    "receive": "jobs.cli.receive",
    "tail": "jobs.cli.records",
    "report": "jobs.cli.report",
    "alerts": "jobs.cli.alerts",
    "query": "jobs.cli.query",
    "export": "jobs.cli.export",
    "trace": "jobs.cli.paths",
    "why": "jobs.cli.why",
    "inside": "jobs.cli.inside",
    "check": "jobs.cli.check",
    "dlq": "jobs.cli.dlq",
    "doctor": "jobs.cli.doctor",
    "compare": "jobs.cli.paths",
}
"""Verb to the module that holds it, under its own name (`compile` as `compile_`)."""
GARBAGE_THRESHOLD = 50_000
"""Objects made before Python looks for circles of them; its own 700 costs a tenth of a start."""
HELP_WIDTH = 75
"""Of a verb's help in a shell's menu: some shells take a second line for another verb."""
MEANT = 3
"""Verbs that are proposed where one is not known."""
SAYING = 5
"""Letters of a word that is sought in lines of help: shorter ones stand in too many."""


def summary(verb: str) -> str:
    """Give a verb's first line of help without loading what the verb needs to run."""
    spec = find_spec(VERBS[verb])
    tree = ast.parse(Path(spec.origin).read_bytes() if spec and spec.origin else b"")
    names = (verb, f"{verb}_")
    defined = (d for d in tree.body if isinstance(d, ast.FunctionDef) and d.name in names)
    return next((ast.get_docstring(d) or "" for d in defined), "").partition("\n")[0]


def meant(word: str) -> list[str]:
    """Give verbs that may have been meant: their line of help begins so, or their name is near.

    Or, last, their line of help has the words.
    """
    phrase = re.sub("[-_]", " ", word.lower())
    lines = {verb: summary(verb).lower() for verb in VERBS}
    begin = [verb for verb, line in lines.items() if line.startswith(f"{phrase} ")]
    near = get_close_matches(word.lower(), VERBS, n=1, cutoff=0.7)
    says = [verb for verb, line in lines.items() if len(phrase) >= SAYING and phrase in line]
    return list(dict.fromkeys([*begin, *near, *says]))[:MEANT]


class _LazyVerbs(TyperGroup):
    """Loads a verb's module when the verb is asked for, and never to list the verbs."""

    def list_commands(self, ctx: Context) -> list[str]:
        del ctx
        return list(VERBS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        del ctx
        if cmd_name not in VERBS:
            return None
        module = import_module(VERBS[cmd_name])
        verbs = getattr(module, f"{cmd_name}_verbs", None)
        if isinstance(verbs, typer.Typer):  # a verb of several
            group = get_group(verbs)
            group.name = cmd_name
            return group
        name = f"{cmd_name}_" if hasattr(module, f"{cmd_name}_") else cmd_name
        verb: Callable[..., None] = getattr(module, name)
        info = CommandInfo(name=cmd_name, callback=verb)
        return get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        word = args[0]
        if word not in VERBS and not word.startswith("-"):
            verbs = " or ".join(f"`journeys {verb}`" for verb in meant(word))
            ctx.fail(f"there is no verb '{word}'" + (f"; did you mean {verbs}?" if verbs else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(verb, summary(verb)) for verb in VERBS])

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        verbs = [
            CompletionItem(verb, help=shorten(summary(verb), HELP_WIDTH, placeholder=" …"))
            for verb in VERBS
            if verb.startswith(incomplete)
        ]
        return [*verbs, *super(TyperGroup, self).shell_complete(ctx, incomplete)]


app = typer.Typer(cls=_LazyVerbs, no_args_is_help=True, rich_markup_mode=None)


def _put_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415  # slow, and seldom asked for

        put(f"journeys {version('journeys')}")
        raise typer.Exit


@app.callback()
def _journeys(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_put_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Write, check, run and watch customer journeys on Apache Flink and Kafka."""


def main() -> None:
    """Run the command line; errors that a person can mend are said in one go, without a trace."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    # What goes wrong with Kafka comes as an exception; the client's own words on it only confuse.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    try:
        app()
    except JourneyError as error:
        complain(f"error: {error}")
        sys.exit(FINDINGS)
    except OSError as error:
        if error.filename is None:
            raise  # no fault of a file or of its disk
        complain(f"error: {error.filename}: {error.strerror}")
        sys.exit(FINDINGS)
