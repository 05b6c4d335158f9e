"""The main loop: what becomes of one person when something happens.

    advance(plans, person, profile, activation, now) -> commands

Everything that decides how people move is here, in `journeys.walk` and in `journeys.activities`;
nothing here knows Flink, a network, a clock or chance. The Flink operator, the simulator and the
tests drive this same function. In the order in which `advance` does it:

1. What was said about the person's journeys is followed (`journeys.succession`): a new version, a
   stop, the end of a pause.
2. Timers that were due before now fire first, so that a wait that has ended cannot lose a race
   against an event that came after it. An event at the very instant goes before the timer. A wait
   that ends at the very instant at which its journey ends goes before that end.
3. The activation itself. What comes to an identity that belongs to another person is passed on
   before anything else (`journeys.identities`). An event is first held against what counts as
   success of the arms that experiments gave the person, then moves the walks that are inside - an
   exit criterion that it meets goes before a step that waits for it - then may begin new ones: a
   walk never reacts to the event that began it. A walk that is busy, such as with a call, keeps the
   event until it listens again: then it comes as if it were new. A result resumes the one step that
   asked for it; a result that nobody waits for (a repeat) changes nothing. Feedback on a message
   first changes what is known of reaching the person, and of when they open messages, then resumes
   the walk that sent it. Being read, or asked for, is an entry without an event
   (`journeys.offers`). Erasing a person ends every walk and forgets all that was known.
4. Timers due by now.
5. Of a person who is inside nothing, what is over is forgotten (`journeys.forgetting`).
6. Whoever keeps count is told what has become otherwise: who is inside which version, and whether
   the person has a profile or is listed in an audience.

What follows from each timer and from the activation (`journeys.consequences`) happens before the
next of them: attributes that changed are held against the exit criteria of every walk, rules of
audiences that may hold anew are looked at, and jumps that were asked for are made.

A walk runs until every step blocks or it leaves. Whatever goes wrong inside a walk ends that walk
with a reason and touches no other. `person` and `profile` are changed in place: the caller decodes
them for this call and stores them after it, so that a crash in between leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TypeAlias

from journeys.activation import (
    ActionResolved,
    Activation,
    AudienceChanged,
    AudiencesSurveyed,
    EntryAsked,
    EntryOffered,
    EventReceived,
    FeedbackReceived,
    IdentityLinked,
    Nudged,
    Occurrence,
    PassedOn,
    PersonGiven,
    ProfileChanged,
    TimerFired,
)
from journeys.activity import (
    Leave,
    ResultArrived,
    TimeIsUp,
)
from journeys.audiences import survey
from journeys.command import Command, CountIgnored, PersonKnown, Presence, StartReading
from journeys.consequences import settle
from journeys.entry import enter, offered, refuse
from journeys.expressions import ExpressionError
from journeys.feedback import take_feedback
from journeys.forgetting import forget
from journeys.identities import arrived, give_away, joins, release_all, take_over
from journeys.messages import ActionResult, ActionStatus
from journeys.moment import Changes, Moment, Occasion
from journeys.offers import take_offer, take_request
from journeys.outcomes import Outcome, Reason
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.policy import give_back
from journeys.profile import Profile
from journeys.state import Instance, PersonState
from journeys.succession import follow
from journeys.trials import convert
from journeys.walk import Walk


def advance(
    plans: Plans, person: PersonState, profile: Profile, activation: Activation, now: int
) -> list[Command]:
    """Bring one person up to date with an activation.

    Returns:
        What to do now, in order. `person.due` says when to be called again at the latest.
    """
    origin = activation.hops[0].identity if isinstance(activation, PassedOn) else profile.id
    meant = arrived(person, profile.id, activation)
    if isinstance(meant, list):
        return meant
    moment, activation = Moment(plans, person, profile, now), meant
    before, was_listed = _places(person), bool(person.audiences)
    follow(moment)
    settle(moment)
    _fire_timers(moment, before=now)
    moment.begin(_name(activation))
    if isinstance(activation, IdentityLinked) and joins(moment, activation):
        told = [*moment.commands, *_changed_places(before, _places(person))]
        return [*told, give_away(moment, activation)]
    _happen(moment, activation, origin)
    settle(moment)
    _fire_timers(moment, before=now + 1)
    forget(moment)
    if profile.changed or was_listed != bool(person.audiences):
        is_known = bool(person.audiences or profile.attributes)
        if is_known != (was_listed or profile.was_known):
            moment.commands.append(PersonKnown(profile.id, is_known))
    return [*moment.commands, *_changed_places(before, _places(person))]


def _happen(moment: Moment, activation: Occurrence, origin: str) -> None:
    """Let happen what has woken the person; `origin` is the identity that it came to."""
    match activation:
        case EventReceived():
            _receive(moment, activation)
        case ActionResolved(result):
            _resolve(moment, result)
        case ProfileChanged():
            _change(moment, activation)
        case IdentityLinked(patch=patch) if patch:
            moment.apply(patch, activation.at, timed=activation.timed)
        case PersonGiven():
            take_over(moment, activation, origin)
        case AudienceChanged(audience, inside):
            moment.changes.memberships[audience] = moment.now if inside else None
        case FeedbackReceived():
            take_feedback(moment, activation)
        case EntryOffered():
            take_offer(moment, activation)
        case EntryAsked():
            take_request(moment, activation)
        case AudiencesSurveyed():
            _fire_timers(moment, before=moment.now + 1)  # a border crossed by time is told
            survey(moment)


_Place: TypeAlias = tuple[str, int, int]
"""Journey, version, and the revision that was followed."""


def _places(person: PersonState) -> dict[str, _Place]:
    return {i.id: (i.journey, i.version, i.revision) for i in person.instances}


def _changed_places(before: dict[str, _Place], after: dict[str, _Place]) -> Iterator[Presence]:
    """Tell who keeps count of those inside each version."""
    if before == after:
        return
    for name, (journey, version, _) in before.items():
        if after.get(name, ())[:2] != (journey, version):
            yield Presence(name, journey, version, None)
    for name, place in after.items():
        if before.get(name) != place:
            yield Presence(name, *place)


def _name(activation: Occurrence) -> str:
    """Name what happens, the same on replay; what is due by time has names of its own."""
    match activation:
        case ActionResolved(result):
            return result.request_id
        case FeedbackReceived(event_id=name):
            return name
        case TimerFired() | Nudged():
            return "timer"
        case PersonGiven(link=name):
            return name
        case _:
            return activation.record_id


def _fire_timers(moment: Moment, before: int) -> None:
    """Let what is due happen one by one, each with all that follows from it."""
    person = moment.person
    while (due := person.due) is not None and due < before:
        timers = [timer for instance in person.instances for timer in _timers(instance)]
        first = min(timers, key=lambda t: (*t[:2], moment.rank(t[2]), t[2].id), default=None)
        if first is not None and first[0] == due:
            _fire(moment, first[2], ends=first[1])
        elif person.review_at != due:
            forget(moment)
        else:
            moment.begin(f"review/{due}")
            person.review_at = None
            moment.changes.time = True
        settle(moment)


def _fire(moment: Moment, instance: Instance, *, ends: bool) -> None:
    due = instance.ends_at if ends or instance.waiting is None else instance.waiting.due
    moment.begin(f"timer/{instance.id}/{instance.step}/{instance.visits.get(instance.step)}")
    walk = Walk(moment, instance, "timer", due=due)
    if ends:
        walk.leave(Leave(Outcome.EXITED, _end_reason(moment, instance)))
        return
    if instance.waiting is not None:
        instance.waiting.due = None  # a timer fires once, whatever the step makes of it
    walk.resume(TimeIsUp())


def _timers(instance: Instance) -> list[tuple[int, bool, Instance]]:
    """List the timers of a walk: when, whether it is the walk's end, and whose it is."""
    waited = None if instance.waiting is None else instance.waiting.due
    timers = ((waited, False), (instance.ends_at, True))
    return [(due, ends, instance) for due, ends in timers if due is not None]


def _end_reason(moment: Moment, instance: Instance) -> Reason:
    plan = moment.plans.find(instance.journey, instance.version)
    is_end = plan is not None and plan.end is not None and plan.end == instance.ends_at
    return Reason.END_DATE if is_end else Reason.TIMEOUT


def _resolve(moment: Moment, result: ActionResult) -> None:
    sent = result.status is ActionStatus.SUCCEEDED
    give_back(moment.person, result.request_id, sent=sent)
    for instance in list(moment.person.instances):
        if instance.waiting is not None and instance.waiting.request == result.request_id:
            Walk(moment, instance, "result").resume(ResultArrived(result))


def _change(moment: Moment, change: ProfileChanged) -> None:
    if change.patch is None:
        _erase(moment)
    else:
        moment.apply(change.patch, change.at, timed=change.timed)


def _erase(moment: Moment) -> None:
    moment.profile.erase()
    for instance in list(moment.person.instances):
        Walk(moment, instance, "profile").leave(Leave(Outcome.EXITED, Reason.ERASED))
    release_all(moment)
    moment.person.forget()
    moment.profile.forget()
    moment.changes = Changes()  # whoever is not known any more goes into no audience


_Matched: TypeAlias = dict[tuple[str, int], set[str]]
"""Journey version to those of its events that a record is."""
_OF_MODELS = ("", 0)
"""No journey: events whose past a model reads."""


def _receive(moment: Moment, event: EventReceived) -> None:
    matched = _matched(moment, event)
    if matched is None:
        return
    if not matched:
        moment.commands.append(CountIgnored(event.event_type))
        return
    if event.past:
        _record(moment, event, matched)
        return
    occasion, begun = _occasion(event), _begun_by(moment, matched)
    entries = offered(moment, [plan for plan in begun if plan.entry.is_by_event])
    if event.event_id in moment.person.recent:
        for plan in entries:
            refuse(moment, plan, occasion, Reason.DUPLICATE)
        return
    mattered = _record(moment, event, matched)
    mattered |= convert(moment, event, matched)
    mattered |= _wake(moment, occasion, matched)
    mattered |= _start_readings(moment, event, begun)
    for plan in entries:
        enter(moment, plan, occasion)
    if mattered or entries:
        moment.person.remember(event.event_id)


def _begun_by(moment: Moment, matched: _Matched) -> list[Plan]:
    """Give those that people enter and that name an event as the one that they begin with."""
    plans = ((moment.plans.find(*place), ids) for place, ids in sorted(matched.items()))
    return [
        plan
        for plan, ids in plans
        if plan is not None and plan.entry.event in ids and moment.plans.is_entered(plan)
    ]


def _start_readings(moment: Moment, event: EventReceived, begun: list[Plan]) -> bool:
    """Read audiences whose business event this is; say whether there are any."""
    started = [
        StartReading(
            plan.journey,
            plan.version,
            f"{plan.journey}/{plan.version}/{event.event_id}",
            plan.entry.reading.rate,
            plan.end,
            event.payload,
        )
        for plan in begun
        if plan.entry.reading is not None and moment.plans.is_open(plan)
    ]
    moment.commands += started
    return bool(started)


def _occasion(event: EventReceived) -> Occasion:
    names = (event.event_id, event.record_id, event.event_type)
    return Occasion("event", *names, event.payload, event.occurred_at, event.came_at)


def _matched(moment: Moment, event: EventReceived) -> _Matched | None:
    """Give, for each journey version that listens, which of its events this record is.

    None if it is none, and for some journey that could not be found out, which is reported.
    """
    matched: _Matched = {}
    unclear = False
    for scored in moment.plans.scored(event.event_type):
        with suppress(ExpressionError):
            if scored.matches(event.event_type, event.payload, moment.now):
                matched.setdefault(_OF_MODELS, set()).add(scored.id)
    for plan, definition in moment.plans.listening(event.event_type):
        try:
            matches = definition.matches(event.event_type, event.payload, moment.now)
        except ExpressionError as error:
            matches = False
            if moment.plans.is_entered(plan) and plan.entry.event == definition.id:
                unclear = True
                refuse(moment, plan, _occasion(event), Reason.EXPRESSION_ERROR, str(error))
        if matches:
            matched.setdefault((plan.journey, plan.version), set()).add(definition.id)
    return None if unclear and not matched else matched


def _record(moment: Moment, event: EventReceived, matched: _Matched) -> bool:
    """Keep of an event what some expression asks of the past; say whether any does."""
    asked = moment.plans.asked_of_past
    if not asked:
        return False
    names = sorted(asked.keys() & set().union(*matched.values()))
    keep = moment.profile.record_once if event.past else moment.profile.record
    for name in names:
        keep(name, event.occurred_at, event.payload, asked[name], moment.now)
    moment.changes.events.update(names)
    return bool(names)


def _wake(moment: Moment, occasion: Occasion, matched: _Matched) -> bool:
    """Tell the walks inside that listen; say whether there were any.

    Also where nobody waits yet: the event's repeat must not win a race that begins later.
    """
    listening = [
        (instance, ids)
        for instance in moment.in_order()
        if (ids := matched.get((instance.journey, instance.version))) is not None
    ]
    for instance, ids in listening:
        Walk(moment, instance, "event", occasion).hear(frozenset(ids), occasion)
    return bool(listening)
