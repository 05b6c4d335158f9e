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
    TALLY,
    WEIGHTS,
    Route,
    Uid,
)


def test_operators_keep_their_uids() -> None:
    assert {uid.name: uid.value for uid in Uid} == {
        "JOURNEY": "journey-engine",
        "DISPATCH": "dispatch",
        "PLACES": "places",
        "TRIALS": "trials",
    }


def test_state_keeps_its_names_and_holds_texts() -> None:
    named = (PERSON, PROFILE, HISTORY, PLANS, WEIGHTS, PENDING, TAKEN, TALLY)
    assert [d.name for d in named] == [
        "person",
        "profile",
        "history",
        "plans",
        "weights",
        "pending",
        "taken",
        "tally",
    ]
    text = Types.STRING()
    values = (PERSON, PROFILE, HISTORY, TAKEN, TALLY)
    assert all(descriptor.type_info == text for descriptor in values)
    for descriptor in (PLANS, WEIGHTS, PENDING):
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
        "trials",
        "control",
        "ignored",
    ]
    assert ROUTED.get_field_names() == ["route", "k", "v"]
