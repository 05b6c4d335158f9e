"""Statistics of a crowd, written for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from journeys.clock import format_duration
from journeys.messages import JsonObject
from journeys.rehearsal.statistics import Statistics, StepStatistics, percentile
from journeys.report import counts

_BAR = 16
"""Characters of the longest bar."""
_COARSE_MS = 10_000
"""From here on times are shown in whole seconds."""


def summary_lines(found: Statistics) -> Iterator[str]:
    """Write the ledger, the messages, and a line for each step."""
    yield from found.ledger.lines()
    middle, many = (percentile(found.actions_of, share) for share in (0.5, 0.95))
    yield f"  messages     {counts(Counter(found.messages))}"
    yield f"  of each walk {middle or 0} in the middle, at most {many or 0} for 95 %"
    arms = found.ledger.experiment_lines()
    yield from ["  experiments", *arms, *_shares(found)] if arms else []
    yield ""
    widest = max(len(name) for name in found.steps)
    most = max(step.visits for step in found.steps.values()) or 1
    yield f"  {'step':<{widest}}  {'reached':>8}  {'':<{_BAR}}  {'p50':>8}  {'p95':>8}  ways"
    for name, step in found.steps.items():
        bar = "█" * round(_BAR * step.visits / most)
        reached = f"{name:<{widest}}  {step.visits:>8}  {bar:<{_BAR}}"
        times = "  ".join(f"{_time(step, share):>8}" for share in (0.5, 0.95))
        yield f"  {reached}  {times}  {_ways(step)}".rstrip()


def _shares(found: Statistics) -> Iterator[str]:
    for step, weights in found.weights.items():
        shares = ", ".join(f"{arm} {share:.1f} %" for arm, share in weights.items())
        yield f"    {step:<12} shares at the end: {shares}"


def _time(step: StepStatistics, share: float) -> str:
    value = percentile(step.dwell_ms, share)
    if value is None:
        return ""
    unit = 1_000 if value >= _COARSE_MS else 100
    return format_duration(round(value / unit) * unit)


def _ways(step: StepStatistics) -> str:
    ways = ", ".join(f"{way} {times}" for way, times in step.ways.most_common())
    reasons = ", ".join(f"{reason} {times}" for reason, times in step.reasons.most_common())
    return f"{ways} ({reasons})" if reasons else ways


def summary(found: Statistics) -> JsonObject:
    """Give the same as data; times in milliseconds."""
    ledger = found.ledger
    return {
        "journey": found.plan.journey,
        "version": found.plan.version,
        "people": found.people,
        "entered": ledger.entered,
        "not_entered": dict(ledger.not_entered),
        "inside": dict(ledger.inside),
        "completed": ledger.completed,
        "exited": dict(ledger.exited),
        "failed": dict(ledger.failed),
        "drift": ledger.drift,
        "messages": dict(found.messages),
        "experiments": ledger.experiment_rows(),
        "shares": {step: dict(weights) for step, weights in found.weights.items()},
        "steps": {name: _step(step) for name, step in found.steps.items()},
    }


def _step(step: StepStatistics) -> JsonObject:
    return {
        "reached": step.visits,
        "ways": dict(step.ways),
        "reasons": dict(step.reasons),
        "dwell_p50_ms": percentile(step.dwell_ms, 0.5),
        "dwell_p95_ms": percentile(step.dwell_ms, 0.95),
    }
