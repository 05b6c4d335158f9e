"""Who is in which audience, by rule: kept up to date as things happen and as time alone passes.

Only audiences that some journey is entered, left or raced by, or reads incrementally, are followed;
`inAudience` computes its answer when it is asked. A rule is looked at again when an event that it
counts comes, when attributes change, when an event leaves the time that the rule looks back over,
and when a part of it turns that reads the clock (`journeys.expressions.turning`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from journeys.definitions import AudienceRule
from journeys.expressions import ExpressionError
from journeys.history import History
from journeys.moment import Moment
from journeys.plan import Crossing, Plan


def review(moment: Moment) -> list[Crossing]:
    """Take in what was told, look again at the rules that what happened may have touched.

    Returns:
        Borders that the person has gone over by it. A rule that goes past a bound changes nothing.
    """
    told = moment.changes.memberships.items()
    crossings = [crossing for name, since in told for crossing in _tell(moment, name, since)]
    crossings += [crossing for name in _touched(moment) for crossing in _move(moment, name)]
    moment.person.review_at = min(_turns(moment), default=None)
    return crossings


def survey(moment: Moment) -> None:
    """Note in silence who is in which followed audience: they were before it was followed."""
    if moment.profile.attributes or moment.person.audiences:
        for name in moment.plans.followed:
            _move(moment, name)
        moment.person.review_at = min(_turns(moment), default=None)


def _tell(moment: Moment, name: str, since: int | None) -> list[Crossing]:
    """Note that a person was told to be in an audience, or not to be; give the border gone over."""
    told, by_rule = moment.person.audiences, moment.person.members
    was_inside = name in told or name in by_rule
    if since is not None:
        told.setdefault(name, moment.now if since < 0 else min(since, moment.now))
    else:
        told.pop(name, None)
        by_rule.pop(name, None)
    if was_inside == (since is not None):
        return []
    return [Crossing(name, "exit" if was_inside else "enter")]


def _move(moment: Moment, name: str) -> list[Crossing]:
    """Note whether a person is in an audience by its rule, and give the border gone over."""
    person, plan = moment.person, moment.plans.followed[name]
    if name in person.audiences:
        return []
    inside = _holds(moment, plan, plan.rules.audiences[name])
    if inside is None or inside == (name in person.members):
        return []
    if inside:
        person.members[name] = moment.now
    else:
        del person.members[name]
    return [Crossing(name, "enter" if inside else "exit")]


def _touched(moment: Moment) -> Iterable[str]:
    """Name, in order, the audiences whose rules what has changed may have touched."""
    changes, plans = moment.changes, moment.plans
    if changes.attributes or changes.time:
        return plans.followed
    return sorted({name for event in changes.events for name in plans.counting(event)})


def joined(moment: Moment, plan: Plan, audience: str, otherwise: int) -> int | None:
    """Say since when a person is in an audience that a plan names; None: they are not in it.

    Args:
        moment: the person.
        plan: it carries the rule of the audience, where there is one.
        audience: its name.
        otherwise: the instant that counts where it is not known since when.

    Raises:
        ExpressionError: the rule went past a bound.
    """
    person, rule = moment.person, plan.rules.audiences.get(audience)
    if audience in person.audiences:
        return person.audiences[audience]
    known = moment.known(plan)
    if rule is None or known.evaluate(rule.when, known.scope({}, moment.profile.id)) is not True:
        return None
    if audience not in moment.plans.followed:
        return otherwise
    return person.members.setdefault(audience, otherwise)


def _holds(moment: Moment, plan: Plan, rule: AudienceRule) -> bool | None:
    known = moment.known(plan)
    try:
        return known.evaluate(rule.when, known.scope({}, moment.profile.id)) is True
    except ExpressionError:
        return None


def _turns(moment: Moment) -> Iterator[int]:
    """Give, for all followed rules, the instants at which time alone next changes what they count.

    An event leaves the time that a rule looks back over, or comes into it if its producer's clock
    is ahead of ours; or a part of a rule turns that reads the clock.
    """
    windows = moment.plans.windows
    history = moment.profile.history if windows else History()
    for event in history.events:
        for window_ms in windows.get(event, ()):
            yield from history.turns(event, window_ms, moment.now)
    for name, turnings in moment.plans.by_clock.items():
        if name not in moment.person.audiences:
            scope = moment.known(moment.plans.followed[name]).scope({}, moment.profile.id)
            turns = (turning.next(scope) for turning in turnings)
            yield from (turn for turn in turns if turn is not None)
