"""The verb `test`: walk people through journeys, and hold what happens to the scenarios."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.author import FolderArgument
from jobs.cli.console import FINDINGS, put, say
from jobs.cli.findings import (
    FindingsFormat,
    FindingsFormatOption,
    project_findings,
    readiness,
    report,
    root_of,
)
from jobs.cli.watching import WatchOption, watch
from jobs.folder import Folder, read_folder
from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.findings import FORMATS
from journeys.plan import Plan
from journeys.rehearsal.coverage import Coverage, coverage
from journeys.rehearsal.fuzz import search
from journeys.rehearsal.outcome import Rehearsal, Tested
from journeys.rehearsal.subject import Subject
from journeys.rehearsal.verdict import Verdict, judge
from journeys.scenario import Scenario


@dataclass(frozen=True, slots=True)
class _Options:
    select: str
    cover: bool
    fail_under: float
    fuzz: int
    seed: int
    form: FindingsFormat


def test(
    folder: FolderArgument = Path(),
    select: Annotated[
        str, typer.Option(help="Run only scenarios whose id matches, such as 'cart.*'.")
    ] = "*",
    cover: Annotated[
        bool, typer.Option("--coverage", help="Show which branches the scenarios took.")
    ] = False,
    fail_under: Annotated[
        float,
        typer.Option(
            min=0, max=100, help="Fail below so many percent of branches; shows them, too."
        ),
    ] = 0,
    fuzz: Annotated[
        int, typer.Option(min=0, help="Try so many random runs of each journey, too.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="With --fuzz: the same seed tries the same runs.")] = 1,
    form: FindingsFormatOption = FindingsFormat.TEXT,
    again: WatchOption = False,
) -> None:
    """Run the scenarios of a project in virtual time, and show what happened where one fails."""
    run = partial(
        _test, folder, _Options(select, cover or fail_under > 0, fail_under, fuzz, seed, form)
    )
    if again:
        watch(folder, run)
    else:
        run()


def _test(folder: Path, options: _Options) -> None:
    read = read_folder(folder)
    if read.compilation.errors:
        report(project_findings(read), options.form, readiness(read))
    begun = time.perf_counter()
    found = _rehearsal(read, options)
    seconds = time.perf_counter() - begun
    if options.form is FindingsFormat.TEXT:
        for line in found.lines():
            put(line)
    elif options.form is FindingsFormat.JSON:
        put(found.json())
    else:
        put(FORMATS[options.form](found.findings(root_of(read.path))))
    say(f"{found.passed} passed, {found.failed} failed in {seconds:.2f} s")
    for short in found.short:
        share = f"{short.percent:.1f} % of its branches, less than {options.fail_under:g}"
        say(f"{short.plan.journey}: {share}")
    if not found.is_good:
        raise typer.Exit(FINDINGS)


def _rehearsal(read: Folder, options: _Options) -> Rehearsal:
    compilation = read.compilation
    plans = compilation.published()
    chosen = [s for s in compilation.scenarios if fnmatchcase(s.id, options.select)]
    if not chosen and not options.fuzz:
        raise JourneyError(_nothing_to_test(compilation.scenarios, options.select))
    tested = [_timed(partial(judge, s, plans, compilation.responses)) for s in chosen]
    subjects = [
        Subject(plan, plans, compilation.responses, read.profile_schema)
        for plan in (compilation.plans.values() if options.fuzz else ())
    ]
    return Rehearsal(
        read.project,
        tested,
        [search(subject, seed=options.seed, runs=options.fuzz) for subject in subjects],
        _coverages(read, [each.verdict for each in tested]) if options.cover else [],
        options.fail_under,
    )


def _nothing_to_test(scenarios: Sequence[Scenario], select: str) -> str:
    if not scenarios:
        return "the project has no scenario: write one (`kind: scenario`), or try --fuzz 100"
    return f"no scenario matches '{select}': {near(select, (each.id for each in scenarios))}"


def _timed(run: partial[Verdict]) -> Tested:
    begun = time.perf_counter()
    return Tested(run(), time.perf_counter() - begun)


def _coverages(read: Folder, verdicts: list[Verdict]) -> list[Coverage]:
    """Give how far the journeys were walked that some scenario is about."""
    journeys = {verdict.scenario.journey for verdict in verdicts}
    plans: list[Plan] = [p for name, p in read.compilation.plans.items() if name in journeys]
    return [
        coverage(plan, (v.trace for v in verdicts if v.scenario.journey == plan.journey))
        for plan in plans
    ]
