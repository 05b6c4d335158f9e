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

After each of these, attributes that changed are held against the exit criteria of every walk, rules
of audiences that may hold anew are looked at, and jumps that were asked for are made.

A walk runs until every step blocks or it leaves. Whatever goes wrong inside a walk ends that walk
with a reason and touches no other. `person` and `profile` are changed in place: the caller decodes
them for this call and stores them after it, so that a crash in between leaves no trace.
"""

from __future__ import annotations

from typing import TypeAlias

from journeys.activation import (
    ActionResolved,
    Activation,
    AudienceChanged,
    EntryOffered,
    EventReceived,
    FeedbackReceived,
    ProfileChanged,
    TimerFired,
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
from journeys.audiences import review
from journeys.command import Command, CountIgnored
from journeys.entry import enter, refuse
from journeys.expressions import ExpressionError
from journeys.history import HistoryRead
from journeys.identifiers import request_id
from journeys.messages import ActionResult, JsonObject
from journeys.outcomes import Outcome, Reason
from journeys.plan import Crossing, Plan, Plans
from journeys.profile import Profile
from journeys.state import Instance, PersonState
from journeys.walk import Changes, Leap, Moment, Occasion, Walk

MAX_JUMPS = 100
"""Jumps of one person in one activation: journeys that jump to each other must come to an end."""


def advance(
    plans: Plans, person: PersonState, profile: Profile, activation: Activation, now: int
) -> list[Command]:
    """Bring one person up to date with an activation.

    Returns:
        What to do now, in order. `person.due` says when to be called again at the latest.
    """
    moment = Moment(plans, person, profile, now, trigger=_name(activation, now))
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


def _name(activation: Activation, now: int) -> str:
    """Name what happens, the same on replay; time alone is named by the instant that was due."""
    match activation:
        case ActionResolved(result):
            return result.request_id
        case FeedbackReceived(event_id=name):
            return name
        case TimerFired():
            return f"timer/{now}"
        case _:
            return activation.record_id


def _fire_timers(moment: Moment, before: int) -> None:
    person = moment.person
    while True:
        due = [entry for i in person.instances for entry in _due(i) if entry[0] < before]
        first = min(due, key=lambda entry: entry[:3], default=None)
        review_at = person.review_at
        if review_at is not None and review_at < before and (not first or review_at < first[0]):
            _review_by_time(moment, review_at)
        elif first is None:
            return
        else:
            _fire(moment, first[3], ends=first[1])


def _review_by_time(moment: Moment, due: int) -> None:
    """Look at the rules that time alone may have changed; named by the instant that was due."""
    named, moment.trigger = moment.trigger, f"review/{due}"
    moment.person.review_at = None
    moment.changes.time = True
    _settle(moment)
    moment.trigger = named


def _fire(moment: Moment, instance: Instance, *, ends: bool) -> None:
    walk = Walk(moment, instance, "timer")
    if ends:
        walk.leave(Leave(Outcome.EXITED, _end_reason(moment, instance)))
        return
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
    """Let what changed end walks and move people over borders of audiences, and make jumps.

    Says if there were any jumps. Journeys that keep changing each other come to an end.
    """
    made = rounds = 0
    while moment.changes or moment.leaps:
        if moment.changes and rounds < MAX_JUMPS:
            rounds += 1
            changes, crossings = moment.changes, review(moment)
            moment.changes = Changes()
            if changes.attributes:
                _move_all(moment, "profile", AttributesChanged())
            for crossing in crossings:
                _tell_crossing(moment, crossing)
        elif moment.changes:
            moment.changes = Changes()
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
        moment.profile.forget()


def _react(moment: Moment, feedback: FeedbackReceived) -> None:
    if feedback.event_id in moment.person.recent:
        return
    for instance in list(moment.person.instances):
        for step, visit in instance.visits.items():
            if request_id(instance.id, step, visit) == feedback.request_id:
                moment.person.remember(feedback.event_id)
                seen = instance.reactions.setdefault(step, [])
                if feedback.reaction not in seen:
                    seen.append(feedback.reaction)
                    cause = Reacted(step, feedback.reaction)
                    Walk(moment, instance, "feedback").resume(cause)
                return


def _cross(moment: Moment, change: AudienceChanged) -> None:
    told, by_rule = moment.person.audiences, moment.person.members
    if change.inside == (change.audience in told or change.audience in by_rule):
        return
    if change.inside:
        told[change.audience] = moment.now
    else:
        told.pop(change.audience, None)
        by_rule.pop(change.audience, None)
    _tell_crossing(moment, Crossing(change.audience, "enter" if change.inside else "exit"))


def _tell_crossing(moment: Moment, crossing: Crossing) -> None:
    """Let a border that the person went over move walks, and begin new ones."""
    _move_all(moment, "audience", AudienceCrossed(crossing.audience, crossing.way))
    moment.crossed += 1
    name = f"{moment.trigger}/{moment.crossed}/{crossing.way}/{crossing.audience}"
    for plan in list(moment.plans.live.values()):
        if plan.entry.crossing == crossing:
            enter(moment, plan, Occasion("audience", name, name))


def _offer(moment: Moment, offer: EntryOffered) -> None:
    plan = moment.plans.live.get(offer.journey)
    if plan is not None and plan.entry.reading is not None:
        occasion = Occasion("read", offer.record_id, offer.record_id, None, offer.payload)
        _enter_once(moment, plan, occasion)


def _enter_once(moment: Moment, plan: Plan, occasion: Occasion) -> None:
    if occasion.id in moment.person.recent:
        refuse(moment, plan, occasion, Reason.DUPLICATE)
        return
    moment.person.remember(occasion.id)
    enter(moment, plan, occasion)


def _leap(moment: Moment, leap: Leap) -> None:
    plan = moment.plans.live.get(leap.journey)
    if plan is not None:
        if plan.entry.is_by_event:
            enter(moment, plan, leap.occasion)
        else:
            refuse(moment, plan, leap.occasion, Reason.NO_JOURNEY)


def _refuse_rest(moment: Moment) -> None:
    for leap in moment.leaps:
        plan = moment.plans.live.get(leap.journey)
        if plan is not None:
            refuse(moment, plan, leap.occasion, Reason.TOO_MANY_JUMPS)
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
            refuse(moment, plan, occasion, Reason.DUPLICATE)
    else:
        mattered = _record(moment, event, matched)
        mattered |= _wake(moment, occasion, matched)
        for plan in entries:
            enter(moment, plan, occasion)
        if mattered or entries:
            moment.person.remember(event.event_id)


def _occasion(event: EventReceived) -> Occasion:
    return Occasion("event", event.event_id, event.record_id, event.event_type, event.payload)


_Matched: TypeAlias = dict[tuple[str, int], set[str]]
"""Journey version to those of its events that a record is."""


def _matched(moment: Moment, event: EventReceived) -> _Matched | None:
    """Give, for each journey version that listens, which of its events this record is.

    None if it is none, and for some journey that could not be found out, which is reported.
    """
    matched: _Matched = {}
    unclear = False
    for plan, definition in moment.plans.listening(event.event_type):
        try:
            matches = definition.matches(event.event_type, event.payload, moment.now)
        except ExpressionError as error:
            matches = False
            if moment.plans.is_live(plan) and plan.entry.event == definition.id:
                unclear = True
                refuse(moment, plan, _occasion(event), Reason.EXPRESSION_ERROR, str(error))
        if matches:
            matched.setdefault((plan.journey, plan.version), set()).add(definition.id)
    return None if unclear and not matched else matched


def _record(moment: Moment, event: EventReceived, matched: _Matched) -> bool:
    """Keep of an event what some expression asks of the past; say whether any does."""
    reads: dict[str, set[HistoryRead]] = {}
    for version, ids in matched.items():
        plan = moment.plans.find(*version)
        for read in plan.rules.histories if plan else ():
            if read.event in ids:
                reads.setdefault(read.event, set()).add(read)
    for name, asked in reads.items():
        moment.profile.record(name, event.occurred_at, event.payload, asked, moment.now)
    moment.changes.events |= reads.keys()
    return bool(reads)


def _wake(moment: Moment, occasion: Occasion, matched: _Matched) -> bool:
    """Tell the walks inside that listen; say whether there were any.

    Also where nobody waits yet: the event's repeat must not win a race that begins later.
    """
    listening = [
        (instance, ids)
        for instance in moment.person.instances
        if (ids := matched.get((instance.journey, instance.version))) is not None
    ]
    for instance, ids in listening:
        cause = EventArrived(frozenset(ids), occasion.payload or {})
        Walk(moment, instance, "event", occasion).resume(cause)
    return bool(listening)
