"""Which identity a person is known by: what a profile record says, and what is wrong with it."""

from __future__ import annotations

import json

import pytest

from journeys.activation import IdentityLinked, ProfileChanged
from journeys.messages import JsonObject, JsonValue
from journeys.plans import Plans
from journeys.records import DeadLetter, Record, read_profile


def read(value: object, key: str = "a") -> object:
    data = json.dumps(value).encode()
    return read_profile(Record("profiles", 0, 7, 0, key, data, len(data)), Plans(), 0)


def named(*identities: JsonValue, **others: JsonValue) -> JsonObject:
    return {"identityMap": {"crm": list(identities), **others}}


PRIMARY: JsonObject = {"id": "b", "primary": True}
A: JsonObject = {"id": "a"}


@pytest.mark.parametrize(
    "record",
    [
        {"tier": "gold"},
        {"identityMap": None},
        {"identityMap": {}},
        {"identityMap": {"crm": None}},
        named(A, {"id": "b"}),
        named({"id": "a", "primary": True}),
        named({"id": "a", "primary": True}, {"id": "b", "primary": False}),
        named({"id": "a", "primary": True}, ecid=[{"id": "a", "primary": True}]),
    ],
)
def test_a_map_that_names_no_other_primary_identity_stays_an_attribute(record: object) -> None:
    assert read(record) == ProfileChanged(record, "profiles/0/7", 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("record", [named(PRIMARY, A), named(PRIMARY, ecid=[A])])
def test_another_primary_identity_links_and_the_rest_is_a_patch(
    record: JsonObject,
) -> None:
    assert read(record) == IdentityLinked("b", None, "profiles/0/7", 0)
    rest: JsonObject = {"tier": "gold"}
    assert read({**record, **rest}) == IdentityLinked("b", rest, "profiles/0/7", 0)
    said = {**record, **rest, "_timestamp": "1970-01-01T00:00:01Z"}
    assert read(said) == IdentityLinked("b", rest, "profiles/0/7", 1_000, timed=True)


@pytest.mark.parametrize(
    ("record", "reason", "detail"),
    [
        ({"identityMap": 7}, "wrong_type", "`/identityMap` holds a number; expected an object"),
        ({"identityMap": {"crm": "b"}}, "wrong_type", "`/identityMap/crm` holds a text"),
        ({"identityMap": {"a/b~": 7}}, "wrong_type", "`/identityMap/a~1b~0` holds a number"),
        (named("b"), "wrong_type", "`/identityMap/crm/0` holds a text; expected an object"),
        (named(A, {"id": 7}), "wrong_type", "`/identityMap/crm/1/id` holds a number"),
        (named({"id": ""}), "wrong_type", "`/identityMap/crm/0/id` is an empty text"),
        (named({"primary": True}), "wrong_type", "`/identityMap/crm/0/id` holds nothing"),
        (named({"id": "b" * 513}), "wrong_type", "`/identityMap/crm/0/id` has 513 characters"),
        (named({"id": "b\ufffd"}), "wrong_type", "`/identityMap/crm/0/id` holds a character that"),
        (
            named({"id": "b", "primary": "yes"}),
            "wrong_type",
            "`/identityMap/crm/0/primary` holds a text; expected true or false",
        ),
        (
            named(A, PRIMARY, ecid=[{"id": "c", "primary": True}]),
            "wrong_type",
            "`/identityMap/ecid/0` is a second primary identity, beside 'b': keep one",
        ),
        (
            named(PRIMARY),
            "wrong_identity",
            "`/identityMap/crm/0` is the primary identity of somebody else: name 'a', the key",
        ),
    ],
)
def test_a_map_that_cannot_be_read_is_a_dead_letter_that_says_where(
    record: object, reason: str, detail: str
) -> None:
    letter = read(record)
    assert isinstance(letter, DeadLetter)
    assert letter.reason == reason
    assert detail in letter.detail
