"""What holds of every run of the engine, whatever happens: laws that a search tries to break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from journeys.activity import Step
from journeys.command import Report, RequestAction
from journeys.outcomes import Outcome, Reason
from journeys.simulator import Simulator
from journeys.state import Instance
from journeys.step_event import StepEvent

_ENDS = (Outcome.COMPLETED, Outcome.EXITED, Outcome.FAILED)
_DEFECTS = (Reason.ENGINE_ERROR, Reason.PLAN_MISSING)
_HEARD = ("reactions", "audiences")
"""What a step may race for besides events: its state does not repeat it."""


def broken_laws(simulator: Simulator) -> Iterator[str]:
    """Say in a sentence each which laws do not hold of what has happened so far."""
    events, asked = _reports(simulator), _requested(simulator)
    for event_id in _repeated(event.event_id for event in events):
        yield f"the step event {event_id} was reported twice"
    for request_id in _repeated(asked):
        yield f"the request {request_id} was made twice"
    for event in events:
        if event.reason in _DEFECTS:
            yield f"step '{event.step_id}' failed with {event.reason}: {event.detail}"
    yield from _ledger(simulator, events)
    answers = simulator.answers_to_come
    for person in simulator.people.values():
        for instance in person.state.instances:
            plan = simulator.plans.find(instance.journey, instance.version)
            step = plan.steps.get(instance.step) if plan else None
            fault = _stuck(instance, step, answers, simulator.now)
            if fault is not None:
                yield f"someone stands at step '{instance.step}' of '{instance.journey}' {fault}"


def _reports(simulator: Simulator) -> list[StepEvent]:
    return [
        happening.what.step_event
        for person in simulator.people.values()
        for happening in person.trace
        if isinstance(happening.what, Report)
    ]


def _requested(simulator: Simulator) -> list[str]:
    return [
        happening.what.request.request_id
        for person in simulator.people.values()
        for happening in person.trace
        if isinstance(happening.what, RequestAction)
    ]


def _repeated(ids: Iterator[str] | list[str]) -> list[str]:
    return [name for name, times in Counter(ids).items() if times > 1]


def _ledger(simulator: Simulator, events: list[StepEvent]) -> Iterator[str]:
    """Entered is inside and left, for each journey."""
    entered = Counter(e.journey_id for e in events if e.outcome is Outcome.ENTERED)
    left = Counter(e.journey_id for e in events if e.outcome in _ENDS)
    people = simulator.people.values()
    inside = Counter(i.journey for person in people for i in person.state.instances)
    for journey in entered | left | inside:
        if entered[journey] != inside[journey] + left[journey]:
            yield (
                f"the ledger of '{journey}' is out: {entered[journey]} entered, "
                f"{inside[journey]} inside, {left[journey]} left"
            )


def _stuck(instance: Instance, step: Step | None, answers: set[str], now: int) -> str | None:
    """Say why nothing will ever move a person, if so."""
    waiting = instance.waiting
    if waiting is None:
        return "and waits for nothing"
    if instance.due is not None and instance.due <= now:
        return "and its timer has not fired"
    if instance.pending and (step is None or not step.is_busy(waiting)):
        return "and was not offered what came while it was busy"
    listens = waiting.events or any(getattr(step, name, None) for name in _HEARD)
    if waiting.due is None and not listens and waiting.request not in answers:
        return "and nothing can come that it waits for"
    return None
