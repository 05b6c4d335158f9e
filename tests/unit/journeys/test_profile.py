"""Attributes: read when asked for, changed by patches, each leaf by its time."""

from __future__ import annotations

import pytest

from journeys.attributes import MAX_REMOVED, Attributes
from journeys.history import History
from journeys.messages import JsonObject, JsonValue
from journeys.profile import Profile


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
        ({"a": {"b": {"c": 1}}}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": {"b": {"c": 2}}}, {"a": {"b": {"c": 2}}}),
        ({"a": {"b": 1}}, {"a": {"b": None}}, {}),
        # Where the standard would make an object that holds nothing, there is nothing.
        ({}, {"a": {"bb": {"ccc": None}}}, {}),
        ({"a": 1}, {"a": {"b": None}}, {}),
        ({"a": 1}, {"a": {}}, {"a": 1}),
        ({}, {"a": {"b": {}}}, {}),
        ({"a": 1}, {}, {"a": 1}),
    ],
)
def test_untimed_patches_merge_as_the_standard_says_but_for_empty_objects(
    target: JsonObject, patch: JsonObject, expected: JsonObject
) -> None:
    assert Attributes(target).overridden(patch, 5).values == expected
    assert Attributes().merged(target, 9).overridden(patch, 5).values == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([({"a": 1}, 1), ({"a": 2}, 2)], {"a": 2}),
        ([({"a": 2}, 2), ({"a": 1}, 1)], {"a": 2}),
        ([({"a": 1}, 1), ({"b": 2}, 2), ({"a": 3}, 1)], {"a": 3, "b": 2}),
        ([({"a": 1}, 1), ({"a": None}, 2), ({"a": 3}, 1)], {}),
        ([({"a": None}, 2), ({"a": 3}, 1)], {}),
        ([({"a": None}, 2), ({"a": 3}, 2)], {"a": 3}),
        ([({"a": {"b": 1}}, 1), ({"a": 2}, 2), ({"a": {"c": 3}}, 1)], {"a": 2}),
        ([({"a": {"b": 1}}, 1), ({"a": {"c": 3}}, 3), ({"a": 2}, 2)], {"a": {"c": 3}}),
        ([({"a": 2}, 2), ({"a": {"c": 3}}, 3), ({"a": {"b": 1}}, 1)], {"a": {"c": 3}}),
        ([({"a": 2}, 2), ({"a": {"c": 3}}, 2)], {"a": {"c": 3}}),
        ([({"a": {"c": 3}}, 2), ({"a": 2}, 2)], {"a": {"c": 3}}),
        ([({"a": [1, 2]}, 1), ({"a": [3]}, 2)], {"a": [3]}),
        ([({"a": 1}, 1), ({"a": {"b": 1}}, 2), ({"a": {"b": None}}, 3)], {}),
    ],
)
def test_of_each_leaf_what_is_so_later_stays(
    said: list[tuple[JsonObject, int]], expected: JsonObject
) -> None:
    attributes = Attributes()
    for patch, at in said:
        attributes = attributes.merged(patch, at)
    assert attributes.values == expected


@pytest.mark.parametrize(
    ("one", "other", "greater"),
    [(1, 2, 2), ("a", "b", "b"), (True, 1, True), (None, 0, 0), ([1], [1, 2], [1]), ("a", 1, 1)],
)
def test_of_one_time_the_greater_text_stays(
    one: JsonValue, other: JsonValue, greater: JsonValue
) -> None:
    for first, second in ((one, other), (other, one)):
        attributes = Attributes().merged({"a": first}, 1).merged({"a": second}, 1)
        assert attributes.values["a"] is greater or attributes.values == {"a": greater}


def test_an_untimed_patch_wins_over_all_before_it_and_is_as_old_as_its_record() -> None:
    attributes = Attributes().merged({"a": 1, "b": 1}, 10)
    attributes = attributes.overridden({"a": 2, "c": 2}, 5)
    assert attributes.values == {"a": 2, "b": 1, "c": 2}
    assert attributes.merged({"a": 1, "b": 1}, 10) is attributes, "a repeat says nothing new"
    assert attributes.merged({"a": 3, "c": 3}, 12).values == {"a": 3, "b": 1, "c": 3}
    assert attributes.merged({"c": 3}, 10).values["c"] == 2, "it is as late as what it replaced"


def test_what_comes_from_one_record_has_one_time() -> None:
    first = Attributes().merged({"a": 1, "b": {"c": 1, "d": 1}}, 10)
    assert (first.at, first.times) == (10, {})
    second = first.merged({"b": {"c": 2}, "e": None}, 20)
    assert (second.at, second.times) == (10, {"b": {"c": 20}, "e": 20})
    third = second.merged({"b": {"d": 2}}, 20)
    assert (third.at, third.times) == (20, {"a": 10, "e": 20}), "that of most leaves"


def test_so_many_removals_are_remembered_and_no_more() -> None:
    attributes = Attributes().merged({"z": 1}, 1)
    for n in range(MAX_REMOVED + 5):
        attributes = attributes.merged({"cart": {f"sku-{n}": None}}, 10 + n)
    cart = attributes.times["cart"]
    assert isinstance(cart, dict)
    assert len(cart) == MAX_REMOVED
    assert attributes.merged({"cart": {"sku-7": 1}}, 5).values == {"z": 1}
    assert attributes.merged({"cart": {"sku-4": 1}}, 5).values["cart"] == {"sku-4": 1}


def test_attributes_are_read_once_and_only_when_asked_for() -> None:
    reads = []

    def read() -> Attributes:
        reads.append(1)
        return Attributes({"a": 1})

    profile = Profile("ann", read)
    assert reads == []
    assert profile.attributes == profile.attributes == {"a": 1}
    assert reads == [1]
    assert not profile.changed


def test_a_patch_changes_and_erasing_forgets_times_too() -> None:
    stored = Attributes({"a": {"b": 1}}, 3)
    profile = Profile("ann", lambda: stored)
    profile.apply({"a": {"c": 2}}, 4)
    assert profile.attributes == {"a": {"b": 1, "c": 2}}
    assert profile.changed
    profile.apply({"a": None}, 5)
    assert profile.attributes == {}
    assert profile.was_known
    profile.erase()
    assert not profile.kept
    assert stored == Attributes({"a": {"b": 1}}, 3)


def test_a_timed_patch_that_says_nothing_new_changes_nothing() -> None:
    profile = Profile("ann", lambda: Attributes({"a": 1}, 3))
    profile.apply({"a": 1}, 3, timed=True)
    profile.apply({"a": 0}, 2, timed=True)
    assert (profile.changed, profile.was_known) == (False, True)


def test_two_profiles_join_leaf_by_leaf() -> None:
    ann = Attributes().merged({"name": "Ann", "phone": "1"}, 1).merged({"phone": None}, 5)
    other = Attributes().merged({"name": "Anna", "phone": "2"}, 3).merged({"tier": "gold"}, 1)
    profile = Profile("ann", lambda: ann)
    profile.join(other, History())
    assert profile.attributes == {"name": "Anna", "tier": "gold"}
    assert other.joined(ann) == profile.kept
