"""A scenario that failed is shown: what was not met, why not, and all that happened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from journeys.compiler import compile_project
from journeys.diagnostics import Code, Place
from journeys.kinds.scenario import Completed
from journeys.plans import Plans
from journeys.project import read_project
from journeys.rehearsal.coverage import coverage, uncovered_faults
from journeys.rehearsal.difference import difference, fault_of
from journeys.rehearsal.verdict import Verdict, judge, verdict_on
from journeys.scenario import Scenario
from tests.harness.person import START

GOLDEN = Path(__file__).parents[3] / "golden" / "scenarios"
FILES = {"flow.yaml": (GOLDEN / "flow.yaml").read_text(encoding="utf-8")}


def verdicts() -> list[Verdict]:
    compilation = compile_project(read_project(FILES, {}))
    compilation.raise_errors()
    plans = Plans(compilation.plans.values())
    return [judge(scenario, plans, compilation.responses) for scenario in compilation.scenarios]


def test_scenarios_that_fail_are_shown_as_expected(golden: Callable[[Path, str], None]) -> None:
    texts = []
    for verdict in verdicts():
        fault = fault_of(verdict)
        assert fault is not None
        assert fault.code is Code.EXPECTATION
        texts.append(f"{fault.render(FILES)}\n\n{difference(verdict)}\n")
    golden(GOLDEN / "differences.txt", "\n".join(texts))


def test_branches_that_no_scenario_takes_are_shown_as_expected(
    golden: Callable[[Path, str], None],
) -> None:
    project = read_project(FILES, {})
    (plan,) = compile_project(project).plans.values()
    found = coverage(plan, [verdict.trace for verdict in verdicts()])
    faults = uncovered_faults(found, project.find("journey", "flow"))
    golden(GOLDEN / "uncovered.txt", "".join(f"{d.render(FILES)}\n\n" for d in faults))


def test_a_scenario_that_was_made_and_not_written_is_named() -> None:
    made = Scenario("made", "flow", "profile", "ann", {}, START, (), (), (Completed(),))
    fault = fault_of(verdict_on(made, []))
    assert fault is not None
    assert fault.place == Place("made")
    assert fault.hint == "nothing of this kind happened"
