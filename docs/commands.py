"""What the command line is and says."""

from __future__ import annotations

import shlex

from typer.testing import CliRunner

from docs.examples import BINARIES, example_files
from docs.tables import table
from jobs.cli.app import VERBS, app, summary
from journeys.compiler import compile_project
from journeys.plans import Plans
from journeys.project import read_project
from journeys.rehearsal.outcome import Rehearsal, Tested
from journeys.rehearsal.verdict import judge


def verbs(_: str) -> str:
    """Describe the verbs of the command line by the first line of their help."""
    rows = [[f"`journeys {verb}`", summary(verb)] for verb in VERBS]
    return table(["Verb", "What it does"], rows)


def command(argument: str) -> str:
    """Show what a verb writes to standard output."""
    written = CliRunner().invoke(app, shlex.split(argument)).stdout
    return f"```text\n$ journeys {argument}\n{written}```"


def changed_scenario(argument: str) -> str:
    """Run one scenario of the welcome journey with a word in it changed: id, word, other word."""
    name, word, other = argument.split()
    files = example_files("")
    files["scenarios.yaml"] = files["scenarios.yaml"].replace(word, other, 1)
    project = read_project(files, {}, BINARIES)
    compilation = compile_project(project, "schemas/profile.json")
    plans = Plans(compilation.plans.values())
    (scenario,) = (each for each in compilation.scenarios if each.id == name)
    tested = Tested(judge(scenario, plans, compilation.responses), 0)
    return "\n".join(["```text", *Rehearsal(project, [tested]).lines(), "```"])
