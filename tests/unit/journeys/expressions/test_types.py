"""Types by name and by value, and how they mix."""

import pytest

from journeys.expressions import types
from journeys.expressions.inference import Dates, merged, type_of_value
from journeys.expressions.signature import read_signature
from journeys.expressions.suggestions import did_you_mean


@pytest.mark.parametrize("name", ["string", "dateTimeOnly", "any", "listInteger", "listDateTime"])
def test_a_type_is_known_by_its_name(name: str) -> None:
    assert str(types.type_named(name)) == name


@pytest.mark.parametrize("name", ["", "text", "list", "listThing"])
def test_other_names_are_no_types(name: str) -> None:
    with pytest.raises(KeyError):
        types.type_named(name)


def test_objects_share_a_type_only_with_equal_ones() -> None:
    one, other = types.object_of({"a": types.STRING}), types.object_of({"b": types.STRING})
    assert types.common_type(one, one) == one
    assert types.common_type(one, other) == types.OPEN_OBJECT
    assert types.common_type(one, types.STRING) is None


def test_a_value_shows_its_type() -> None:
    value = {
        "at": "2026-03-01T08:00:00Z",
        "day": "2026-03-01",
        "n": [1, None, 2.5],
        "o": [{}, {"a": 1}],
    }
    found = type_of_value(value)  # type: ignore[arg-type]
    assert {name: str(type_) for name, type_ in found.fields.items()} == {
        "at": "dateTime",
        "day": "dateOnly",
        "n": "listDecimal",
        "o": "listObject",
    }
    assert str(type_of_value("2026-03-01", Dates.TEXT)) == "string"
    assert str(type_of_value("2026-03-01", Dates.EITHER)) == "any"


def test_two_contexts_together_show_more() -> None:
    one, other = type_of_value({"a": [1], "b": None}), type_of_value({"a": [2.5], "b": "x"})
    both = merged(one, other)
    assert {name: str(type_) for name, type_ in both.fields.items()} == {
        "a": "listDecimal",
        "b": "string",
    }
    assert merged(types.STRING, types.INTEGER) == types.ANY


def test_a_signature_is_refused_when_it_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="lower"):
        read_signature("lower(string)")


def test_a_list_of_a_shared_type_takes_only_lists() -> None:
    signature = read_signature("limit(values: listT, count: integer) -> listT")
    assert signature.result_of([types.STRING, types.INTEGER]) is None
    assert signature.result_of([types.list_of(types.STRING), types.INTEGER]) == types.list_of(
        types.STRING
    )


def test_a_hint_names_near_names_or_lists_some() -> None:
    assert did_you_mean("x", []) is None
    assert did_you_mean("CART", ["cart", "other"]) == "did you mean 'cart'?"
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert (
        did_you_mean("zzz", [f"n{i}" for i in range(9)])
        == "known: n0, n1, n2, n3, n4, n5, n6, n7, …"
    )
