"""Scenarios for tests, compiled from YAML text and judged."""

from __future__ import annotations

from journeys.plans import Plans
from journeys.rehearsal.verdict import Verdict, judge
from tests.harness.plans import COMMON, compiled


def verdict_of(text: str) -> Verdict:
    """Judge one scenario of journeys that use the common definitions."""
    compilation = compiled(COMMON + text)
    compilation.raise_errors()
    (scenario,) = compilation.scenarios
    return judge(scenario, Plans(compilation.plans.values()), compilation.responses)
