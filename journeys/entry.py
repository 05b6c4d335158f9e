"""Entry: who begins a walk, and who does not and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from journeys.capping import admit
from journeys.clock import since
from journeys.command import Report
from journeys.expressions import ExpressionError
from journeys.expressions.values import text_of
from journeys.identifiers import instance_id, refusal_id
from journeys.known import Known
from journeys.messages import JsonObject
from journeys.mode import Mode
from journeys.moment import Moment, Occasion
from journeys.outcomes import Outcome, Reason
from journeys.plan import Entry, Plan
from journeys.state import Instance, entry_name
from journeys.step_event import UNKNOWN_VERSION, StepEvent
from journeys.walk import Walk

MAX_INSTANCES = 10
"""Walks of one person at once in one journey whose entry has a key (`journey-semantics` A.3)."""
TEST_PROFILE = "testProfile"
"""Attribute that is true for people who may enter a version in a test."""


def enter(moment: Moment, plan: Plan, occasion: Occasion) -> None:
    """Let a person begin a walk, or report why not."""
    try:
        refusal, key, known = _admission(moment, plan, occasion)
    except ExpressionError as error:
        refuse(moment, plan, occasion, Reason.EXPRESSION_ERROR, str(error))
        return
    if refusal is not None:
        refuse(moment, plan, occasion, refusal, known=known)
        return
    life, mode = moment.plans.life(plan.journey), mode_of(moment, plan)
    run = run_of(moment, plan)
    walked = entry_name(plan.journey, None, run)
    instance = Instance(
        instance_id(walked, moment.profile.id, key, occasion.id, occasion.record_id),
        plan.journey,
        plan.version,
        moment.now,
        plan.first,
        key,
        events=heard(plan, occasion),
        ends_at=plan.ends_at(moment.now),
        revision=life.revision if life else 0,
        mode=mode,
        run=run,
    )
    withheld = admit(moment, plan, instance)
    if withheld is not None:
        refuse(moment, plan, occasion, *withheld)
        return
    moment.person.instances.append(instance)
    if plan.entry.debounce_ms:
        moment.person.begin(plan.journey, key, moment.now, run)
    Walk(moment, instance, occasion.cause, occasion).begin(known)


def offered(moment: Moment, plans: Iterable[Plan]) -> list[Plan]:
    """Give those of some plans that are offered to the person, in the order in which they are.

    By priority and by name; of one journey a silent version comes first. A version in a test is
    for flagged people: to all others it is not offered beside a live one, whose step events would
    come twice.
    """
    plans = list(plans)
    if len(plans) <= 1:
        return plans
    modes = [(plan, mode_of(moment, plan)) for plan in plans]
    live = {plan.journey for plan, mode in modes if mode is Mode.LIVE}
    kept = [
        (*plan.rank, not mode.is_silent, plan)
        for plan, mode in modes
        if mode is not Mode.TEST or plan.journey not in live or _is_flagged(moment)
    ]
    return [plan for *_, plan in sorted(kept, key=lambda one: one[:-1])]


def _is_flagged(moment: Moment) -> bool:
    return moment.profile.attributes.get(TEST_PROFILE) is True


def mode_of(moment: Moment, plan: Plan) -> Mode:
    """Say how people enter a version."""
    return moment.plans.mode(plan) or Mode.LIVE


def run_of(moment: Moment, plan: Plan) -> str:
    """Name the rehearsal that a walk of a version is part of; empty for a real one."""
    return moment.plans.run(plan.journey, mode_of(moment, plan))


def heard(plan: Plan, occasion: Occasion) -> dict[str, JsonObject]:
    """Give the payload that begins a walk, under the id of its event."""
    if plan.entry.event is None or occasion.payload is None:
        return {}
    return {plan.entry.event: occasion.payload}


class _Admission(NamedTuple):
    """What the entry's rules say."""

    refusal: Reason | None
    key: str | None = None
    """The value of the entry's key."""
    known: Known | None = None
    """What its expressions have read, if they were asked."""


def _admission(moment: Moment, plan: Plan, occasion: Occasion) -> _Admission:
    """Apply the entry's rules."""
    entry, now = plan.entry, moment.now
    refusal = closed_to(moment, plan)
    if refusal is not None:
        return _Admission(refusal)
    if (plan.start is not None and now < plan.start) or (plan.end is not None and now >= plan.end):
        return _Admission(Reason.OUTSIDE_DATES)
    if _is_late(entry, occasion, now):
        return _Admission(Reason.LATE)
    if entry.when is None and entry.key is None:
        return _Admission(standing(moment, plan, None))
    known = moment.known(plan)
    seed = f"{plan.journey}/{moment.profile.id}/{occasion.id}"
    scope = known.scope(heard(plan, occasion), seed)
    if entry.when is not None and not known.holds(entry.when, scope):
        return _Admission(Reason.CONDITION, None, known)
    key: str | None = None
    if entry.key is not None:
        key = text_of(known.evaluate(entry.key, scope))
        if not key:
            return _Admission(Reason.NO_KEY, None, known)
    return _Admission(standing(moment, plan, key), key, known)


def closed_to(moment: Moment, plan: Plan) -> Reason | None:
    """Say why the journey lets this person not in, whatever brings them."""
    life, mode = moment.plans.life(plan.journey), mode_of(moment, plan)
    if mode is Mode.TEST and not _is_flagged(moment):
        return Reason.NOT_TEST_PROFILE
    return None if life is None else life.refusal(mode, moment.now)


def _is_late(entry: Entry, occasion: Occasion, now: int) -> bool:
    """Say whether an event happened too long ago to begin a walk; by its producer's clock."""
    happened, max_age = occasion.occurred_at, entry.max_age_ms
    return happened is not None and max_age is not None and now - happened > max_age


def standing(moment: Moment, plan: Plan, key: str | None) -> Reason | None:
    """Say why a person who is inside, or was before, does not enter."""
    entry, person, mode = plan.entry, moment.person, mode_of(moment, plan)
    run = run_of(moment, plan)
    begun = person.begun_at(plan.journey, key, run)
    if begun is not None and moment.now < begun + entry.debounce_ms:
        return Reason.DEBOUNCED
    inside = [i for i in person.instances if (i.journey, i.mode) == (plan.journey, mode)]
    if any(i.key == key for i in inside):
        return Reason.ALREADY_INSIDE
    if len(inside) >= MAX_INSTANCES:
        return Reason.TOO_MANY_INSTANCES
    left = person.left_at(plan.journey, key, run)
    if left is not None and not entry.reentry_allowed:
        return Reason.REENTRY_NOT_ALLOWED
    if left is not None and moment.now < left + entry.reentry_after_ms:
        return Reason.REENTRY_TOO_EARLY
    return None


def refuse(
    moment: Moment,
    plan: Plan,
    occasion: Occasion,
    reason: Reason,
    detail: str | None = None,
    known: Known | None = None,
) -> None:
    """Report that a person does not begin a walk, decided by what is known of them."""
    told = _not_entered(moment, plan.journey, plan.version, occasion, reason)
    told.detail, told.mode = detail, mode_of(moment, plan)
    if known is not None:
        told.scores, told.inputs = known.decided_by, known.inputs_text
    moment.commands.append(Report(told))


def refuse_unknown(moment: Moment, journey: str, occasion: Occasion) -> None:
    """Report that a person does not begin a journey that the job has no version of to enter."""
    told = _not_entered(moment, journey, UNKNOWN_VERSION, occasion, Reason.NO_JOURNEY)
    moment.commands.append(Report(told))


def _not_entered(
    moment: Moment, journey: str, version: int, occasion: Occasion, reason: Reason
) -> StepEvent:
    profile_id = moment.profile.id
    return StepEvent(
        event_id=refusal_id(journey, version, profile_id, occasion.record_id),
        journey_id=journey,
        journey_version=version,
        profile_id=profile_id,
        outcome=Outcome.NOT_ENTERED,
        occurred_at=moment.now,
        reason=reason,
        cause=occasion.cause,
        event_type=occasion.event_type,
        trigger_event_id=occasion.id,
        ingest_ms=since(occasion.came_at, moment.now),
    )
