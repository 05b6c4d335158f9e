"""Trials: whether what a person does is the success of an arm that an experiment gave them."""

from __future__ import annotations

from collections.abc import Mapping, Set

from journeys.activation import EventReceived
from journeys.clock import since
from journeys.command import Report
from journeys.identifiers import step_event_id
from journeys.known import Known
from journeys.moment import Moment
from journeys.outcomes import Outcome
from journeys.state import Trial
from journeys.step_event import StepEvent
from journeys.trial_step import TrialStep


def convert(
    moment: Moment, event: EventReceived, matched: Mapping[tuple[str, int], Set[str]]
) -> bool:
    """Let an event be the success of every trial that it is one for, each at most once.

    A trial outlives its walk where its metric says how long a success counts.

    Args:
        moment: the person.
        event: what they did.
        matched: journey version to those of its events that it is.

    Returns:
        Whether any trial listens to such an event: its repeat must not be a success later.
    """
    person, heard = moment.person, False
    person.trials = [t for t in person.trials if t.until is None or moment.now < t.until]
    for trial in list(person.trials):
        plan = moment.plans.find(trial.journey, trial.version)
        step = None if plan is None else plan.steps.get(trial.step)
        if plan is None or not isinstance(step, TrialStep):
            continue
        if step.metric not in matched.get((trial.journey, trial.version), ()):
            continue
        heard = True
        seed = f"{trial.instance}/{trial.step}/{trial.visit}"
        known = moment.known(plan)
        if step.is_success(known, event.payload, seed):
            person.trials.remove(trial)
            moment.commands.append(Report(_converted(moment, trial, step, event, known)))
            moment.tell(trial, step.bandit, succeeded=True)
    return heard


def _converted(
    moment: Moment, trial: Trial, step: TrialStep, event: EventReceived, known: Known
) -> StepEvent:
    return StepEvent(
        event_id=step_event_id(trial.instance, trial.step, trial.visit, Outcome.CONVERTED),
        journey_id=trial.journey,
        journey_version=trial.version,
        profile_id=moment.profile.id,
        outcome=Outcome.CONVERTED,
        occurred_at=moment.now,
        instance_id=trial.instance,
        step_id=trial.step,
        step_kind=step.kind,
        visit=trial.visit,
        cause="event",
        branch=trial.arm,
        event_type=event.event_type,
        trigger_event_id=event.event_id,
        mode=trial.mode,
        scores=known.decided_by,
        inputs=known.inputs_text,
        ingest_ms=since(event.came_at, moment.now),
    )
