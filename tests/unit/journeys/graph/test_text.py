from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeys.graph.text import fitted, width, wrapped


@given(st.text(max_size=80), st.floats(20, 400))
def test_a_fitted_text_fits(text: str, room: float) -> None:
    fit = fitted(text, room, 12)
    assert width(fit, 12) <= room
    assert fit == text or fit.endswith("…")


@given(st.text(max_size=120), st.floats(20, 400))
def test_a_wrapped_text_has_two_lines_at_most_and_each_fits(text: str, room: float) -> None:
    lines = wrapped(text, room, 12)
    assert len(lines) <= 2
    assert all(width(line, 12) <= room for line in lines)


def test_wide_letters_and_bold_ones_take_more_room() -> None:
    assert width("iii", 10) < width("aaa", 10) < width("WWW", 10) == width("字字字", 10)
    assert width("a", 10) < width("a", 10, bold=True)
