"""What step events add up to: who entered, where they stand, how they left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from journeys.outcomes import Outcome

_ENDS = (Outcome.COMPLETED, Outcome.EXITED, Outcome.FAILED)
_STAYS = (Outcome.WAITING, Outcome.REQUESTED)
_ASIDE = (Outcome.ENTERED, Outcome.DISCARDED)
"""What says nothing of where a walk stands."""


@dataclass(slots=True)
class VersionReport:
    """One journey version."""

    entered: int = 0
    not_entered: Counter[str] = field(default_factory=Counter)
    """By reason."""
    inside: Counter[str] = field(default_factory=Counter)
    """By the step where they stand."""
    completed: int = 0
    exited: Counter[str] = field(default_factory=Counter)
    """By reason."""
    failed: Counter[str] = field(default_factory=Counter)
    """By reason."""
    steps: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Step to the outcomes seen there; a branch taken counts as `passed:branch`."""

    @property
    def drift(self) -> int:
        """How far the ledger is out: entered less inside and left. Zero, or something is lost."""
        left = self.completed + self.exited.total() + self.failed.total()
        return self.entered - self.inside.total() - left

    def lines(self) -> list[str]:
        """Write it for people, and whether everybody who entered is inside or has left."""
        balance = "balanced: entered = inside + completed + exited + failed"
        return [
            f"  entered      {self.entered}",
            f"  not entered  {counts(self.not_entered)}",
            f"  inside       {counts(self.inside)}",
            f"  completed    {self.completed}",
            f"  exited       {counts(self.exited)}",
            f"  failed       {counts(self.failed)}",
            f"  ledger       {f'OUT OF BALANCE by {self.drift}' if self.drift else balance}",
        ]


def counts(named: Counter[str]) -> str:
    """Write a total and what it is made of: `48 (pause 8, react 40)`."""
    if not named:
        return "0"
    parts = ", ".join(f"{name} {count}" for name, count in sorted(named.items()))
    return f"{named.total()} ({parts})"


def report(step_events: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int], VersionReport]:
    """Add up step events as read from their topic, in any order.

    An event read twice counts once: its id tells.
    """
    versions: dict[tuple[str, int], VersionReport] = defaultdict(VersionReport)
    instances: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    seen: set[str] = set()
    for event in step_events:
        if event["event_id"] in seen:
            continue
        seen.add(event["event_id"])
        version = versions[event["journey_id"], event["journey_version"]]
        _count(version, event)
        if event["instance_id"] is not None:
            instances[event["instance_id"]].append(event)
    for events in instances.values():
        step = _standing(events)
        if step is not None:
            key = (events[0]["journey_id"], events[0]["journey_version"])
            versions[key].inside[step] += 1
    return dict(sorted(versions.items()))


def _count(version: VersionReport, event: Mapping[str, Any]) -> None:
    outcome, reason = Outcome(event["outcome"]), str(event["reason"])
    match outcome:
        case Outcome.ENTERED:
            version.entered += 1
        case Outcome.NOT_ENTERED:
            version.not_entered[reason] += 1
        case Outcome.COMPLETED:
            version.completed += 1
        case Outcome.EXITED:
            version.exited[reason] += 1
        case Outcome.FAILED:
            version.failed[reason] += 1
        case _:
            branch = event["branch"]
            name = outcome.value if branch is None else f"{outcome.value}:{branch}"
            version.steps[event["step_id"]][name] += 1


def _standing(events: Iterable[Mapping[str, Any]]) -> str | None:
    """Find the step where an instance stands: it arrived there and has not left it."""
    here: set[tuple[str, int]] = set()
    gone: set[tuple[str, int]] = set()
    for event in events:
        outcome = Outcome(event["outcome"])
        if outcome in _ENDS:
            return None
        if outcome not in _ASIDE:
            (here if outcome in _STAYS else gone).add((event["step_id"], event["visit"]))
    left = here - gone
    return next(iter(left))[0] if left else None
