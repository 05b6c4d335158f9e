from __future__ import annotations

import pytest

from journeys.phrases import cut, duration, name_of, one_line, value_of


@pytest.mark.parametrize(
    ("milliseconds", "spelled"),
    [
        (0, "no time"),
        (1, "1 ms"),
        (1_000, "1 second"),
        (5_400_000, "1 hour 30 minutes"),
        (172_800_500, "2 days 500 ms"),
    ],
)
def test_durations_are_spelled_out(milliseconds: int, spelled: str) -> None:
    assert duration(milliseconds) == spelled


def test_a_text_comes_on_one_line_without_what_cannot_be_shown() -> None:
    assert one_line("  a\n\tb\x07c\x00 ") == "a b c"


def test_a_field_is_named_and_valued_as_people_do() -> None:
    assert name_of("reentry_after_ms") == "reentry after"
    assert value_of("timeout_ms", 60_000) == "1 minute"
    assert value_of("timeout_ms", None) == "nothing"
    assert value_of("start", 1_772_352_000_000) == "2026-03-01T08:00:00.000Z"
    assert value_of("days", ["mon", "tue"]) == "mon, tue"
    assert value_of("dates", ("2026-12-01", None)) == "2026-12-01 to any"
    assert value_of("attempts", 3) == "3"
    assert value_of("url", "https://a\n") == "https://a"
    assert value_of("tags", ["a", 1]) == '["a",1]'


def test_a_cut_text_shows_that_it_was_cut() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
