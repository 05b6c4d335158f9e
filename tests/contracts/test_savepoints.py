"""Names that live in a savepoint: changing one loses state."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pyflink.common.typeinfo import Types

from jobs.release import STATEFUL
from journeys.presence import BUCKETS, bucket_of
from operators.descriptors import (
    AGENDA,
    COUNTS,
    DEFINITIONS,
    ENDED,
    HEADCOUNT,
    HISTORY,
    INSIDE,
    LIFECYCLES,
    OCCUPANCY,
    PART,
    PENDING,
    PEOPLE,
    PERSON,
    PLANS,
    PROFILE,
    ROUTED,
    TAKEN,
    TALLY,
    WATCH,
    WEIGHTS,
    Route,
    Uid,
)


def test_operators_keep_their_uids() -> None:
    assert {uid.name: uid.value for uid in Uid} == {
        "JOURNEY": "journey-engine",
        "DISPATCH": "dispatch",
        "PLACES": "places",
        "PRESENCE": "presence",
        "PEOPLE": "people",
        "HEADCOUNT": "headcount",
        "TRIALS": "trials",
        "WATCH": "watch",
    }


def test_the_manifest_beside_state_names_what_keeps_it() -> None:
    # As text: to load its table classes warns of what PyFlink will remove.
    text = (Path(__file__).parents[2] / "jobs" / "topology.py").read_text(encoding="utf-8")
    named = re.findall(r"^(?:PEOPLE|EVERYBODY) = \((.+)\)$", text, re.MULTILINE)
    sources = [f"{source}-in" for source in re.findall(r'"(\w+)"', " ".join(named))]
    assert sorted({*Uid, *sources} - {Uid.WATCH}) == list(STATEFUL)


def test_state_keeps_its_names_and_holds_texts() -> None:
    values = (PERSON, PROFILE, HISTORY, TAKEN, TALLY, PART, HEADCOUNT, AGENDA, WATCH)
    maps = (
        *(PLANS, LIFECYCLES, WEIGHTS, DEFINITIONS),
        *(PENDING, ENDED, INSIDE, OCCUPANCY, PEOPLE, COUNTS),
    )
    names = [
        "person",
        "profile",
        "history",
        "taken",
        "tally",
        "part",
        "headcount",
        "agenda",
        "watch",
    ]
    assert [d.name for d in values] == names
    names = [
        "plans",
        "lifecycles",
        "weights",
        "definitions",
        "pending",
        "ended",
        "inside",
        "occupancy",
        "people",
        "counts",
    ]
    assert [d.name for d in maps] == names
    text = Types.STRING()
    assert all(descriptor.type_info == text for descriptor in values)
    for descriptor in maps:
        kinds: Any = descriptor.type_info
        assert (kinds._key_type_info, kinds._value_type_info) == (text, text)


def test_routes_are_topics() -> None:
    assert [route.value for route in Route] == [
        "step-events",
        "dead-letters",
        "requests",
        "results",
        "claims",
        "places",
        "presence",
        "occupancy",
        "people",
        "nudges",
        "identities",
        "metrics",
        "alerts",
        "trials",
        "control",
        "ignored",
        "answers",
    ]
    assert ROUTED.get_field_names() == ["route", "k", "v"]


def test_parts_of_versions_keep_their_number() -> None:
    assert BUCKETS == 16
    assert [bucket_of(name) for name in ("ann", "bob", "Zoë")] == [3, 0, 10]
