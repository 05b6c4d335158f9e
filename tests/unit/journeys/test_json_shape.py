"""Depth and kinds of JSON values."""

from __future__ import annotations

import pytest

from journeys.json_shape import MAX_DEPTH, json_kind, too_deep
from journeys.messages import JsonValue


def test_depth_counts_lists_and_objects() -> None:
    value: JsonValue = "x"
    for n in range(MAX_DEPTH):
        value = [value] if n % 2 else {"a": value}
    assert not too_deep(value)
    assert too_deep([value])
    assert not too_deep("x", 0)
    assert too_deep([], 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "nothing"),
        (True, "true or false"),
        (1, "a number"),
        (1.5, "a number"),
        ("x", "a text"),
        ([], "a list"),
        ({}, "an object"),
    ],
)
def test_kinds_have_names(value: JsonValue, expected: str) -> None:
    assert json_kind(value) == expected
