"""What becomes of a person who is read from an audience, or whose entry somebody asks for."""

from __future__ import annotations

from journeys.activation import EntryAsked, EntryOffered
from journeys.activity import Leave
from journeys.audiences import joined
from journeys.entry import closed_to, enter, refuse, refuse_unknown
from journeys.expressions import ExpressionError
from journeys.mode import Mode
from journeys.moment import Moment, Occasion
from journeys.outcomes import Outcome, Reason
from journeys.plan import Plan, Reading
from journeys.plans import Plans
from journeys.state import entry_name
from journeys.walk import Walk


def take_offer(moment: Moment, offer: EntryOffered) -> None:
    """Let a person begin a walk who is in the audience; nothing is told of anybody else."""
    plan = _reader(moment.plans, offer)
    reading = None if plan is None else plan.entry.reading
    if plan is None or reading is None:
        return
    occasion = Occasion("read", offer.record_id, offer.record_id, None, offer.payload)
    if _is_repeat(moment, plan, occasion):
        return
    if reading.force_reentry and closed_to(moment, plan) is None:
        _let_out(moment, plan)
    try:
        is_meant = _is_meant(moment, plan, reading, offer)
    except ExpressionError as error:
        refuse(moment, plan, occasion, Reason.EXPRESSION_ERROR, str(error))
        return
    if is_meant:
        moment.person.remember(occasion.id)
        enter(moment, plan, occasion)


def take_request(moment: Moment, asked: EntryAsked) -> None:
    """Let a person begin a walk as if the event had come that the journey begins with."""
    plan = moment.plans.live.get(asked.journey)
    occasion = Occasion("api", asked.record_id, asked.record_id, None, asked.payload)
    if plan is None:
        refuse_unknown(moment, asked.journey, occasion)
    elif not plan.entry.is_by_event:
        refuse(moment, plan, occasion, Reason.NO_JOURNEY)
    elif not _is_repeat(moment, plan, occasion):
        moment.person.remember(occasion.id)
        enter(moment, plan, occasion)


def _reader(plans: Plans, offer: EntryOffered) -> Plan | None:
    """Give the version that reads, while people enter it."""
    if offer.version is None:
        return plans.live.get(offer.journey)
    plan = plans.find(offer.journey, offer.version)
    return plan if plan is not None and plans.is_entered(plan) else None


def _is_repeat(moment: Moment, plan: Plan, occasion: Occasion) -> bool:
    if occasion.id not in moment.person.recent:
        return False
    refuse(moment, plan, occasion, Reason.DUPLICATE)
    return True


def _let_out(moment: Moment, plan: Plan) -> None:
    """End the walks of those still inside, who may begin again at once."""
    person, mode = moment.person, moment.plans.mode(plan) or Mode.LIVE
    for instance in list(person.instances):
        if (instance.journey, instance.mode) == (plan.journey, mode):
            Walk(moment, instance, "read").leave(Leave(Outcome.EXITED, Reason.FORCED))
            person.left.pop(entry_name(plan.journey, instance.key, instance.run), None)


def _is_meant(moment: Moment, plan: Plan, reading: Reading, offer: EntryOffered) -> bool:
    begun = moment.now if offer.begun is None else offer.begun
    since = joined(moment, plan, reading.audience, begun)
    if since is None:
        return False
    return not reading.incremental or offer.since is None or since > offer.since
