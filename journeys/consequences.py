"""What follows from what has happened to a person: exits, borders of audiences, and jumps."""

from __future__ import annotations

from journeys.activity import AttributesChanged, AudienceCrossed
from journeys.audiences import review
from journeys.entry import enter, offered, refuse, refuse_unknown
from journeys.moment import Changes, Leap, Moment, Occasion
from journeys.outcomes import Reason
from journeys.plan import Crossing
from journeys.walk import Walk

MAX_JUMPS = 100
"""Jumps of one person in one activation: journeys that jump to each other must come to an end."""
MAX_ROUNDS = 100
"""Rounds of changes in one activation: journeys that keep changing a person must, too."""


def settle(moment: Moment) -> None:
    """Let what changed end walks and move people over borders of audiences, and make jumps."""
    while moment.changes or moment.leaps:
        if not moment.changes:
            _leap(moment, moment.leaps.popleft())
        elif moment.rounds < MAX_ROUNDS:
            moment.rounds += 1
            _take_in(moment)
        else:
            moment.changes = Changes()


def _take_in(moment: Moment) -> None:
    changes, crossings = moment.changes, review(moment)
    moment.changes = Changes()
    if changes.attributes:
        _move_all(moment, "profile", AttributesChanged())
    for crossing in crossings:
        tell_crossing(moment, crossing)


def tell_crossing(moment: Moment, crossing: Crossing) -> None:
    """Let a border that the person went over move walks, and begin new ones."""
    _move_all(moment, "audience", AudienceCrossed(crossing.audience, crossing.way))
    moment.crossed += 1
    name = f"{moment.trigger}/{moment.crossed}/{crossing.way}/{crossing.audience}"
    for plan in offered(moment, moment.plans.entered_over(crossing)):
        enter(moment, plan, Occasion("audience", name, name))


def _move_all(moment: Moment, name: str, cause: AttributesChanged | AudienceCrossed) -> None:
    for instance in moment.in_order():
        Walk(moment, instance, name).resume(cause)


def _leap(moment: Moment, leap: Leap) -> None:
    moment.jumps += 1
    led_to = moment.plans.entered_of(leap.journey)
    if not led_to:
        refuse_unknown(moment, leap.journey, leap.occasion)
    for plan in offered(moment, led_to):
        if moment.jumps > MAX_JUMPS:
            refuse(moment, plan, leap.occasion, Reason.TOO_MANY_JUMPS)
        elif not plan.entry.is_by_event:
            refuse(moment, plan, leap.occasion, Reason.NO_JOURNEY)
        else:
            enter(moment, plan, leap.occasion)
