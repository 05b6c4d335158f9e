"""What policies say of beginning a walk: how many in a time, and how many at once."""

from __future__ import annotations

from journeys.moment import Moment
from journeys.outcomes import Reason
from journeys.plan import Plan
from journeys.policy import Policy, Refusal, count_entry, holds_in, over_entries
from journeys.state import Instance


def admit(moment: Moment, plan: Plan, instance: Instance) -> Refusal | None:
    """Count a walk that is about to begin, or say which policy keeps the person from it."""
    if not holds_in(instance.mode):
        return None
    refusal = refused(moment, plan)
    if refusal is None:
        count_entry(moment.plans.policies, moment.person, plan.journey, moment.now)
    return refusal


def refused(moment: Moment, plan: Plan) -> Refusal | None:
    """Say which policy keeps the person from one more real walk now, if any."""
    if not plan.policies:  # nobody asks for the zone, and the attributes need no decoding
        return None
    zone = moment.profile.zone or moment.zone(plan)
    return over_entries(plan.policies, moment.person, moment.now, zone) or _crowded(moment, plan)


def _crowded(moment: Moment, plan: Plan) -> Refusal | None:
    """Say which policy lets the person be on no more walks at once, if any."""
    for policy in plan.policies:
        inside = _inside(moment, policy)
        if policy.inside is None or len(inside) < policy.inside:
            continue
        before = [instance for instance in inside if moment.rank(instance)[0] < plan.rank[0]]
        is_room = len(inside) - len(before) < policy.inside
        names = ", ".join(sorted({i.journey for i in (before if is_room else inside)}))
        detail = f"policy '{policy.id}' allows {policy.inside} at once; inside: {names}"
        return Reason.PRIORITY if is_room else Reason.TOO_MANY_JOURNEYS, detail
    return None


def _inside(moment: Moment, policy: Policy) -> list[Instance]:
    walks = moment.person.instances
    return [walk for walk in walks if holds_in(walk.mode) and policy.names(walk.journey)]
