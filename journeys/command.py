"""Commands: what the engine can ask for. Timers are no command: `PersonState.due` says them."""

from __future__ import annotations

from typing import TypeAlias

from journeys.activation import IdentityReleased, PassedOn
from journeys.bandit import TrialReport
from journeys.fixed import fixed
from journeys.messages import ActionRequest, JsonObject
from journeys.step_event import StepEvent


@fixed
class RequestAction:
    """Carry out an action; its end comes back as `ActionResolved`."""

    request: ActionRequest


@fixed
class Report:
    """Tell the analysts."""

    step_event: StepEvent


@fixed
class CountIgnored:
    """Count an event that nothing listens to: it is not lost, it is not wanted."""

    event_type: str


@fixed
class EmitEvent:
    """Write an event of this person to a topic."""

    topic: str
    """Name without the prefix of the settings."""
    payload: JsonObject
    """With `_id`, `eventType` and `timestamp`."""


@fixed
class Presence:
    """Keep count of who is inside which version."""

    instance_id: str
    journey: str
    version: int
    revision: int | None
    """What was said of the journey and followed; None: the walk is in this version no more."""
    profile_id: str | None = None
    """Under which identity the walk is counted; None: that of the person."""


@fixed
class CountTrial:
    """Tell the counter of an experiment what became of a trial."""

    report: TrialReport


@fixed
class PersonKnown:
    """Keep count of who has a profile."""

    profile_id: str
    is_known: bool
    """Whether there are attributes, since now; or there are none any more."""


@fixed
class StartReading:
    """Read an audience into a journey, because a business event came."""

    journey: str
    version: int
    reading: str
    """Names the reading; the same on replay."""
    rate: int
    """People a second at most."""
    end: int | None
    """Nobody enters from this instant on; milliseconds."""
    payload: JsonObject
    """Of the business event."""


@fixed
class PassOn:
    """Let another identity know."""

    to: str
    what: PassedOn | IdentityReleased


@fixed
class WithdrawCalls:
    """Give up whatever is asked for in the name of an identity and has not ended."""

    profile_id: str


Command: TypeAlias = (
    RequestAction
    | Report
    | CountIgnored
    | EmitEvent
    | Presence
    | CountTrial
    | PersonKnown
    | StartReading
    | PassOn
    | WithdrawCalls
)
