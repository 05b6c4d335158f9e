"""The main loop: what becomes of one person when something happens.

    advance(plans, person, profile, activation, now) -> commands

Everything that decides how people move is here, in `journeys.walk` and in `journeys.activities`;
nothing here knows Flink, a network, a clock or chance. The Flink operator, the simulator and the
tests drive this same function. In the order in which `advance` does it:

1. Timers that were due before now fire first, so that a wait that has ended cannot lose a race
   against an event that came after it. An event at the very instant goes before the timer.
2. The activation itself. An event first wakes the walks that wait for it, then may begin new ones:
   a walk never reacts to the event that began it. A result resumes the one step that asked for it;
   a result that nobody waits for (a repeat) changes nothing. Erasing a person ends every walk and
   forgets all that was known.
3. Timers due by now.

A walk runs until every step blocks or it leaves. Whatever goes wrong inside a walk ends that walk
with a reason and touches no other. `person` and `profile` are changed in place: the caller decodes
them for this call and stores them after it, so that a crash in between leaves no trace.
"""

from __future__ import annotations

from journeys.activation import (
    ActionResolved,
    Activation,
    EventReceived,
    ProfileChanged,
)
from journeys.activity import EventArrived, Leave, ResultArrived, TimeIsUp
from journeys.command import Command, CountIgnored, Report
from journeys.expressions import ExpressionError, Scope, compile_expression
from journeys.expressions.values import text_of
from journeys.identifiers import instance_id, refusal_id
from journeys.messages import ActionResult, JsonObject
from journeys.outcomes import Outcome, Reason
from journeys.plan import Plan, Plans
from journeys.profile import Profile
from journeys.state import Instance, PersonState
from journeys.step_event import StepEvent
from journeys.walk import Moment, Walk

MAX_INSTANCES = 10
"""Walks of one person at once in one journey whose entry has a key (`journey-semantics` A.3)."""


def advance(
    plans: Plans, person: PersonState, profile: Profile, activation: Activation, now: int
) -> list[Command]:
    """Bring one person up to date with an activation.

    Returns:
        What to do now, in order. `person.due` says when to be called again at the latest.
    """
    moment = Moment(plans, person, profile, now)
    _fire_timers(moment, before=now)
    match activation:
        case EventReceived():
            _receive(moment, activation)
        case ActionResolved(result):
            _resolve(moment, result)
        case ProfileChanged(patch):
            _change(moment, patch)
    _fire_timers(moment, before=now + 1)
    return moment.commands


def _fire_timers(moment: Moment, before: int) -> None:
    while True:
        due = [
            (i.waiting.due, i.id, i)
            for i in moment.person.instances
            if i.waiting is not None and i.waiting.due is not None and i.waiting.due < before
        ]
        if not due:
            return
        instance = min(due, key=lambda entry: entry[:2])[2]
        if instance.waiting is not None:
            instance.waiting.due = None  # a timer fires once, whatever the step makes of it
        Walk(moment, instance, "timer").resume(TimeIsUp())


def _resolve(moment: Moment, result: ActionResult) -> None:
    for instance in list(moment.person.instances):
        if instance.waiting is not None and instance.waiting.request == result.request_id:
            Walk(moment, instance, "result").resume(ResultArrived(result))


def _change(moment: Moment, patch: JsonObject | None) -> None:
    moment.profile.apply(patch)
    if patch is None:
        for instance in list(moment.person.instances):
            Walk(moment, instance, "profile").leave(Leave(Outcome.EXITED, Reason.ERASED))
        moment.person.forget()


# Events.


def _receive(moment: Moment, event: EventReceived) -> None:
    matched = _matched(moment, event)
    if matched is None:
        return
    entries = [
        plan
        for plan in moment.plans.live.values()
        if plan.entry.event in matched.get((plan.journey, plan.version), ())
    ]
    if not matched:
        moment.commands.append(CountIgnored(event.event_type))
    elif event.event_id in moment.person.recent:
        for plan in entries:
            _refuse(moment, plan, event, Reason.DUPLICATE)
    else:
        _accept(moment, event, matched, entries)


def _matched(moment: Moment, event: EventReceived) -> dict[tuple[str, int], set[str]] | None:
    """Give, for each journey version that listens, which of its events this record is.

    None if it is none, and for some journey that could not be found out, which is reported.
    """
    matched: dict[tuple[str, int], set[str]] = {}
    unclear = False
    for plan, definition in moment.plans.listening(event.event_type):
        try:
            matches = definition.matches(event.event_type, event.payload, moment.now)
        except ExpressionError as error:
            matches = False
            if moment.plans.is_live(plan) and plan.entry.event == definition.id:
                unclear = True
                _refuse(moment, plan, event, Reason.EXPRESSION_ERROR, str(error))
        if matches:
            matched.setdefault((plan.journey, plan.version), set()).add(definition.id)
    return None if unclear and not matched else matched


def _accept(
    moment: Moment,
    event: EventReceived,
    matched: dict[tuple[str, int], set[str]],
    entries: list[Plan],
) -> None:
    mattered = bool(entries)
    for instance in list(moment.person.instances):
        ids = matched.get((instance.journey, instance.version))
        if ids is None:
            continue
        # Also where nobody waits yet: its repeat must not win a race that begins later.
        mattered = True
        if instance.waiting is not None and not ids.isdisjoint(instance.waiting.events):
            cause = EventArrived(frozenset(ids), event.payload)
            Walk(moment, instance, "event", event).resume(cause)
    for plan in entries:
        _enter(moment, plan, event)
    if mattered:
        moment.person.remember(event.event_id)


# Entry.


def _enter(moment: Moment, plan: Plan, event: EventReceived) -> None:
    profile = moment.profile
    try:
        refusal, key = _admission(moment, plan, event)
    except ExpressionError as error:
        _refuse(moment, plan, event, Reason.EXPRESSION_ERROR, str(error))
        return
    if refusal is not None:
        _refuse(moment, plan, event, refusal)
        return
    name = instance_id(plan.journey, profile.id, key, event.event_id, event.record_id)
    instance = Instance(name, plan.journey, plan.version, moment.now, plan.first, key)
    instance.events[plan.entry.event] = event.payload
    moment.person.instances.append(instance)
    Walk(moment, instance, "event", event).begin()


def _admission(
    moment: Moment, plan: Plan, event: EventReceived
) -> tuple[Reason | None, str | None]:
    """Apply the entry's rules; give why not, and the value of the entry's key."""
    entry, person = plan.entry, moment.person
    scope = Scope(
        events={entry.event: event.payload},
        profile={**moment.profile.attributes, "id": moment.profile.id},
        now=moment.now,
        zone=moment.zone(plan),
        seed=f"{plan.journey}/{moment.profile.id}/{event.event_id}",
    )
    known = plan.conversions
    if entry.when is not None:
        holds = compile_expression(entry.when, known.get(entry.when, ()))
        if holds(scope) is not True:
            return Reason.CONDITION, None
    key: str | None = None
    if entry.key is not None:
        key = text_of(compile_expression(entry.key, known.get(entry.key, ()))(scope))
        if not key:
            return Reason.NO_KEY, None
    inside = [i for i in person.instances if i.journey == plan.journey]
    if any(i.key == key for i in inside):
        return Reason.ALREADY_INSIDE, key
    if len(inside) >= MAX_INSTANCES:
        return Reason.TOO_MANY_INSTANCES, key
    left = person.left_at(plan.journey, key)
    if left is not None and not entry.reentry_allowed:
        return Reason.REENTRY_NOT_ALLOWED, key
    if left is not None and moment.now < left + entry.reentry_after_ms:
        return Reason.REENTRY_TOO_EARLY, key
    return None, key


def _refuse(
    moment: Moment, plan: Plan, event: EventReceived, reason: Reason, detail: str | None = None
) -> None:
    profile_id = moment.profile.id
    step_event = StepEvent(
        event_id=refusal_id(plan.journey, plan.version, profile_id, event.record_id),
        journey_id=plan.journey,
        journey_version=plan.version,
        profile_id=profile_id,
        outcome=Outcome.NOT_ENTERED,
        occurred_at=moment.now,
        reason=reason,
        cause="event",
        event_type=event.event_type,
        trigger_event_id=event.event_id,
        detail=detail,
    )
    moment.commands.append(Report(step_event))
