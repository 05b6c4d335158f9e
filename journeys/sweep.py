"""What each part of each version is to do when something is said of its journey."""

from __future__ import annotations

from collections.abc import Iterator

from journeys.control import (
    CloseJourney,
    ControlCommand,
    PauseJourney,
    Publish,
    Retire,
    Weigh,
)
from journeys.lifecycle import Change
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.presence import BUCKETS, Sweep, part_name
from journeys.trial_step import TrialStep


def sweeps(plans: Plans, command: ControlCommand, change: Change) -> Iterator[tuple[str, Sweep]]:
    """Give what each part is to do after a command has been applied.

    Args:
        plans: with the command applied; maybe with later ones, too.
        command: what was said.
        change: what it made of its journey.
    """
    journey, life = command.journey_id, change.after
    if life is None or isinstance(command, Weigh):
        return
    if isinstance(command, Retire):
        if plans.find(journey, command.version) is None:
            yield from _each_part(journey, command.version, _GONE)
        return
    nudges = _reaches_people(command, change)
    for version in plans.versions(journey):
        keeps = _keeps_ms(plans.find(journey, version))
        sweep = Sweep(life.revision, nudges, not life.is_kept(version), keeps_ms=keeps)
        yield from _each_part(journey, version, sweep)


def _keeps_ms(plan: Plan | None) -> int:
    """Say how long a version is needed after everybody has left: a success may still come."""
    steps = [] if plan is None else plan.steps.values()
    trials = (step.within_ms for step in steps if isinstance(step, TrialStep))
    return max((within for within in trials if within is not None), default=0)


_GONE = Sweep(0, nudges=False, collects=True, retires=True)


def _each_part(journey: str, version: int, sweep: Sweep) -> Iterator[tuple[str, Sweep]]:
    for bucket in range(BUCKETS):
        yield part_name(journey, version, bucket), sweep


def _reaches_people(command: ControlCommand, change: Change) -> bool:
    before, after = change.before, change.after
    match command:
        case PauseJourney():
            return before is not None and before.pause is not None  # its end may have changed
        case CloseJourney():
            return False
        case Publish():
            if before is None or after is None:
                return False
            ended = before.rehearsal not in (None, after.rehearsal)
            return ended or any(t.reaches_people for t in after.turns_after(before.revision))
        case _:
            return True
