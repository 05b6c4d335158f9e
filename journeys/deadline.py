"""Until when a person stays: for a time, until an instant, a time of day, or their best hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Discriminator, Field, Tag

from journeys import limits
from journeys.activity import Visit
from journeys.clock import format_duration
from journeys.expressions import Value
from journeys.expressions.temporal import parse_any, to_millis
from journeys.identifiers import draw
from journeys.local_time import instant_at, next_time
from journeys.openings import best_hour
from journeys.outcomes import Reason
from journeys.shares import WHOLE
from journeys.specification import (
    ClockTime,
    Duration,
    Expression,
    Identifier,
    LastingDuration,
    Spec,
    Weekday,
)

EARLIEST = to_millis(datetime(1, 1, 1, tzinfo=UTC))
LATEST = to_millis(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
"""What can be written as an instant: a zone may move the first and the last day out of it."""


class Reckoning(NamedTuple):
    """Until when somebody waits, and why it is this instant."""

    due: int | None
    """In milliseconds; None where there is none for this person."""
    reason: Reason | None = None
    explored: bool | None = None
    """Whether chance chose it instead of what is known of the person."""


@dataclass(frozen=True)
class SendTime:
    """The hour, of those that come next, at which a person tends to open messages."""

    channel: str
    within_ms: int
    otherwise: str | None = None
    """A time of day for whoever is not known well enough; None: at once."""
    explore: float = 0
    """Percent of the visits that wait until any instant, by chance."""

    def reckon(self, visit: Visit) -> Reckoning:
        """Choose the instant; it is never later than the time given."""
        instance = visit.instance
        here = (instance.id, instance.step, instance.visits.get(instance.step))
        if draw("explore", *here) * WHOLE < self.explore:
            due = visit.now + int(draw("instant", *here) * self.within_ms)
            return Reckoning(due, explored=True)
        openings = visit.person.openings.get(self.channel)
        hour = best_hour(openings, visit.now, self.within_ms, visit.profile.zone)
        if hour is None:
            return Reckoning(self._otherwise(visit), Reason.NO_HABIT, explored=False)
        # Not everybody at the full hour: each person has a minute of their own.
        minute = draw("minute", visit.profile.id, instance.journey, instance.step)
        return Reckoning(hour.start + int(minute * (hour.end - hour.start)), explored=False)

    def _otherwise(self, visit: Visit) -> int:
        if self.otherwise is None:
            return visit.now
        return min(next_time(visit.now, self.otherwise, (), visit.zone), visit.now + self.within_ms)


@dataclass(frozen=True)
class Deadline:
    """A length of time, or an expression for an instant, or a time of day, or a best hour."""

    duration_ms: int = 0
    until: str | None = None
    """An expression that gives the instant; one that lies in the past has come at once."""
    at: str | None = None
    """A time of day in the journey's zone: the next one that comes."""
    days: list[str] = field(default_factory=list)
    """Weekdays on which `at` counts; empty means all."""

    send_time: SendTime | None = None

    def reckon(self, visit: Visit) -> Reckoning:
        """Say until when this person waits; `until` may have no value for them."""
        if self.send_time is not None:
            return self.send_time.reckon(visit)
        if self.at is not None:
            return Reckoning(next_time(visit.now, self.at, self.days, visit.zone))
        if self.until is None:
            return Reckoning(visit.now + self.duration_ms)
        instant = _instant(visit.evaluate(self.until), visit.zone)
        if instant is None:
            return Reckoning(None, Reason.NO_INSTANT)
        return Reckoning(min(max(instant, EARLIEST), LATEST))

    def times(self) -> set[str]:
        """Name the channel of which it asks when the person opens messages, if it does."""
        return set() if self.send_time is None else {self.send_time.channel}


def _instant(value: Value, zone: str) -> int | None:
    moment = parse_any(value) if isinstance(value, str) else value
    if isinstance(moment, datetime):
        return to_millis(moment) if moment.tzinfo is not None else instant_at(moment, zone)
    if isinstance(moment, date):
        return instant_at(datetime.combine(moment, time()), zone)
    return None


class UntilSpec(Spec):
    """`{until: …}`: an instant that an expression gives."""

    until: Expression
    """A date with a time; without an offset it is read in the journey's zone."""


class AtSpec(Spec):
    """`{at: "09:00", days: [mon, tue]}`: the next such time in the journey's zone."""

    at: ClockTime
    """A time of day, such as `09:00`."""
    days: Annotated[list[Weekday], Field(min_length=1)] | None = None
    """On which weekdays; every day by default."""


def _not_too_far(milliseconds: int) -> int:
    if milliseconds > limits.MAX_SEND_WITHIN_MS:
        most = format_duration(limits.MAX_SEND_WITHIN_MS)
        message = f"the hour lies too far ahead: expected a duration of at most {most}"
        raise ValueError(message)
    return milliseconds


class SendTimeSpec(Spec):
    """`{send_time: email, within: PT24H}`: the hour at which the person opens messages."""

    send_time: Identifier
    """Channel whose messages count, such as `email`: those that the person opened or clicked."""
    within: Annotated[LastingDuration, AfterValidator(_not_too_far)] = limits.SEND_WITHIN_MS
    """How far ahead the hour lies at most; seven days is the longest."""
    otherwise: ClockTime | None = None
    """A time of day in the journey's zone for people of whom too little is known, or at the latest
    the end of `within`; by default they go on at once."""
    explore: Annotated[float, Field(ge=0, le=WHOLE)] = limits.SEND_EXPLORE
    """Percent of the visits that are given any instant within the time, by chance."""


def _form(value: object) -> str:
    """Name the form; `#` keeps the name apart from fields where faults are placed."""
    if isinstance(value, dict):
        if "send_time" in value:
            return "#send_time"
        return "#at" if "at" in value or "days" in value else "#until"
    if isinstance(value, SendTimeSpec):
        return "#send_time"
    if isinstance(value, AtSpec):
        return "#at"
    return "#until" if isinstance(value, UntilSpec) else "#duration"


DeadlineSpec = Annotated[
    Annotated[Duration, Tag("#duration")]
    | Annotated[UntilSpec, Tag("#until")]
    | Annotated[AtSpec, Tag("#at")]
    | Annotated[SendTimeSpec, Tag("#send_time")],
    Discriminator(_form),
]
"""What an author may write after `wait:`."""


def compiled_deadline(spec: int | UntilSpec | AtSpec | SendTimeSpec) -> Deadline:
    """Turn what an author wrote into what the engine runs."""
    match spec:
        case UntilSpec(until=until):
            return Deadline(until=until)
        case AtSpec(at=at, days=days):
            return Deadline(at=at, days=list(days or ()))
        case SendTimeSpec():
            channel, within = spec.send_time, spec.within
            return Deadline(send_time=SendTime(channel, within, spec.otherwise, spec.explore))
        case _:
            return Deadline(duration_ms=spec)


def holds(spec: int | UntilSpec | AtSpec | SendTimeSpec) -> bool:
    """Say whether time surely passes: an instant may lie in the past, or be now."""
    return spec > 0 if isinstance(spec, int) else isinstance(spec, AtSpec)
