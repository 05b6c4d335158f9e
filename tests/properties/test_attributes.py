"""Attributes that merge by time: any order and any repeats give the same, and what a model says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from journeys import codec
from journeys.activation import ProfileChanged
from journeys.attributes import UNKNOWN, Attributes
from journeys.clock import format_instant
from journeys.messages import JsonObject, JsonValue
from operators.descriptors import PROFILE, Route
from tests.harness.keyed import JourneyHarness, routed
from tests.harness.person import Person
from tests.harness.plans import SIMPLE, plan_of

Said: TypeAlias = tuple[JsonObject, int]
"""A patch and its time."""
Path: TypeAlias = tuple[str, ...]
Atom: TypeAlias = tuple[Path, int, JsonValue]

NAMES = st.sampled_from(["a", "b", "c", "", "a/b"])
LEAVES: st.SearchStrategy[JsonValue] = st.sampled_from(
    [None, None, 0, 1, 1.0, True, False, "", "x", [], [1], [{"b": 2, "a": 1}]]
)
PATCHES: st.SearchStrategy[JsonObject] = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=3),
    lambda inner: st.dictionaries(NAMES, st.one_of(LEAVES, inner), max_size=3),
    max_leaves=8,
)
SAID = st.lists(st.tuples(PATCHES, st.integers(0, 4)), max_size=8)
ORDERS = SAID.flatmap(lambda said: st.tuples(st.just(said), st.permutations([*said, *said[:3]])))
"""What is said, and the same in another order with some of it twice."""


def text(value: object) -> bytes:
    """Write so that what differs as JSON differs: true is not 1."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def merged(said: Sequence[Said], onto: Attributes | None = None) -> Attributes:
    """Merge patches, with all that is kept written and read in between."""
    attributes = onto or Attributes()
    for patch, at in said:
        before = text([attributes.values, attributes.times])
        after = codec.load_profile(codec.dump_profile(attributes.merged(patch, at)))
        assert text([attributes.values, attributes.times]) == before, "a merge changes nothing"
        attributes = after
    return attributes


# A model that is too simple to be wrong: all that was ever said, looked at anew.


def atoms(patch: JsonObject, at: int, path: Path = ()) -> Iterator[Atom]:
    for name, value in patch.items():
        if isinstance(value, dict):
            yield from atoms(value, at, (*path, name))
        else:
            yield (*path, name), at, value


def model(said: Sequence[Said]) -> JsonObject:
    registers: dict[Path, tuple[int, bool, bytes, JsonValue]] = {}
    for patch, time in said:
        for path, at, value in atoms(patch, time):
            mine = (at, value is not None, text(value), value)
            registers[path] = max(registers.get(path, mine), mine, key=lambda one: one[:3])
    lives = {path: reg for path, reg in registers.items() if not _is_cleared(registers, path)}
    values: JsonObject = {}
    for path, (at, is_value, _, value) in lives.items():
        under = [p for p, reg in lives.items() if _is_under(p, path) and reg[0] >= at]
        if is_value and not under:
            _put(values, path, value)
    return values


def _is_cleared(registers: dict[Path, tuple[int, bool, bytes, JsonValue]], path: Path) -> bool:
    above = (registers[path[:n]][0] for n in range(1, len(path)) if path[:n] in registers)
    return any(at > registers[path][0] for at in above)


def _is_under(path: Path, other: Path) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


def _put(values: JsonObject, path: Path, value: JsonValue) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})  # type: ignore[assignment]  # nothing else is there
    values[path[-1]] = value


@given(SAID)
@example([({"a": 1}, 1), ({"a": True}, 1)])
@example([({"a": 1}, 1), ({"a": {"b": 1}}, 2), ({"a": {"b": None}}, 3)])
@example([({"a": 1}, 1), ({"a": {"b": None}}, 1)])
def test_attributes_are_what_was_said_last_of_each_leaf(said: list[Said]) -> None:
    assert text(merged(said).values) == text(model(said))


@given(ORDERS)
def test_any_order_with_repeats_gives_the_same(orders: tuple[list[Said], list[Said]]) -> None:
    straight, shuffled = (merged(said) for said in orders)
    assert text([straight.values, straight.at, straight.times]) == text(
        [shuffled.values, shuffled.at, shuffled.times]
    )


@given(SAID, SAID)
def test_to_join_is_to_hear_all_that_was_said_of_both(one: list[Said], other: list[Said]) -> None:
    joined = merged(one).joined(merged(other))
    assert text(joined.values) == text(merged([*one, *other]).values)
    assert text(merged(other).joined(merged(one)).values) == text(joined.values)


@given(SAID, PATCHES, st.integers(0, 4))
def test_what_is_untimed_wins_over_all_before_it(
    said: list[Said], patch: JsonObject, at: int
) -> None:
    before = merged(said)
    after = before.overridden(patch, at)
    for path, _, value in atoms(patch, at):
        assert text(_found(after.values, path)) == text(value if value is not None else None)
    assert text(merged(said, after).values) == text(after.values), "and over their repeats"


def _found(values: JsonValue, path: Path) -> JsonValue:
    for name in path:
        values = values.get(name) if isinstance(values, dict) else None
    return values


@given(SAID, PATCHES)
def test_without_times_a_patch_is_a_merge_patch(said: list[Said], patch: JsonObject) -> None:
    before = merged(said)
    assert text(before.overridden(patch, 9).values) == text(_pruned(_rfc(before.values, patch)))


def _rfc(target: JsonValue, patch: JsonValue) -> JsonValue:
    """Do as RFC 7386 says, but for objects that say nothing."""
    if not isinstance(patch, dict):
        return patch
    if not [*atoms(patch, 0)]:
        return target
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        merged[name] = None if value is None else _rfc(merged.get(name), value)
    return merged


def _pruned(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict):
        return value
    pruned = {name: _pruned(inner) for name, inner in value.items()}
    return {name: inner for name, inner in pruned.items() if inner not in (None, {})}


@given(SAID)
def test_what_was_kept_before_times_were_is_older_than_anything(said: list[Said]) -> None:
    old = codec.load_profile('{"v":1,"attributes":{"a":{"b":1},"z":2}}')
    assert old == Attributes({"a": {"b": 1}, "z": 2}, UNKNOWN)
    atom_less = model([({"a": {"b": 1}, "z": 2}, -1), *said])
    assert text(merged(said, old).values) == text(atom_less)


# At the engine, and at the operator.


@given(ORDERS)
def test_people_at_the_engine_know_the_same(orders: tuple[list[Said], list[Said]]) -> None:
    ann, bob = Person(plan_of(SIMPLE)), Person(plan_of(SIMPLE))
    for person, said in zip((ann, bob), orders, strict=True):
        for n, (patch, at) in enumerate(said):
            person.activate(ProfileChanged(patch, f"p/0/{n}", at, timed=True))
    assert text(ann.attributes) == text(bob.attributes) == text(model(orders[0]))


@settings(max_examples=40)
@given(ORDERS)
def test_people_at_the_operator_know_the_same(orders: tuple[list[Said], list[Said]]) -> None:
    harness = JourneyHarness(plan_of(SIMPLE), restart=False)
    for name, said in zip(("ann", "bob"), orders, strict=True):
        for patch, at in said:
            rows = harness.profile(name, {**patch, "_timestamp": format_instant(at)})
            assert not routed(rows, Route.DEAD_LETTER)
    kept = harness.store.values[PROFILE.name]
    ann, bob = (codec.load_profile(kept.get(name)) for name in ("ann", "bob"))
    assert text(ann.values) == text(bob.values) == text(model(orders[0]))
    harness.profile("ann", None)
    harness.profile("bob", None)
    harness.assert_clean()
