"""The live state of one person, made from what the job keeps: an answer that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from journeys.activities.action import refusal_of_person
from journeys.activities.condition import Condition
from journeys.activity import Step, Visit
from journeys.clock import format_instant
from journeys.consents import refused_channels, suppressed_channels
from journeys.definitions import ActionDefinition
from journeys.entry_rules import condition, entry_rules
from journeys.inquiry import CallUnderWay, Ended, Inquiry, LiveState, Rule, WalkState
from journeys.local_time import at_place
from journeys.messages import JsonValue
from journeys.moment import Moment, Occasion
from journeys.outcomes import Reason
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.policy import Contact, Refusal, deferred, over_cap, silenced
from journeys.profile import Profile
from journeys.state import Instance, PersonState, entry_parts


def live_state(
    plans: Plans,
    person: PersonState,
    profile: Profile,
    inquiry: Inquiry,
    now: int,
    *,
    tell_values: bool = True,
) -> LiveState:
    """Say what is known of a person, and how a journey's rules judge them.

    Args:
        plans: all plans.
        person: as it is stored. Some rules note in it what they look up: it must not be kept.
        profile: likewise.
        inquiry: what is asked.
        now: the instant.
        tell_values: whether values of attributes may be told to anybody.
    """
    moment = Moment(plans, person, profile, now)
    walks = [_walk(moment, walk, inquiry, tell_values=tell_values) for walk in person.instances]
    # Before the rules are asked: they note whom they find in an audience.
    audiences = dict(sorted({**person.members, **person.audiences}.items()))
    plan = _asked(plans, inquiry)
    entry = None
    if plan is not None:
        occasion = Occasion("event", inquiry.id, inquiry.id, None, inquiry.payload)
        entry = entry_rules(moment, plan, occasion, values=tell_values)
    ended = ((*entry_parts(name), at) for name, at in person.left.items())
    alias, attributes = person.merged_into, profile.attributes
    return LiveState(
        id=inquiry.id,
        profile_id=profile.id,
        at=now,
        merged_into=alias.primary if alias else None,
        identities=sorted(person.aliases),
        walks=walks,
        next_timer=person.due,
        attributes=sorted(_names(attributes)),
        values=attributes if inquiry.values and tell_values else None,
        audiences=audiences,
        ended=[Ended(journey, key, at) for journey, run, key, at in ended if not run],
        messages_counted=person.contacts,
        entries_counted=person.entries,
        refused_channels=refused_channels(attributes),
        suppressed_channels=suppressed_channels(attributes),
        recent_events=person.recent,
        entry=entry,
        messages=[] if plan is None else list(_messages(moment, plan)),
    )


def _asked(plans: Plans, inquiry: Inquiry) -> Plan | None:
    """Give the version that judges whoever comes: the live one, or else one that is rehearsed."""
    if inquiry.journey is None:
        return None
    live = plans.live.get(inquiry.journey)
    return live or next(iter(plans.entered_of(inquiry.journey)), None)


def _names(attributes: Mapping[str, JsonValue], before: str = "") -> Iterator[str]:
    for name, value in attributes.items():
        if isinstance(value, dict) and value:
            yield from _names(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


# Walks.


def _walk(moment: Moment, walk: Instance, inquiry: Inquiry, *, tell_values: bool) -> WalkState:
    plan, waiting = moment.plans.find(walk.journey, walk.version), walk.waiting
    step = None if plan is None else plan.steps.get(walk.step)
    conditions = []
    if plan is not None and walk.journey == inquiry.journey:
        conditions = list(_conditions(moment, plan, walk, values=tell_values))
    held = waiting is not None and waiting.held
    return WalkState(
        instance_id=walk.id,
        journey=walk.journey,
        version=walk.version,
        mode=walk.mode,
        key=walk.key,
        entered_at=walk.entered_at,
        step=walk.step,
        step_kind=None if step is None else step.kind,
        since=walk.since,
        events=list(waiting.events) if waiting else [],
        ways=[] if step is None else [way.label for way in step.branches() if way.label],
        call=_call(moment.person, walk),
        until=waiting.due if waiting else None,
        held=held,
        ends_at=walk.ends_at,
        pending=len(walk.pending),
        conditions=conditions,
    )


def _call(person: PersonState, walk: Instance) -> CallUnderWay | None:
    request = walk.waiting.request if walk.waiting else None
    if request is None:
        return None
    asked = person.asked.get(request)
    return CallUnderWay(request, asked.at if asked else walk.since)


def _conditions(moment: Moment, plan: Plan, walk: Instance, *, values: bool) -> Iterator[Rule]:
    """Judge the conditions that a walk has come by, as they would be judged now."""
    known = moment.known(plan)
    visited = [step for name in walk.visits if (step := plan.steps.get(name)) is not None]
    for step in visited:
        if not isinstance(step, Condition):
            continue
        visit = Visit(replace(walk, step=step.id), known, plan, moment.person, {})
        for way in step.ways:
            name = f"{step.id} {way.label}"
            if way.window is not None and not way.window.contains(at_place(visit.now, visit.zone)):
                yield Rule(name, Reason.CONDITION, "its hours, days or dates are not now")
            elif way.when is not None:
                judged = (known, visit.scope, way.when, name)
                yield condition(*judged, reason=Reason.CONDITION, values=values)


# Messages.


def _messages(moment: Moment, plan: Plan) -> Iterator[Rule]:
    """Say of each step that sends whether its message would go to the person now."""
    for step in plan.steps.values():
        action = plan.actions.get(step.sends() or "")
        if action is not None:
            yield _message(moment, plan, step, action)


def _message(moment: Moment, plan: Plan, step: Step, action: ActionDefinition) -> Rule:
    person = moment.person
    contact = Contact(action.channel, action.category, plan.journey)
    policies = [policy for policy in plan.policies if policy.covers(contact)]
    zone = moment.profile.zone or moment.zone(plan)
    refusal: Refusal | None = (
        refusal_of_person(action, moment.profile.attributes)
        or silenced(policies, moment.now, zone)
        or over_cap(policies, person, moment.now, zone)
    )
    if refusal is not None:
        reason, detail = refusal
        more = f"; counted: {_counted(person)}" if reason is Reason.FREQUENCY_CAP else ""
        return Rule(step.id, reason, f"{detail}{more}")
    until = deferred(policies, moment.now, zone)
    if until is not None:
        return Rule(step.id, Reason.QUIET_HOURS, f"it would wait until {format_instant(until)}")
    return Rule(step.id, None, "neither consent nor a policy keeps it back")


def _counted(person: PersonState) -> str:
    """Write the messages that policies count, and when each was asked for."""
    return ", ".join(
        f"{name} at {', '.join(map(format_instant, instants))}"
        for name, instants in person.contacts.items()
    )
