"""Hold what a scenario expects, in order, against what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from journeys.command import RequestAction
from journeys.kinds.scenario import Expectation, NoAction, ProfileIs
from journeys.messages import JsonObject
from journeys.plans import Plans
from journeys.rehearsal.expectations import Misfit, misfits
from journeys.rehearsal.play import play
from journeys.scenario import Scenario
from journeys.simulator import Happening, ProfileStood


@dataclass(frozen=True, slots=True)
class Nearest:
    """What came closest to an expectation that was not met."""

    index: int
    """Where in the trace."""
    misfits: Sequence[Misfit]
    """Empty if it fits, and only came too early."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a scenario."""

    scenario: Scenario
    trace: Sequence[Happening]
    met: Mapping[int, int] = field(default_factory=dict)
    """Expectation to the place in the trace where it was met."""
    unmet: int | None = None
    """The first expectation that was not met; None if all were."""
    nearest: Nearest | None = None
    """What came closest to it, if anything of its kind happened."""

    @property
    def passed(self) -> bool:
        """Say whether everything expected happened."""
        return self.unmet is None


def judge(scenario: Scenario, plans: Plans, responses: Mapping[str, JsonObject]) -> Verdict:
    """Play a scenario and judge it."""
    return verdict_on(scenario, play(scenario, plans, responses).together(scenario.person))


def verdict_on(scenario: Scenario, trace: Sequence[Happening]) -> Verdict:
    """Look for the expectations from the beginning of a trace to its end.

    Each is met at or after the place where the one before it was. Two expectations of one kind are
    never met by the same happening; two of different kinds may be, as `at` and `action` of a step.
    """
    met: dict[int, int] = {}
    last: dict[str, int] = {}
    cursor = 0
    for number, expected in enumerate(scenario.expect):
        if isinstance(expected, NoAction):
            found = _asked(expected, trace, expected.journey or scenario.journey)
            if found is not None:
                return Verdict(scenario, trace, met, number, Nearest(found, ()))
            continue
        begin = max(cursor, last.get(expected.kind, -1) + 1)
        if isinstance(expected, ProfileIs):
            begin = _stood(trace, cursor)
        place = _first(expected, trace, begin, scenario)
        if place is None:
            nearest = _nearest(expected, trace, begin, scenario)
            return Verdict(scenario, trace, met, number, nearest)
        met[number] = last[expected.kind] = place
        cursor = max(cursor, place)
    return Verdict(scenario, trace, met)


def _first(
    expected: Expectation, trace: Sequence[Happening], begin: int, scenario: Scenario
) -> int | None:
    for place in range(begin, len(trace)):
        if misfits(expected, trace[place], scenario) == []:
            return place
    return None


def _nearest(
    expected: Expectation, trace: Sequence[Happening], begin: int, scenario: Scenario
) -> Nearest | None:
    """Find what misses the fewest fields; of equals, one that comes late enough, and the first."""
    found = [
        (len(wrong), place < begin, place, wrong)
        for place, happening in enumerate(trace)
        if (wrong := misfits(expected, happening, scenario)) is not None
    ]
    if not found:
        return None
    *_, place, wrong = min(found, key=lambda entry: entry[:3])
    return Nearest(place, wrong)


def _asked(expected: NoAction, trace: Sequence[Happening], journey: str) -> int | None:
    for place, happening in enumerate(trace):
        match happening.what:
            case RequestAction(request=request):
                if (request.action_id, request.journey_id) == (expected.id, journey):
                    return place
    return None


def _stood(trace: Sequence[Happening], cursor: int) -> int:
    """Find where the profile that holds at a place began to hold."""
    for place in range(min(cursor, len(trace) - 1), -1, -1):
        if isinstance(trace[place].what, ProfileStood):
            return place
    return 0
