"""Attributes: read when asked for, changed by merge patches."""

from __future__ import annotations

import pytest

from journeys.messages import JsonObject, JsonValue
from journeys.profile import Profile, merge


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_merge_as_the_standard_says(
    target: JsonValue, patch: JsonValue, expected: JsonValue
) -> None:
    assert merge(target, patch) == expected


def test_attributes_are_read_once_and_only_when_asked_for() -> None:
    reads = []

    def read() -> JsonObject:
        reads.append(1)
        return {"a": 1}

    profile = Profile("ann", read)
    assert reads == []
    assert profile.attributes == profile.attributes == {"a": 1}
    assert reads == [1]
    assert not profile.changed


def test_a_patch_changes_and_its_absence_erases() -> None:
    stored: JsonObject = {"a": {"b": 1}}
    profile = Profile("ann", lambda: stored)
    profile.apply({"a": {"c": 2}})
    assert profile.attributes == {"a": {"b": 1, "c": 2}}
    assert profile.changed
    profile.apply(None)
    assert profile.attributes == {}
    assert stored == {"a": {"b": 1}}
