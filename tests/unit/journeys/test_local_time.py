"""Local times, held against an independent calendar library."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import whenever
from hypothesis import given
from hypothesis import strategies as st

from journeys.clock import parse_instant
from journeys.local_time import (
    WEEKDAYS,
    Window,
    at_place,
    instant_at,
    next_time,
    read_dates,
    read_hours,
)

ZONES = st.sampled_from(
    [
        "Europe/Paris",
        "America/New_York",
        "America/Sao_Paulo",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Pacific/Apia",
        "Africa/Casablanca",
        "UTC",
    ]
)
INSTANTS = st.integers(parse_instant("2020-01-01T00:00:00Z"), parse_instant("2037-12-31T00:00:00Z"))
LOCAL_TIMES = st.datetimes(
    datetime.fromisoformat("2020-01-01T00:00"), datetime.fromisoformat("2037-12-31T00:00")
)
CLOCKS = st.integers(0, 24 * 60 - 1).map(lambda m: f"{m // 60:02d}:{m % 60:02d}")
DAYS = st.lists(st.sampled_from(WEEKDAYS), unique=True)


def millis(moment: whenever.ZonedDateTime) -> int:
    return moment.timestamp(unit="millisecond")


@given(INSTANTS, ZONES)
def test_clocks_show_what_another_library_says(instant: int, zone: str) -> None:
    shown = whenever.Instant.from_timestamp(instant, unit="millisecond").to_tz(zone).to_plain()
    assert at_place(instant, zone) == shown.to_stdlib()


@given(LOCAL_TIMES, ZONES)
def test_a_local_time_is_the_instant_that_another_library_says(local: datetime, zone: str) -> None:
    local = local.replace(microsecond=local.microsecond // 1000 * 1000, fold=0)
    other = whenever.PlainDateTime(local).assume_tz(zone, disambiguation="compatible")
    assert instant_at(local, zone) == millis(other)


@given(INSTANTS, CLOCKS, DAYS, ZONES)
def test_the_next_time_of_day_is_the_first_that_comes(
    after: int, at: str, days: list[str], zone: str
) -> None:
    found = next_time(after, at, days, zone)
    assert found > after
    day = whenever.Instant.from_timestamp(after, unit="millisecond").to_tz(zone).date()
    candidates = []
    for ahead in range(-1, 10):
        local = day.add(days=ahead).at(whenever.Time.parse_iso(f"{at}:00"))
        instant = millis(local.assume_tz(zone, disambiguation="compatible"))
        weekday = WEEKDAYS[local.date().day_of_week().value - 1]
        if instant > after and (not days or weekday in days):
            candidates.append(instant)
    assert found == min(candidates)


@pytest.mark.parametrize(
    ("after", "at", "expected"),
    [
        ("2026-03-28T12:00:00Z", "02:30", "2026-03-29T01:30:00Z"),  # the gap: 02:30 is 03:30
        ("2026-10-24T12:00:00Z", "02:30", "2026-10-25T00:30:00Z"),  # twice: the first
        ("2026-10-25T00:30:00Z", "02:30", "2026-10-26T01:30:00Z"),  # not the second
        ("2026-03-01T08:00:00Z", "09:00", "2026-03-02T08:00:00Z"),  # now does not count
        ("2026-03-01T07:59:59Z", "09:00", "2026-03-01T08:00:00Z"),
    ],
)
def test_days_on_which_clocks_change(after: str, at: str, expected: str) -> None:
    assert next_time(parse_instant(after), at, (), "Europe/Paris") == parse_instant(expected)


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="weekday"):
        next_time(0, "09:00", ["someday"], "UTC")


MONDAY = datetime.fromisoformat("2026-03-02T00:00")


@pytest.mark.parametrize(
    ("window", "hour", "expected"),
    [
        (Window(hours=("09:00", "17:00")), 9, True),
        (Window(hours=("09:00", "17:00")), 17, False),
        (Window(hours=("22:00", "06:00")), 23, True),
        (Window(hours=("22:00", "06:00")), 5, True),
        (Window(hours=("22:00", "06:00")), 6, False),
        (Window(hours=("22:00", "06:00"), days=["sun"]), 5, True),  # began on Sunday
        (Window(hours=("22:00", "06:00"), days=["sun"]), 22, False),
        (Window(hours=("22:00", "06:00"), days=["mon"]), 22, True),
        (Window(days=["mon", "tue"]), 0, True),
        (Window(days=["tue"]), 0, False),
        (Window(dates=("2026-03-02", "2026-03-02")), 23, True),
        (Window(dates=("2026-03-03", None)), 23, False),
        (Window(dates=(None, "2026-03-01")), 0, False),
        (Window(), 0, True),
    ],
)
def test_a_window_of_the_calendar(window: Window, hour: int, expected: object) -> None:
    assert window.contains(MONDAY + timedelta(hours=hour)) is expected


@pytest.mark.parametrize("text", ["9-17", "09:00", "09:00-09:00", "09:00-25:00", "", "a-b"])
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        read_hours(text)


@pytest.mark.parametrize(
    "text", ["2026-12-01", "../..", "2026-12-24/2026-12-01", "2026-13-01/..", "a/b/c", ""]
)
def test_dates_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"interval|before"):
        read_dates(text)


def test_intervals_as_they_are_written() -> None:
    assert read_hours("09:00-17:30") == ("09:00", "17:30")
    assert read_dates("2026-12-01/2026-12-24") == ("2026-12-01", "2026-12-24")
    assert read_dates("../2026-12-24") == (None, "2026-12-24")
    assert read_dates("2026-12-01/..") == ("2026-12-01", None)
