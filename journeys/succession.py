"""People inside follow what was said about their journey: they move, exit, go on after a pause.

Nobody is visited when something is said. Each walk knows the latest revision that it has followed,
and follows the rest at the person's next activation, before anything else happens to them; a sweep
sees to it that there is one (`journeys.presence`).
"""

from __future__ import annotations

from journeys.activity import Leave, TimeIsUp
from journeys.lifecycle import Lifecycle, Turn
from journeys.mode import Mode
from journeys.moment import Moment
from journeys.outcomes import Outcome, Reason
from journeys.state import Instance
from journeys.walk import Walk


def follow(moment: Moment) -> None:
    """Let every walk of a person follow what it has not followed yet."""
    for instance in list(moment.person.instances):
        life = moment.plans.life(instance.journey)
        if life is not None and instance.revision < life.revision:
            _follow(moment, instance, life)


def _follow(moment: Moment, instance: Instance, life: Lifecycle) -> None:
    is_inside = _rehearses(moment, instance, life)
    if instance.mode is Mode.LIVE:
        is_inside = all(
            _turn(moment, instance, turn) for turn in life.turns_after(instance.revision)
        )
    instance.revision = life.revision
    waiting = instance.waiting
    if not is_inside or waiting is None or not waiting.held:
        return
    pause = life.paused_at(moment.now)
    if pause is None:
        Walk(moment, instance, "control").resume(TimeIsUp())
    else:
        waiting.due = pause.until


def _rehearses(moment: Moment, instance: Instance, life: Lifecycle) -> bool:
    """Let out whoever is in a rehearsal that has ended; say whether the walk goes on."""
    rehearsal = life.rehearsal
    is_on = rehearsal is not None and rehearsal.revision <= instance.revision
    if instance.mode is Mode.LIVE or (is_on and life.mode(instance.version) is instance.mode):
        return True
    Walk(moment, instance, "control").leave(Leave(Outcome.EXITED, Reason.REHEARSAL_OVER))
    return False


def _turn(moment: Moment, instance: Instance, turn: Turn) -> bool:
    """Follow one turn; say whether the walk goes on."""
    if instance.version == turn.version:
        return True
    match turn.fate(instance.step):
        case "exit":
            Walk(moment, instance, "control").leave(Leave(Outcome.EXITED, turn.reason))
        case "move":
            Walk(moment, instance, "control").move(turn)
        case "finish":
            return True
    return instance in moment.person.instances
