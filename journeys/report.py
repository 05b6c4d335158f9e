"""What step events add up to: who entered, where they stand, how they left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from journeys.messages import JsonObject
from journeys.mode import Mode
from journeys.outcomes import Outcome

_ENDS = (Outcome.COMPLETED, Outcome.EXITED, Outcome.FAILED)
_STAYS = (Outcome.WAITING, Outcome.REQUESTED, Outcome.HELD)
"""A person who waited, then asked, has come to the step once."""
_ASIDE = (Outcome.ENTERED, Outcome.DISCARDED, Outcome.CONVERTED, Outcome.JOINED)
"""What says nothing of where a walk stands."""
_EXPERIMENT = "experiment"
"""Kind of the steps whose branches are arms."""
HOLDOUT = "holdout"
"""The arm of the people kept out, in step events and reports."""


@dataclass(slots=True)
class ArmReport:
    """One arm of an experiment."""

    given: int = 0
    """How often it was given to somebody."""
    converted: int = 0
    """How often somebody succeeded with it."""

    @property
    def rate(self) -> float:
        """The part of those given it who succeeded."""
        return self.converted / self.given if self.given else 0.0


class Walked(NamedTuple):
    """What walks are counted by: what really happened stands apart from every rehearsal."""

    journey: str
    version: int
    mode: Mode = Mode.LIVE

    def __str__(self) -> str:
        rehearsed = "" if self.mode is Mode.LIVE else f" ({self.mode})"
        return f"{self.journey} v{self.version}{rehearsed}"


def _arms() -> defaultdict[str, ArmReport]:
    return defaultdict(ArmReport)


@dataclass(slots=True)
class VersionReport:
    """One journey version in one mode."""

    entered: int = 0
    not_entered: Counter[str] = field(default_factory=Counter)
    """By reason."""
    inside: Counter[str] = field(default_factory=Counter)
    """By the step where they stand."""
    moved_in: int = 0
    moved_out: int = 0
    """Those who came from other versions, and went to them."""
    completed: int = 0
    exited: Counter[str] = field(default_factory=Counter)
    """By reason."""
    failed: Counter[str] = field(default_factory=Counter)
    """By reason."""
    steps: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Step to the outcomes seen there; a branch taken counts as `passed:branch`."""
    experiments: dict[str, dict[str, ArmReport]] = field(default_factory=lambda: defaultdict(_arms))
    """Step of an experiment to its arms."""

    @property
    def drift(self) -> int:
        """How far the ledger is out: those who came less those inside and those who left.

        Zero, or something is lost.
        """
        left = self.completed + self.exited.total() + self.failed.total() + self.moved_out
        return self.entered + self.moved_in - self.inside.total() - left

    def lines(self) -> list[str]:
        """Write it for people, and whether everybody who entered is inside or has left."""
        balance = "balanced: entered = inside + completed + exited + failed"
        moved = []
        if self.moved_in or self.moved_out:
            balance = (
                "balanced: entered + moved in = inside + moved out + completed + exited + failed"
            )
            moved = [f"  moved in     {self.moved_in}", f"  moved out    {self.moved_out}"]
        return [
            f"  entered      {self.entered}",
            f"  not entered  {counts(self.not_entered)}",
            *moved,
            f"  inside       {counts(self.inside)}",
            f"  completed    {self.completed}",
            f"  exited       {counts(self.exited)}",
            f"  failed       {counts(self.failed)}",
            f"  ledger       {f'OUT OF BALANCE by {self.drift}' if self.drift else balance}",
        ]

    def experiment_rows(self) -> JsonObject:
        """Give as data how each arm of each experiment does."""
        return {
            step: {
                name: {"given": arm.given, "converted": arm.converted, "rate": arm.rate}
                for name, arm in sorted(arms.items())
            }
            for step, arms in self.experiments.items()
        }

    def experiment_lines(self) -> list[str]:
        """Write for people how each arm of each experiment does."""
        return [
            f"    {step:<12} {name}: {arm.given} given, {arm.converted} converted, "
            f"{100 * arm.rate:.1f} %"
            for step, arms in self.experiments.items()
            for name, arm in sorted(arms.items())
        ]


def counts(named: Counter[str]) -> str:
    """Write a total and what it is made of: `48 (pause 8, react 40)`."""
    return f"{named.total()} ({parts(named)})" if named else "0"


def parts(named: Counter[str]) -> str:
    """Write what a total is made of: `pause 8, react 40`."""
    return ", ".join(f"{name} {count}" for name, count in sorted(named.items()))


def report(step_events: Iterable[Mapping[str, Any]]) -> dict[Walked, VersionReport]:
    """Add up step events as read from their topic, in any order.

    An event read twice counts once: its id tells.
    """
    versions: dict[Walked, VersionReport] = defaultdict(VersionReport)
    instances: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    seen: set[str] = set()
    for event in step_events:
        if event["event_id"] in seen:
            continue
        seen.add(event["event_id"])
        _count(versions[_walked(event)], event)
        if event["instance_id"] is not None:
            instances[event["instance_id"], event["journey_version"]].append(event)
    for events in instances.values():
        step = standing(events)
        if step is not None:
            versions[_walked(events[0])].inside[step] += 1
    return dict(sorted(versions.items()))


def _walked(event: Mapping[str, Any]) -> Walked:
    # A first release wrote no mode.
    return Walked(event["journey_id"], event["journey_version"], Mode(event.get("mode", Mode.LIVE)))


def _count(version: VersionReport, event: Mapping[str, Any]) -> None:
    outcome, reason = Outcome(event["outcome"]), str(event["reason"])
    match outcome:
        case Outcome.ENTERED:
            version.entered += 1
        case Outcome.NOT_ENTERED:
            version.not_entered[reason] += 1
        case Outcome.MOVED_IN:
            version.moved_in += 1
        case Outcome.MOVED_OUT:
            version.moved_out += 1
        case Outcome.COMPLETED:
            version.completed += 1
        case Outcome.EXITED:
            version.exited[reason] += 1
        case Outcome.FAILED:
            version.failed[reason] += 1
        case _:
            branch = event["branch"]
            is_plain = branch in (None, outcome)
            name = outcome.value if is_plain else f"{outcome.value}:{branch}"
            version.steps[event["step_id"]][name] += 1
            if event["step_kind"] == _EXPERIMENT and event["reason"] is None:
                arm = version.experiments[event["step_id"]][branch]
                arm.given += outcome is Outcome.PASSED
                arm.converted += outcome is Outcome.CONVERTED


def standing(events: Iterable[Mapping[str, Any]]) -> str | None:
    """Find the step where an instance stands in one version: it came there and has not left it.

    Counted, and not read in order: events of one instant may come in any. Of a visit counts as
    coming each move to it, and staying there before the first of those: whoever stays after it is
    there already.
    """
    stayed: dict[tuple[str, int], int] = {}
    moved: dict[tuple[str, int], int] = {}
    here: Counter[tuple[str, int]] = Counter()
    for event in events:
        outcome, visit = Outcome(event["outcome"]), (event["step_id"], event["visit"])
        if outcome in _ENDS:
            return None
        if outcome in _ASIDE:
            continue
        at = event["occurred_at"]
        if outcome in _STAYS:
            stayed[visit] = min(at, stayed.get(visit, at))
        elif outcome is not Outcome.MOVED_IN:
            here[visit] -= 1
        elif event["next_step_id"] is None:  # else the step is entered anew
            here[visit] += 1
            moved[visit] = min(at, moved.get(visit, at))
    for visit, at in stayed.items():
        here[visit] += visit not in moved or at < moved[visit]
    return next((step for (step, _), count in here.items() if count > 0), None)
