"""Who is where inside a journey, as step events tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from journeys.outcomes import Outcome
from journeys.report import standing
from journeys.step_event import StepEvent


@dataclass(frozen=True)
class Whereabouts:
    """One walk that is under way."""

    version: int
    step: str
    profile_id: str
    instance_id: str
    mode: str
    """`live`, or which kind of rehearsal."""
    since: int
    """When it came there, in milliseconds; of those who were moved, the last time."""
    until: int | None
    """Until when it waits there, if a time is set."""


def whereabouts(step_events: Iterable[StepEvent], journey: str) -> list[Whereabouts]:
    """Find where everybody stands who is inside a journey, by version, step and time.

    An event read twice counts once: its id tells.
    """
    walks: dict[tuple[str, int], dict[str, StepEvent]] = defaultdict(dict)
    for event in step_events:
        if event.journey_id == journey and event.instance_id is not None:
            walks[event.instance_id, event.journey_version][event.event_id] = event
    found = [place for events in walks.values() for place in _place([*events.values()])]
    return sorted(found, key=lambda one: (one.version, one.step, one.since, one.profile_id))


def _place(events: list[StepEvent]) -> Iterator[Whereabouts]:
    step = standing(vars(event) for event in events)
    if step is None:
        return
    here = [event for event in events if event.step_id == step]
    last = max(here, key=lambda event: (event.visit, event.occurred_at))
    of_visit = [event for event in here if event.visit == last.visit]
    moves = [event.occurred_at for event in of_visit if event.outcome == Outcome.MOVED_IN]
    came = max(moves, default=min(event.occurred_at for event in of_visit))
    names = (last.profile_id, str(last.instance_id), last.mode)
    yield Whereabouts(last.journey_version, step, *names, came, last.due_at)
