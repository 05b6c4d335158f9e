"""Durations and instants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.clock import (
    MAX_DURATION_MS,
    format_duration,
    format_instant,
    parse_duration,
    parse_instant,
)

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT0S", 0),
        ("PT1S", SECOND),
        ("PT0.25S", 250),
        ("PT90M", 90 * MINUTE),
        ("P1D", DAY),
        ("P2W", 14 * DAY),
        ("P1DT2H3M4.5S", DAY + 2 * HOUR + 3 * MINUTE + 4_500),
        ("P1W1DT1H", 8 * DAY + HOUR),
    ],
)
def test_a_duration_is_read_as_milliseconds(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "1H", "PT1", "T1H", "pt1h", "-PT1H", "PT-1H", "PT1H ", "P1.5D", "PT1H1D", "٣"],
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="expected an ISO 8601 duration such as PT30M"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["P1M", "P1Y", "P1Y2M3D", "P2MT1H"])
def test_months_and_years_have_no_length(text: str) -> None:
    with pytest.raises(ValueError, match="count days"):
        parse_duration(text)


def test_a_duration_is_bounded() -> None:
    assert parse_duration("P3660D") == MAX_DURATION_MS
    with pytest.raises(ValueError, match="longer than ten years"):
        parse_duration("P3660DT1S")
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration("P" + "9" * 5_000 + "D")


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (0, "PT0S"),
        (5_400_000, "PT1H30M"),
        (DAY, "P1D"),
        (250, "PT0.25S"),
        (DAY + 1, "P1DT0.001S"),
        (-1_500, "-PT1.5S"),
    ],
)
def test_a_duration_is_written_as_short_as_can_be(milliseconds: int, expected: str) -> None:
    assert format_duration(milliseconds) == expected


@given(st.integers(0, MAX_DURATION_MS))
def test_a_duration_survives_writing_and_reading(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-03-01T09:00:00+01:00", 1_772_352_000_000),
        ("2026-03-01T08:00:00.123456Z", 1_772_352_000_123),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_an_instant_is_read_with_its_zone(text: str, expected: int) -> None:
    assert parse_instant(text) == expected


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="names no time zone"):
        parse_instant("2026-03-01T08:00:00")


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_an_instant_survives_writing_and_reading(milliseconds: int) -> None:
    text = format_instant(milliseconds)
    assert len(text) == 24
    assert parse_instant(text) == milliseconds


def test_an_instant_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(OverflowError):
        format_instant(2**63 - 1)
