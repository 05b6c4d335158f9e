"""The page of faults: each with an example, which brings it, and what is then said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from docs.examples import BINARIES, EXAMPLE, example_files, faults_of
from journeys.compiler import compile_project
from journeys.diagnostics import Code, Diagnostic
from journeys.faults import FAMILIES, fault_page
from journeys.plans import Plans
from journeys.project import read_project
from journeys.rehearsal.coverage import coverage, uncovered_faults
from journeys.rehearsal.difference import fault_of
from journeys.rehearsal.verdict import judge


def faults(_: str) -> str:
    """Describe every fault by its page, and show what the compiler says of the page's example."""
    parts = []
    for family, title in FAMILIES.items():
        entries = [_fault(code) for code in Code if code.startswith(family)]
        parts += [f"## {title}", *entries] if entries else []
    return "\n\n".join(parts)


def _fault(code: Code) -> str:
    page = fault_page(code)
    files = example_files(page.example, alone=page.is_alone)
    if page.schema is not None:
        files["example.json"] = page.schema
    found = [d for d in [*faults_of(files), *tested_faults(files)] if d.code == code]
    if not found:
        message = f"the example of {code} does not bring this fault"
        raise ValueError(message)
    schema = [] if page.schema is None else [f"`example.json`:\n\n```json\n{page.schema}```"]
    example = f"```yaml\n{page.example}```"
    said = f"```text\n{found[0].render(files)}\n```"
    title = f"### {code}\n\n**{page.title}.**"
    return "\n\n".join((title, page.meaning, *schema, example, said, page.remedy))


def tested_faults(files: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Give what running the scenarios of the example finds, and the branches that none takes."""
    project = read_project(files, {}, BINARIES)
    compilation = compile_project(project)
    plans = Plans(compilation.plans.values())
    for scenario in compilation.scenarios:
        if scenario.document is None or scenario.document.file != EXAMPLE:
            continue
        verdict = judge(scenario, plans, compilation.responses)
        fault = fault_of(verdict)
        plan = compilation.plans[scenario.journey]
        yield from [fault] if fault else []
        found = coverage(plan, [verdict.trace])
        yield from uncovered_faults(found, project.find("journey", scenario.journey))
