"""Who is in which audience, by rule: kept up to date as things happen and as time alone passes.

Only audiences that some journey is entered, left or raced by are followed; `inAudience` computes
its answer when it is asked. A rule is looked at again when an event that it counts comes, when
attributes change, and when an event leaves the time that the rule looks back over.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.definitions import AudienceRule
from journeys.expressions import ExpressionError
from journeys.moment import Moment
from journeys.plan import Crossing, Plan


def review(moment: Moment) -> list[Crossing]:
    """Look again at the rules that what happened may have touched, and note the new members.

    Returns:
        Borders that the person has gone over by it. A rule that goes past a bound changes nothing.
    """
    person, changes = moment.person, moment.changes
    crossings = []
    for name, plan in moment.plans.followed.items():
        rule = plan.rules.audiences[name]
        if name in person.audiences or not changes.touch(rule):
            continue
        inside = _holds(moment, plan, rule)
        if inside is None or inside == (name in person.members):
            continue
        if inside:
            person.members[name] = moment.now
        else:
            del person.members[name]
        crossings.append(Crossing(name, "enter" if inside else "exit"))
    person.review_at = min(_turns(moment), default=None)
    return crossings


def _holds(moment: Moment, plan: Plan, rule: AudienceRule) -> bool | None:
    known = moment.known(plan)
    try:
        return known.evaluate(rule.when, known.scope({}, moment.profile.id)) is True
    except ExpressionError:
        return None


def _turns(moment: Moment) -> Iterator[int]:
    """Give, for each followed rule, the next instant at which time alone changes what it counts.

    An event leaves the time that a rule looks back over, or comes into it if its producer's clock
    is ahead of ours.
    """
    for name, plan in moment.plans.followed.items():
        counted = plan.rules.audiences[name].events
        for read in plan.rules.histories:
            if read.event in counted and read.window_ms is not None:
                yield from moment.profile.history.turns(read.event, read.window_ms, moment.now)
