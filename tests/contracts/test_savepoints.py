"""Names that live in a savepoint: changing one loses state."""

from __future__ import annotations

from pyflink.common.typeinfo import Types

from operators.descriptors import (
    HISTORY,
    PENDING,
    PERSON,
    PLANS,
    PROFILE,
    ROUTED,
    TAKEN,
    Route,
    Uid,
)


def test_operators_keep_their_uids() -> None:
    assert {uid.name: uid.value for uid in Uid} == {
        "JOURNEY": "journey-engine",
        "DISPATCH": "dispatch",
        "PLACES": "places",
    }


def test_state_keeps_its_names_and_holds_texts() -> None:
    assert [d.name for d in (PERSON, PROFILE, HISTORY, PLANS, PENDING, TAKEN)] == [
        "person",
        "profile",
        "history",
        "plans",
        "pending",
        "taken",
    ]
    text = Types.STRING()
    assert PERSON.type_info == PROFILE.type_info == HISTORY.type_info == TAKEN.type_info == text
    for descriptor in (PLANS, PENDING):
        kinds = descriptor.type_info
        assert (kinds._key_type_info, kinds._value_type_info) == (text, text)


def test_routes_are_topics() -> None:
    assert [route.value for route in Route] == [
        "step-events",
        "dead-letters",
        "requests",
        "results",
        "claims",
        "places",
        "ignored",
    ]
    assert ROUTED.get_field_names() == ["route", "k", "v"]
