"""Forgetting: what is kept of a person who is inside nothing, and until when.

One function for each kept thing: it forgets what is over, and gives the instants until which the
rest is needed. What gives no instant and stays is needed for ever. Attributes, and audiences that
the person is in, are no past: they stay as long as they are true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf

from journeys.moment import Moment
from journeys.openings import KEEP_MS
from journeys.plans import Plans
from journeys.policy import expire
from journeys.state import ECHO_MS, LEAVES, entry_parts

REMEMBER_MS = 24 * 3_600_000
"""How long ids of events are remembered after the last thing that mattered to a person."""


def forget(moment: Moment) -> None:
    """Forget what is over of a person who is inside nothing, and say when to look again.

    That is when nothing of the past is needed any more. Whatever matters before it
    (`PersonState.remember`, `leave`) puts it off.
    """
    person = moment.person
    _bound_leaves(moment)
    if person.instances:
        person.forget_at = None
    elif person.forget_at is None or person.forget_at <= moment.now:
        untils = [until for kept in _KEPT for until in kept(moment)]
        person.forget_at = max(untils, default=None)


def _bound_leaves(moment: Moment) -> None:
    """Forget the oldest leaves beyond the bound; those that are needed for ever come last."""
    left = moment.person.left
    if len(left) > LEAVES:
        by_worth = sorted(left, key=lambda name: _worth(moment.plans, name))
        for name in by_worth[:-LEAVES]:
            del left[name]


def _worth(plans: Plans, name: str) -> int:
    """Say how bad it were to forget a leave: a key has endless values, and journeys are few."""
    if _needed_until(plans, name, 0) < inf:
        return 0
    return 1 if entry_parts(name)[2] is not None else 2


def _needed_until(plans: Plans, name: str, left_at: int) -> float:
    """Say until when the re-entry rule of its journey asks for a leave."""
    plan = plans.counted_by(*entry_parts(name)[:2])
    if plan is None:
        return left_at
    return left_at + plan.entry.reentry_after_ms if plan.entry.reentry_allowed else inf


def _leaves(moment: Moment) -> Iterator[int]:
    """Leaves, until the person may walk again; for ever where each person walks once."""
    left = moment.person.left
    for name, at in list(left.items()):
        until = _needed_until(moment.plans, name, at)
        if until <= moment.now:
            del left[name]
        elif until < inf:
            yield int(until)


def _entries(moment: Moment) -> Iterator[int]:
    """Entries, until their debounce is over."""
    begun = moment.person.begun
    for name, at in list(begun.items()):
        plan = moment.plans.counted_by(*entry_parts(name)[:2])
        until = at if plan is None else at + plan.entry.debounce_ms
        if until <= moment.now:
            del begun[name]
        else:
            yield until


def _trials(moment: Moment) -> Iterator[int]:
    """Arms of experiments, while a success still counts."""
    person = moment.person
    person.trials = [t for t in person.trials if t.until is not None and t.until > moment.now]
    yield from (trial.until for trial in person.trials if trial.until is not None)


def _echoes(moment: Moment) -> Iterator[int]:
    """Events that journeys sent to journeys, while they count."""
    person = moment.person
    person.expire_echoes(moment.now)
    if person.echoes:
        yield person.echoes[-1] + ECHO_MS


def _counted(moment: Moment) -> Iterator[int]:
    """Messages and entries, while some policy looks back at them."""
    yield from expire(moment.plans.policies, moment.person, moment.now)


def _openings(moment: Moment) -> Iterator[int]:
    """Hours of opening messages, while some wait goes by them and they are not too old."""
    openings = moment.person.openings
    for channel, found in list(openings.items()):
        until = found.latest + KEEP_MS
        if until <= moment.now or channel not in moment.plans.timed:
            del openings[channel]
        else:
            yield until


def _event_ids(moment: Moment) -> Iterator[int]:
    """Ids of events, for a day after the last thing that mattered."""
    person = moment.person
    if person.forget_at is not None:
        person.recent.clear()
    elif person.recent:
        yield moment.now + REMEMBER_MS


def _past(moment: Moment) -> Iterator[int]:
    """Past events, while some expression can reach them; looked at when the rest is over."""
    if moment.person.forget_at is not None:
        yield from moment.profile.expire(moment.plans.asked_of_past, moment.now)


_KEPT: Sequence[Callable[[Moment], Iterator[int]]] = (
    _leaves,
    _entries,
    _trials,
    _echoes,
    _counted,
    _openings,
    _event_ids,
    _past,
)
