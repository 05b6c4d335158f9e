"""The main loop: what becomes of one person when something happens.

    advance(plans, person, profile, activation, now) -> commands

Everything that decides how people move is here, in `journeys.walk` and in `journeys.activities`;
nothing here knows Flink, a network, a clock or chance. The Flink operator, the simulator and the
tests drive this same function. In the order in which `advance` does it:

1. Timers that were due before now fire first, so that a wait that has ended cannot lose a race
   against an event that came after it. An event at the very instant goes before the timer. A wait
   that ends at the very instant at which its journey ends goes before that end.
2. The activation itself. An event first moves the walks that are inside - an exit criterion that it
   meets goes before a step that waits for it - then may begin new ones: a walk never reacts to the
   event that began it. A result resumes the one step that asked for it; a result that nobody waits
   for (a repeat) changes nothing. Erasing a person ends every walk and forgets all that was known.
3. Timers due by now.

After each of these, attributes that changed are held against the exit criteria of every walk, and
jumps that were asked for are made.

A walk runs until every step blocks or it leaves. Whatever goes wrong inside a walk ends that walk
with a reason and touches no other. `person` and `profile` are changed in place: the caller decodes
them for this call and stores them after it, so that a crash in between leaves no trace.
"""

from __future__ import annotations

from journeys.activation import (
    ActionResolved,
    Activation,
    AudienceChanged,
    EntryOffered,
    EventReceived,
    FeedbackReceived,
    ProfileChanged,
)
from journeys.activity import (
    AttributesChanged,
    AudienceCrossed,
    EventArrived,
    Leave,
    Reacted,
    ResultArrived,
    TimeIsUp,
)
from journeys.command import Command, CountIgnored, Report
from journeys.expressions import ExpressionError, Scope, compile_expression
from journeys.expressions.values import text_of
from journeys.identifiers import instance_id, refusal_id, request_id
from journeys.messages import ActionResult, JsonObject
from journeys.outcomes import Outcome, Reason
from journeys.plan import Crossing, Plan, Plans
from journeys.profile import Profile
from journeys.state import Instance, PersonState
from journeys.step_event import StepEvent
from journeys.walk import Leap, Moment, Occasion, Walk

MAX_INSTANCES = 10
"""Walks of one person at once in one journey whose entry has a key (`journey-semantics` A.3)."""
MAX_JUMPS = 100
"""Jumps of one person in one activation: journeys that jump to each other must come to an end."""


def advance(
    plans: Plans, person: PersonState, profile: Profile, activation: Activation, now: int
) -> list[Command]:
    """Bring one person up to date with an activation.

    Returns:
        What to do now, in order. `person.due` says when to be called again at the latest.
    """
    moment = Moment(plans, person, profile, now)
    _fire_timers(moment, before=now)
    _settle(moment)
    match activation:
        case EventReceived():
            _receive(moment, activation)
        case ActionResolved(result):
            _resolve(moment, result)
        case ProfileChanged(patch):
            _change(moment, patch)
        case AudienceChanged():
            _cross(moment, activation)
        case FeedbackReceived():
            _react(moment, activation)
        case EntryOffered():
            _offer(moment, activation)
    _settle(moment)
    _fire_timers(moment, before=now + 1)
    while _settle(moment):
        _fire_timers(moment, before=now + 1)
    return moment.commands


def _fire_timers(moment: Moment, before: int) -> None:
    while True:
        due = [entry for i in moment.person.instances for entry in _due(i) if entry[0] < before]
        if not due:
            return
        _, ends, _, instance = min(due, key=lambda entry: entry[:3])
        walk = Walk(moment, instance, "timer")
        if ends:
            walk.leave(Leave(Outcome.EXITED, _end_reason(moment, instance)))
            continue
        if instance.waiting is not None:
            instance.waiting.due = None  # a timer fires once, whatever the step makes of it
        walk.resume(TimeIsUp())


def _due(instance: Instance) -> list[tuple[int, bool, str, Instance]]:
    """List what is due of a walk: when, whether it is the walk's end, and whose it is."""
    waited = None if instance.waiting is None else instance.waiting.due
    timers = ((waited, False), (instance.ends_at, True))
    return [(due, ends, instance.id, instance) for due, ends in timers if due is not None]


def _end_reason(moment: Moment, instance: Instance) -> Reason:
    plan = moment.plans.find(instance.journey, instance.version)
    is_end = plan is not None and plan.end is not None and plan.end == instance.ends_at
    return Reason.END_DATE if is_end else Reason.TIMEOUT


def _settle(moment: Moment) -> bool:
    """Let changed attributes end walks, and make the jumps asked for; say if there were any."""
    made = 0
    while moment.attributes_changed or moment.leaps:
        if moment.attributes_changed:
            moment.attributes_changed = False
            _move_all(moment, "profile", AttributesChanged())
        elif made < MAX_JUMPS:
            _leap(moment, moment.leaps.popleft())
            made += 1
        else:
            _refuse_rest(moment)
    return made > 0


def _move_all(moment: Moment, name: str, cause: AttributesChanged | AudienceCrossed) -> None:
    for instance in list(moment.person.instances):
        Walk(moment, instance, name).resume(cause)


def _resolve(moment: Moment, result: ActionResult) -> None:
    for instance in list(moment.person.instances):
        if instance.waiting is not None and instance.waiting.request == result.request_id:
            Walk(moment, instance, "result").resume(ResultArrived(result))


def _change(moment: Moment, patch: JsonObject | None) -> None:
    moment.apply(patch)
    if patch is None:
        for instance in list(moment.person.instances):
            Walk(moment, instance, "profile").leave(Leave(Outcome.EXITED, Reason.ERASED))
        moment.person.forget()


def _react(moment: Moment, feedback: FeedbackReceived) -> None:
    for instance in list(moment.person.instances):
        for step, visit in instance.visits.items():
            if request_id(instance.id, step, visit) == feedback.request_id:
                seen = instance.reactions.setdefault(step, [])
                if feedback.reaction not in seen:
                    seen.append(feedback.reaction)
                    cause = Reacted(step, feedback.reaction)
                    Walk(moment, instance, "feedback").resume(cause)
                break


def _cross(moment: Moment, change: AudienceChanged) -> None:
    audiences = moment.person.audiences
    if change.inside == (change.audience in audiences):
        return
    if change.inside:
        audiences[change.audience] = moment.now
    else:
        del audiences[change.audience]
    crossing = Crossing(change.audience, "enter" if change.inside else "exit")
    _move_all(moment, "audience", AudienceCrossed(crossing.audience, crossing.way))
    occasion = Occasion("audience", change.record_id, change.record_id)
    for plan in list(moment.plans.live.values()):
        if plan.entry.crossing == crossing:
            _enter(moment, plan, occasion)


def _offer(moment: Moment, offer: EntryOffered) -> None:
    plan = moment.plans.live.get(offer.journey)
    if plan is not None and plan.entry.reading is not None:
        occasion = Occasion("read", offer.record_id, offer.record_id, None, offer.payload)
        _enter_once(moment, plan, occasion)


def _enter_once(moment: Moment, plan: Plan, occasion: Occasion) -> None:
    if occasion.id in moment.person.recent:
        _refuse(moment, plan, occasion, Reason.DUPLICATE)
        return
    moment.person.remember(occasion.id)
    _enter(moment, plan, occasion)


def _leap(moment: Moment, leap: Leap) -> None:
    plan = moment.plans.live.get(leap.journey)
    if plan is not None:
        if plan.entry.is_by_event:
            _enter(moment, plan, leap.occasion)
        else:
            _refuse(moment, plan, leap.occasion, Reason.NO_JOURNEY)


def _refuse_rest(moment: Moment) -> None:
    for leap in moment.leaps:
        plan = moment.plans.live.get(leap.journey)
        if plan is not None:
            _refuse(moment, plan, leap.occasion, Reason.TOO_MANY_JUMPS)
    moment.leaps.clear()


# Events.


def _receive(moment: Moment, event: EventReceived) -> None:
    matched = _matched(moment, event)
    if matched is None:
        return
    entries = [
        plan
        for plan in moment.plans.live.values()
        if plan.entry.is_by_event
        and plan.entry.event in matched.get((plan.journey, plan.version), ())
    ]
    occasion = _occasion(event)
    if not matched:
        moment.commands.append(CountIgnored(event.event_type))
    elif event.event_id in moment.person.recent:
        for plan in entries:
            _refuse(moment, plan, occasion, Reason.DUPLICATE)
    else:
        _accept(moment, occasion, matched, entries)


def _occasion(event: EventReceived) -> Occasion:
    return Occasion("event", event.event_id, event.record_id, event.event_type, event.payload)


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
                _refuse(moment, plan, _occasion(event), Reason.EXPRESSION_ERROR, str(error))
        if matches:
            matched.setdefault((plan.journey, plan.version), set()).add(definition.id)
    return None if unclear and not matched else matched


def _accept(
    moment: Moment,
    occasion: Occasion,
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
        cause = EventArrived(frozenset(ids), occasion.payload or {})
        Walk(moment, instance, "event", occasion).resume(cause)
    for plan in entries:
        _enter(moment, plan, occasion)
    if mattered:
        moment.person.remember(occasion.id)


# Entry.


def _enter(moment: Moment, plan: Plan, occasion: Occasion) -> None:
    try:
        refusal, key = _admission(moment, plan, occasion)
    except ExpressionError as error:
        _refuse(moment, plan, occasion, Reason.EXPRESSION_ERROR, str(error))
        return
    if refusal is not None:
        _refuse(moment, plan, occasion, refusal)
        return
    name = instance_id(plan.journey, moment.profile.id, key, occasion.id, occasion.record_id)
    instance = Instance(
        name,
        plan.journey,
        plan.version,
        moment.now,
        plan.first,
        key,
        events=_heard(plan, occasion),
        ends_at=plan.ends_at(moment.now),
    )
    moment.person.instances.append(instance)
    Walk(moment, instance, occasion.cause, occasion).begin()


def _heard(plan: Plan, occasion: Occasion) -> dict[str, JsonObject]:
    if plan.entry.event is None or occasion.payload is None:
        return {}
    return {plan.entry.event: occasion.payload}


def _admission(moment: Moment, plan: Plan, occasion: Occasion) -> tuple[Reason | None, str | None]:
    """Apply the entry's rules; give why not, and the value of the entry's key."""
    entry, person, now = plan.entry, moment.person, moment.now
    if (plan.start is not None and now < plan.start) or (plan.end is not None and now >= plan.end):
        return Reason.OUTSIDE_DATES, None
    scope = Scope(
        events=_heard(plan, occasion),
        profile={**moment.profile.attributes, "id": moment.profile.id},
        audiences=dict.fromkeys(person.audiences, "realized"),
        now=now,
        zone=moment.zone(plan),
        seed=f"{plan.journey}/{moment.profile.id}/{occasion.id}",
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
    return _standing(moment, plan, key), key


def _standing(moment: Moment, plan: Plan, key: str | None) -> Reason | None:
    """Say why a person who is inside, or was before, does not enter."""
    entry, person = plan.entry, moment.person
    inside = [i for i in person.instances if i.journey == plan.journey]
    if any(i.key == key for i in inside):
        return Reason.ALREADY_INSIDE
    if len(inside) >= MAX_INSTANCES:
        return Reason.TOO_MANY_INSTANCES
    left = person.left_at(plan.journey, key)
    if left is not None and not entry.reentry_allowed:
        return Reason.REENTRY_NOT_ALLOWED
    if left is not None and moment.now < left + entry.reentry_after_ms:
        return Reason.REENTRY_TOO_EARLY
    return None


def _refuse(
    moment: Moment, plan: Plan, occasion: Occasion, reason: Reason, detail: str | None = None
) -> None:
    profile_id = moment.profile.id
    step_event = StepEvent(
        event_id=refusal_id(plan.journey, plan.version, profile_id, occasion.record_id),
        journey_id=plan.journey,
        journey_version=plan.version,
        profile_id=profile_id,
        outcome=Outcome.NOT_ENTERED,
        occurred_at=moment.now,
        reason=reason,
        cause=occasion.cause,
        event_type=occasion.event_type,
        trigger_event_id=occasion.id,
        detail=detail,
    )
    moment.commands.append(Report(step_event))
