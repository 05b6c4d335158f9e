"""Whom a command makes the job visit."""

from __future__ import annotations

from journeys.control import ControlCommand, PauseJourney, ResumeJourney, apply
from journeys.lifecycle import Change
from journeys.plans import Plans
from journeys.sweep import sweeps
from tests.harness.plans import SIMPLE, plan_of


def visits(plans: Plans, command: ControlCommand) -> bool:
    before = plans.life(command.journey_id)
    apply(plans, command, plans.revision + 1)
    change = Change(before, plans.life(command.journey_id))
    (nudges,) = {sweep.nudges for _, sweep in sweeps(plans, command, change)}
    return nudges


def test_a_pause_visits_nobody_unless_there_are_people_whom_another_one_holds() -> None:
    plans = Plans([plan_of(SIMPLE)])
    assert not visits(plans, PauseJourney(journey="simple"))
    assert visits(plans, PauseJourney(journey="simple", until=1)), "it ends for them, too"
    assert visits(plans, ResumeJourney(journey="simple"))
    assert not visits(plans, PauseJourney(journey="simple"))
