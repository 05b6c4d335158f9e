"""Functions of instants and calendars. Time comes from the scope."""

from __future__ import annotations

from datetime import datetime

from journeys.expressions import temporal
from journeys.expressions.function import OnNull, function
from journeys.expressions.scope import Scope
from journeys.expressions.values import Value

_MOMENT = "dateTime|dateTimeOnly"


def unit_problem(unit: str) -> str | None:
    """Say what is wrong with the name of a unit, if anything is."""
    if unit in temporal.UNITS:
        return None
    return f"there is no unit {unit!r}: give one of {', '.join(temporal.UNITS)}"


def _now(scope: Scope) -> datetime:
    return temporal.from_millis(scope.now) or temporal.EPOCH


@function(
    "currentTimeInMillis() -> integer",
    examples=[("currentTimeInMillis()", 1_772_352_000_000)],
    reads_scope=True,
    never_null=True,
)
def current_time_in_millis(scope: Scope) -> Value:
    """Give the milliseconds from 1970-01-01 UTC to now."""
    return scope.now


@function(
    "now(zone?: string) -> dateTime",
    examples=[
        ("now()", "2026-03-01T08:00:00Z"),
        ("now('Europe/Paris')", "2026-03-01T09:00:00+01:00"),
    ],
    reads_scope=True,
    literals={"zone": temporal.zone_problem},
)
def now(scope: Scope, zone: str | None = None) -> Value:
    """Give the current instant, in the given zone or else in that of the journey."""
    found = temporal.zone_named(scope.zone if zone is None else zone)
    return None if found is None else temporal.in_zone(_now(scope), found)


@function(
    "nowWithDelta(delta: integer, unit: string, zone?: string) -> dateTime",
    examples=[
        ("nowWithDelta(-2, 'hours')", "2026-03-01T06:00:00Z"),
        ("nowWithDelta(1, 'months', 'Europe/Paris')", "2026-04-01T09:00:00+02:00"),
    ],
    reads_scope=True,
    literals={"unit": unit_problem, "zone": temporal.zone_problem},
)
def now_with_delta(scope: Scope, delta: int, unit: str, zone: str | None = None) -> Value:
    """Give the instant that is so many years, months, days, hours, minutes or seconds from now.

    Days and longer units keep the time of day in the zone.
    """
    found = temporal.zone_named(scope.zone if zone is None else zone)
    if found is None or unit not in temporal.UNITS:
        return None
    instant = temporal.in_zone(_now(scope), found)
    if unit in {"hours", "minutes", "seconds"}:
        moved = temporal.shift(instant, delta, unit)
        return None if moved is None else temporal.in_zone(moved, found)
    moved = temporal.shift(instant.replace(tzinfo=None), delta, unit)
    return None if moved is None else temporal.at_zone(moved, found)


def _between_now_and(scope: Scope, moment: datetime, count: int, unit: str) -> bool:
    here = _now(scope)
    there = temporal.shift(here, count, unit)
    if there is None:
        return (moment <= here) if count < 0 else (moment >= here)
    return min(here, there) <= moment <= max(here, there)


@function(
    "inLastHours(moment: dateTime, count: integer) -> boolean",
    examples=[("inLastHours(toDateTime('2026-03-01T05:00:00Z'), 4)", True)],
    on_null=OnNull.FALSE,
    reads_scope=True,
)
def in_last_hours(scope: Scope, moment: datetime, count: int) -> Value:
    """Say whether an instant lies between so many hours ago and now."""
    return _between_now_and(scope, moment, -count, "hours")


@function(
    "inLastDays(moment: dateTime, count: integer) -> boolean",
    examples=[("inLastDays(toDateTime('2026-02-26T08:00:00Z'), 4)", True)],
    on_null=OnNull.FALSE,
    reads_scope=True,
)
def in_last_days(scope: Scope, moment: datetime, count: int) -> Value:
    """Say whether an instant lies between so many days ago and now."""
    return _between_now_and(scope, moment, -count, "days")


@function(
    "inLastMonths(moment: dateTime, count: integer) -> boolean",
    examples=[("inLastMonths(toDateTime('2025-12-01T08:00:00Z'), 4)", True)],
    on_null=OnNull.FALSE,
    reads_scope=True,
)
def in_last_months(scope: Scope, moment: datetime, count: int) -> Value:
    """Say whether an instant lies between so many months ago and now."""
    return _between_now_and(scope, moment, -count, "months")


@function(
    "inLastYears(moment: dateTime, count: integer) -> boolean",
    examples=[("inLastYears(toDateTime('2021-01-01T08:00:00Z'), 4)", False)],
    on_null=OnNull.FALSE,
    reads_scope=True,
)
def in_last_years(scope: Scope, moment: datetime, count: int) -> Value:
    """Say whether an instant lies between so many years ago and now."""
    return _between_now_and(scope, moment, -count, "years")


@function(
    "inNextHours(moment: dateTime, count: integer) -> boolean",
    examples=[("inNextHours(toDateTime('2026-03-01T11:00:00Z'), 4)", True)],
    on_null=OnNull.FALSE,
    reads_scope=True,
)
def in_next_hours(scope: Scope, moment: datetime, count: int) -> Value:
    """Say whether an instant lies between now and so many hours from now."""
    return _between_now_and(scope, moment, count, "hours")


@function(
    "inNextDays(moment: dateTime, count: integer) -> boolean",
    examples=[("inNextDays(toDateTime('2026-03-04T08:00:00Z'), 4)", True)],
    on_null=OnNull.FALSE,
    reads_scope=True,
)
def in_next_days(scope: Scope, moment: datetime, count: int) -> Value:
    """Say whether an instant lies between now and so many days from now."""
    return _between_now_and(scope, moment, count, "days")


@function(
    "inNextMonths(moment: dateTime, count: integer) -> boolean",
    examples=[("inNextMonths(toDateTime('2026-08-01T08:00:00Z'), 4)", False)],
    on_null=OnNull.FALSE,
    reads_scope=True,
)
def in_next_months(scope: Scope, moment: datetime, count: int) -> Value:
    """Say whether an instant lies between now and so many months from now."""
    return _between_now_and(scope, moment, count, "months")


@function(
    "inNextYears(moment: dateTime, count: integer) -> boolean",
    examples=[("inNextYears(toDateTime('2028-08-01T08:00:00Z'), 4)", True)],
    on_null=OnNull.FALSE,
    reads_scope=True,
)
def in_next_years(scope: Scope, moment: datetime, count: int) -> Value:
    """Say whether an instant lies between now and so many years from now."""
    return _between_now_and(scope, moment, count, "years")


@function(
    f"setHours(moment: T, hour: integer) -> T where T: {_MOMENT}",
    examples=[("setHours(toDateTime('2026-03-01T08:11:00Z'), 4)", "2026-03-01T04:11:00Z")],
)
def set_hours(moment: Value, hour: int) -> Value:
    """Set the hour of a moment, 0 to 23; null for any other hour."""
    try:
        return moment.replace(hour=hour) if type(moment) is datetime else None
    except (ValueError, OverflowError):
        return None


@function(
    f"setDays(moment: T, day: integer) -> T where T: {_MOMENT}",
    examples=[("setDays(toDateTime('2026-03-01T08:11:00Z'), 25)", "2026-03-25T08:11:00Z")],
)
def set_days(moment: Value, day: int) -> Value:
    """Set the day of the month of a moment; null where the month has no such day."""
    try:
        return moment.replace(day=day) if type(moment) is datetime else None
    except (ValueError, OverflowError):
        return None


@function(
    "updateTimeZone(moment: dateTime, zone: string) -> dateTime",
    examples=[
        (
            "updateTimeZone(toDateTime('2026-03-01T08:00:00Z'), 'Europe/Paris')",
            "2026-03-01T09:00:00+01:00",
        )
    ],
    literals={"zone": temporal.zone_problem},
)
def update_time_zone(moment: datetime, zone: str) -> Value:
    """Give the same instant as the clocks of another zone show it."""
    found = temporal.zone_named(zone)
    try:
        return None if found is None else temporal.in_zone(moment, found)
    except OverflowError:
        return None
