"""How to go back to a former version: which one, and where the people inside newer ones go."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import orjson

from journeys.activity import END
from journeys.control import ContradictionError, Publish, RollBack, load_command
from journeys.errors import JourneyError
from journeys.lifecycle import Lifecycle, inverted
from journeys.mode import InFlight
from journeys.plan import Plan
from journeys.plans import Plans


class Rollback(StrEnum):
    """What becomes of people inside newer versions."""

    MOVE = "move"
    """They go back; those at steps that lead nowhere finish."""
    FINISH = "finish"
    EXIT = "exit"


def rolled_back(
    said: Iterable[str], plans: Plans, journey: str, to: int | None, in_flight: Rollback
) -> tuple[RollBack, list[str]]:
    """Make the command that goes back to a former version.

    Args:
        said: all that was said on the control topic, of which the former version is part.
        plans: what holds because of it.
        journey: the journey.
        to: the version; None: the one that was live before.
        in_flight: what becomes of people inside.

    Returns:
        The command, and the steps whose people finish because they lead nowhere.

    Raises:
        ContradictionError: there is no such version, or it is live.
    """
    life, live = plans.life(journey), plans.live.get(journey)
    if life is None or live is None:
        message = f"journey '{journey}' has no live version to go back from"
        raise ContradictionError(message)
    version = _version(journey, life, to)
    former = _published(said, journey, version)
    moves = inverted(live.moves)
    lost = [step for step in live.steps if _leads_nowhere(step, moves, former)]
    exceptions: dict[str, InFlight] = dict.fromkeys(lost, "finish")
    is_move = in_flight is Rollback.MOVE
    command = RollBack(
        plan=former,
        in_flight=in_flight.value,
        exceptions=exceptions if is_move else {},
        moves=moves if is_move else {},
    )
    return command, lost if is_move else []


def _version(journey: str, life: Lifecycle, to: int | None) -> int:
    version = life.former if to is None else to
    if version is None:
        message = f"no version of journey '{journey}' was live before: name one with --to"
        raise ContradictionError(message)
    if version == life.live:
        message = f"version {version} of journey '{journey}' is live already"
        raise ContradictionError(message)
    return version


def _leads_nowhere(step: str, moves: dict[str, str], former: Plan) -> bool:
    to = moves.get(step, step)
    return to != END and to not in former.steps


def _published(said: Iterable[str], journey: str, version: int) -> Plan:
    found: Plan | None = None
    for text in said:
        try:
            command = load_command(orjson.loads(text))
        except (JourneyError, ValueError, AttributeError):
            continue  # the job reports it; it publishes nothing
        if isinstance(command, Publish | RollBack) and command.plan.version == version:
            found = command.plan if command.plan.journey == journey else found
    if found is None:
        message = f"version {version} of journey '{journey}' was never published"
        raise ContradictionError(message)
    return found
