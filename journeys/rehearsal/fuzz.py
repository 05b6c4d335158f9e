"""Search for a run that breaks a law: anything in any order, drawn from a seed.

What is drawn is a scenario, so that what breaks a law can be written down, shrunk and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from journeys.clock import format_instant
from journeys.diagnostics import Code, Diagnostic, Place
from journeys.kinds.scenario import DO, ScenarioSpec
from journeys.messages import JsonObject
from journeys.plan import Plan
from journeys.rehearsal.chance import Chance
from journeys.rehearsal.draws import Draws
from journeys.rehearsal.laws import broken_laws
from journeys.rehearsal.play import play
from journeys.rehearsal.rows import with_rows
from journeys.rehearsal.subject import Subject
from journeys.scenario import Scenario
from journeys.simulator import Happening, Simulator

MOST_ITEMS = 30
"""Things that happen in one run."""
_STOPS_TO_QUIET = 200
"""So often time is moved on to what is due next, once nobody does anything more."""
_START: int = ScenarioSpec.model_fields["start"].default
_Do = list[dict[str, Any]]
"""Items of `do` as an author would write them."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A run that breaks laws, with nothing in it that it does not need."""

    scenario: Scenario
    do: _Do
    laws: Sequence[str]
    seed: int
    rows: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)
    """Table to the rows that were drawn for it."""


@dataclass(slots=True)
class Search:
    """What searching a journey gave."""

    plan: Plan
    runs: int = 0
    traces: list[Sequence[Happening]] = field(default_factory=list)
    broken: Broken | None = None


def search(subject: Subject, *, seed: int, runs: int) -> Search:
    """Try random runs of one journey until one breaks a law; the same seed tries the same ones."""
    found = Search(subject.plan)
    subject, rows = with_rows(subject, seed, _START)
    for number in range(runs):
        chance = Chance(subject, Draws(subject.plan.journey, seed, number))
        trial = _Trial(subject, _blank(subject.plan, f"p{number + 1}", chance.profile()))
        do = list(chance.items(MOST_ITEMS))
        laws, trace = trial.run(do)
        found.runs += 1
        found.traces.append(trace)
        if laws:
            do = trial.shrunk(do)
            found.broken = Broken(trial.scenario, do, trial.run(do)[0], seed, rows)
            break
    return found


def _blank(plan: Plan, person: str, profile: JsonObject) -> Scenario:
    """Make a scenario in which nothing happens yet."""
    return Scenario(
        id=f"{plan.journey}.found",
        journey=plan.journey,
        namespace=plan.namespace,
        person=person,
        profile=profile,
        start=_START,
        audiences=(),
        do=(),
        events=plan.heard,
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    subject: Subject
    scenario: Scenario

    def run(self, do: _Do) -> tuple[list[str], Sequence[Happening]]:
        """Play items, as they are and with state written and read; give the laws they break."""
        items = tuple(
            DO[next(key for key in item if key in DO)].model_validate(item) for item in do
        )
        scenario = replace(self.scenario, do=items)
        played = play(scenario, self.subject.plans, self.subject.responses)
        laws = list(broken_laws(played))
        trace = list(played.trace(scenario.person))
        stored = play(scenario, self.subject.plans, self.subject.responses, stored=True)
        if stored.trace(scenario.person) != trace:
            laws.append("it ends otherwise when state is written and read in between")
        _let_quiet_come(played)
        return laws or list(broken_laws(played)), played.trace(scenario.person)

    def shrunk(self, do: _Do) -> _Do:
        """Leave out what is not needed to break a law: many items at first, then single ones."""
        size = len(do) // 2
        while size:
            at = 0
            while at < len(do):
                fewer = do[:at] + do[at + size :]
                if self.run(fewer)[0]:
                    do = fewer
                else:
                    at += size
            size //= 2
        return do


def _let_quiet_come(simulator: Simulator) -> None:
    for _ in range(_STOPS_TO_QUIET):
        if simulator.due is None:
            return
        simulator.run_until(simulator.due)


def law_fault(broken: Broken, place: Place) -> Diagnostic:
    """Say which laws a run broke."""
    scenario = broken.scenario
    message = f"a run of the journey '{scenario.journey}' breaks a law: {'; '.join(broken.laws)}"
    hint = f"`--seed {broken.seed}` finds it again"
    return Diagnostic(place, Code.EXPECTATION, message, hint)


def scenario_text(broken: Broken) -> str:
    """Write a run as a scenario that can be pasted into a file."""
    scenario = broken.scenario
    document: dict[str, Any] = {
        "kind": "scenario",
        "id": scenario.id,
        "journey": scenario.journey,
        "profile": {"id": scenario.person, **scenario.profile},
        "start": format_instant(scenario.start),
    }
    if broken.rows:
        document["tables"] = {name: [*rows] for name, rows in broken.rows.items()}
    document |= {"do": broken.do, "expect": []}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, default_flow_style=None)
