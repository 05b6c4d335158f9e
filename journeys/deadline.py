"""Until when a person stays somewhere: for a time, until an instant, or until a time of day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from journeys.activity import Visit
from journeys.expressions import Value
from journeys.expressions.temporal import parse_any, to_millis
from journeys.local_time import instant_at, next_time
from journeys.specification import ClockTime, Duration, Expression, Spec, Weekday

EARLIEST = to_millis(datetime(1, 1, 1, tzinfo=UTC))
LATEST = to_millis(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
"""What can be written as an instant: a zone may move the first and the last day out of it."""


@dataclass(frozen=True)
class Deadline:
    """A length of time, or an expression for an instant, or a time of day."""

    duration_ms: int = 0
    until: str | None = None
    """An expression that gives the instant; one that lies in the past has come at once."""
    at: str | None = None
    """A time of day in the journey's zone: the next one that comes."""
    days: list[str] = field(default_factory=list)
    """Weekdays on which `at` counts; empty means all."""

    def due(self, visit: Visit) -> int | None:
        """Give the instant in milliseconds; None where `until` has no value for this person."""
        if self.at is not None:
            return next_time(visit.now, self.at, self.days, visit.zone)
        if self.until is not None:
            instant = _instant(visit.evaluate(self.until), visit.zone)
            return None if instant is None else min(max(instant, EARLIEST), LATEST)
        return visit.now + self.duration_ms


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


def _form(value: object) -> str:
    """Name the form; `#` keeps the name apart from fields where faults are placed."""
    if isinstance(value, dict):
        return "#at" if "at" in value or "days" in value else "#until"
    if isinstance(value, AtSpec):
        return "#at"
    return "#until" if isinstance(value, UntilSpec) else "#duration"


DeadlineSpec = Annotated[
    Annotated[Duration, Tag("#duration")]
    | Annotated[UntilSpec, Tag("#until")]
    | Annotated[AtSpec, Tag("#at")],
    Discriminator(_form),
]
"""What an author may write after `wait:`."""


def compiled_deadline(spec: int | UntilSpec | AtSpec) -> Deadline:
    """Turn what an author wrote into what the engine runs."""
    match spec:
        case UntilSpec(until=until):
            return Deadline(until=until)
        case AtSpec(at=at, days=days):
            return Deadline(at=at, days=list(days or ()))
        case _:
            return Deadline(duration_ms=spec)


def holds(spec: int | UntilSpec | AtSpec) -> bool:
    """Say whether time surely passes: an instant from data may lie in the past."""
    return spec > 0 if isinstance(spec, int) else isinstance(spec, AtSpec)
