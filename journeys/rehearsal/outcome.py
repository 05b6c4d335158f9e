"""All that testing a project found, written for people, for programs, and as findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import orjson

from journeys.diagnostics import Diagnostic, Place
from journeys.expressions.errors import Severity
from journeys.findings import Check, Findings
from journeys.plan import Plan
from journeys.project import Project
from journeys.rehearsal.coverage import Coverage, coverage, uncovered_faults
from journeys.rehearsal.difference import difference, fault_of
from journeys.rehearsal.fuzz import Search, law_fault, scenario_text
from journeys.rehearsal.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Tested:
    """One scenario that was run."""

    verdict: Verdict
    seconds: float


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Everything that was tried with a project."""

    project: Project
    tested: Sequence[Tested]
    searches: Sequence[Search] = ()
    coverages: Sequence[Coverage] = ()
    fail_under: float = 0
    """The least share of branches that is good enough, in percent."""

    @property
    def failed(self) -> int:
        """How many scenarios failed."""
        return sum(not each.verdict.passed for each in self.tested)

    @property
    def passed(self) -> int:
        """How many did not."""
        return len(self.tested) - self.failed

    @property
    def short(self) -> list[Coverage]:
        """The journeys of which too little was walked."""
        return [found for found in self.coverages if found.percent < self.fail_under]

    @property
    def is_good(self) -> bool:
        """Say whether everything passed, no law is broken, and enough was walked."""
        return not (self.failed or self.short or any(each.broken for each in self.searches))

    # For people.

    def lines(self) -> Iterator[str]:
        """Write a line for what passed, and all there is to know of what did not."""
        for each in self.tested:
            yield from self._scenario_lines(each.verdict)
        for tried in self.searches:
            yield from self._search_lines(tried)
        for found in self.coverages:
            yield from self._table(found)

    def _scenario_lines(self, verdict: Verdict) -> Iterator[str]:
        fault = fault_of(verdict)
        yield f"{'✗' if fault else '✓'} {verdict.scenario.id}"
        if fault:
            yield f"{fault.render(self.project.files)}\n\n{difference(verdict)}\n"

    def _search_lines(self, tried: Search) -> Iterator[str]:
        found = coverage(tried.plan, tried.traces)
        what = f"{_name(tried.plan)}: {tried.runs} random runs, {_share(found)}"
        fault = self._law_fault(tried)
        yield f"✗ {what}" if fault else f"✓ {what}, no law broken"
        if fault and tried.broken:
            yield f"{fault.render(self.project.files)}\n\n{scenario_text(tried.broken)}"

    def _table(self, found: Coverage) -> Iterator[str]:
        yield ""
        yield f"{_name(found.plan)}: {_share(found)}, {found.percent:.1f} %"
        width = max(len(str(way)) for way in found.taken)
        faults = (f"  {fault.place}" for fault in self._uncovered(found))
        places = dict(zip(found.uncovered, faults, strict=True))
        for way, times in found.taken.items():
            yield f"  {way!s:<{width}}  {times or 'never':>6}{places.get(way, '')}"

    # Faults.

    def _law_fault(self, tried: Search) -> Diagnostic | None:
        return law_fault(tried.broken, self._place(tried.plan)) if tried.broken else None

    def _uncovered(self, found: Coverage) -> list[Diagnostic]:
        document = self.project.find("journey", found.plan.journey)
        faults = uncovered_faults(found, document)
        if found in self.short:
            return [replace(fault, severity=Severity.ERROR) for fault in faults]
        return list(faults)

    def _place(self, plan: Plan) -> Place:
        document = self.project.find("journey", plan.journey)
        return document.place(("id",)) if document else Place(plan.journey)

    def findings(self, root: str) -> Findings:
        """Give a check for each scenario, each searched journey and each coverage."""
        checks = [
            *(_scenario_check(each) for each in self.tested),
            *(self._search_check(tried) for tried in self.searches),
            *(self._coverage_check(found) for found in self.coverages),
        ]
        return Findings("journeys test", tuple(checks), self.project.files, root)

    def _search_check(self, tried: Search) -> Check:
        name, fault = f"{tried.plan.journey}, random runs", self._law_fault(tried)
        return Check(name, self._place(tried.plan), (fault,) if fault else ())

    def _coverage_check(self, found: Coverage) -> Check:
        name = f"{found.plan.journey}, branches"
        return Check(name, self._place(found.plan), tuple(self._uncovered(found)))

    # For programs.

    def json(self) -> str:
        """Write every scenario, every search and every coverage, whether good or not."""
        report = {
            "scenarios": [_scenario_row(each) for each in self.tested],
            "fuzz": [_search_row(tried) for tried in self.searches],
            "coverage": [self._coverage_row(found) for found in self.coverages],
        }
        return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()

    def _coverage_row(self, found: Coverage) -> dict[str, object]:
        return {
            "journey": found.plan.journey,
            "version": found.plan.version,
            "percent": round(found.percent, 1),
            "branches": {str(way): times for way, times in found.taken.items()},
            "uncovered": [str(fault.place) for fault in self._uncovered(found)],
        }


def _scenario_row(each: Tested) -> dict[str, object]:
    fault = fault_of(each.verdict)
    return {
        "id": each.verdict.scenario.id,
        "passed": fault is None,
        "seconds": round(each.seconds, 6),
        "place": str(fault.place) if fault else None,
        "message": fault.message if fault else None,
        "hint": fault.hint if fault else None,
    }


def _search_row(tried: Search) -> dict[str, object]:
    return {
        "journey": tried.plan.journey,
        "runs": tried.runs,
        "broken": list(tried.broken.laws) if tried.broken else [],
        "scenario": scenario_text(tried.broken) if tried.broken else None,
    }


def _name(plan: Plan) -> str:
    return f"{plan.journey} v{plan.version}"


def _share(found: Coverage) -> str:
    return f"{len(found.taken) - len(found.uncovered)} of {len(found.taken)} branches"


def _scenario_check(each: Tested) -> Check:
    scenario, fault = each.verdict.scenario, fault_of(each.verdict)
    place = scenario.document.place(("id",)) if scenario.document else Place(scenario.id)
    return Check(scenario.id, place, (fault,) if fault else (), each.seconds)
