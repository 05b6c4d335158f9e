"""A walk goes over to another version of its journey: where to, and what it takes along."""

from __future__ import annotations

from journeys.activity import END
from journeys.identifiers import request_id
from journeys.lifecycle import Turn
from journeys.plan import Plan
from journeys.state import Instance


def destination(turn: Turn, instance: Instance, plan: Plan) -> str | None:
    """Say which step of a version a person comes to; None: there is none for theirs.

    Whoever has not gone on since an earlier move comes back to the step from where they came,
    though the map may lead several steps to one.
    """
    if instance.origin is not None and instance.origin in plan.steps:
        return instance.origin
    to = turn.moves.get(instance.step, instance.step)
    return to if to == END or to in plan.steps else None


def change_version(instance: Instance, turn: Turn, to: str, ends_at: int | None) -> None:
    """Put a walk into another version, at a step; what it knows of renamed steps keeps up."""
    renamed = {old: new for old, new in turn.moves.items() if old in instance.visits}
    renamed[instance.step] = to
    for old, new in renamed.items():
        if old != new:
            _rename(instance, old, new)
    instance.origin = instance.step
    instance.version, instance.step, instance.ends_at = turn.version, to, ends_at


def _rename(instance: Instance, old: str, new: str) -> None:
    count = instance.visits.pop(old, 0)
    # Reactions to its message come under the name that it was sent under.
    asked = instance.requests.pop(old, None) or request_id(instance.id, old, count)
    instance.requests[new] = asked
    # Added up, so that no visit of either step is counted, and named, twice.
    instance.visits[new] = instance.visits.get(new, 0) + count
    for kept in (instance.actions, instance.reactions):
        if old in kept:
            kept[new] = kept.pop(old)  # type: ignore[assignment]  # of the same mapping
