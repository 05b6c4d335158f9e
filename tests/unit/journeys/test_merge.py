"""What was kept under two identities, put together."""

from __future__ import annotations

import pytest

from journeys.history import MAX_EVENTS, History, PastEvent
from journeys.merge import take_in
from journeys.state import (
    ECHOES,
    ENTRIES,
    RECENT_EVENTS,
    TRIALS,
    Alias,
    Asked,
    Instance,
    Linked,
    Openings,
    PersonState,
    Trial,
)


def trial(at: int) -> Trial:
    return Trial("j", 1, "s", "a", at)


JOINED = {
    "recent": (["b1", "b2"], ["a1"], ["b1", "a1", "b2"]),
    "left": ({"x": 5, "y": 9}, {"x": 7, "z": 6}, {"z": 6, "x": 7, "y": 9}),
    "begun": ({"x": 5, "y": 9}, {"x": 7, "z": 6}, {"z": 6, "x": 7, "y": 9}),
    "audiences": ({"x": 5}, {"x": 7, "y": 6}, {"x": 5, "y": 6}),
    "members": ({"x": 5}, {"x": 3, "y": 6}, {"x": 3, "y": 6}),
    "contacts": ({"m": [2, 5]}, {"m": [3], "n": [1]}, {"m": [2, 3, 5], "n": [1]}),
    "entries": ({"j": [2]}, {"j": [1]}, {"j": [1, 2]}),
    "asked": ({"r1": Asked("m", 5)}, {"r2": Asked("m", 3)}, None),
    "trials": ([trial(2), trial(5)], [trial(3)], [trial(2), trial(3), trial(5)]),
    "echoes": ([2, 5], [3], [2, 3, 5]),
    "aliases": (
        {"c": Linked("l1", 4)},
        {"d": Linked("l2", 3), "b": Linked("l3", 1)},
        {"c": Linked("l1", 4), "d": Linked("l2")},
    ),
    "openings": (
        {"email": Openings(9, {"7": 40, "30": 1}), "sms": Openings(1, {"8": 2})},
        {"email": Openings(5, {"7": 25, "9": 3}), "push": Openings(2, {"1": 4})},
        {
            "push": Openings(2, {"1": 4}),
            "email": Openings(9, {"7": 32, "9": 1}),
            "sms": Openings(1, {"8": 2}),
        },
    ),
    "forget_at": (5, 7, None),
}
"""Field to what the primary has, what comes to it, and what is kept then."""
NOT_JOINED = {
    "instances": "walks are put together by `journeys.identities`",
    "merged_into": "only a person takes in others",
    "alarm": "is of the operator: the timer of the primary",
    "review_at": "audiences are looked at anew",
}


def test_every_field_of_a_person_has_a_rule() -> None:
    assert set(PersonState.__struct_fields__) == JOINED.keys() | NOT_JOINED.keys()


@pytest.mark.parametrize("field", JOINED)
def test_each_field_is_joined_by_its_rule(field: str) -> None:
    own, given, joined = JOINED[field]
    person = PersonState(**{field: own})  # type: ignore[arg-type]
    take_in(person, PersonState(**{field: given}), "b")  # type: ignore[arg-type]
    if field == "asked":
        joined = {**own, **given}  # type: ignore[dict-item]
    found = getattr(person, field)
    assert found == joined
    if isinstance(found, dict):
        assert list(found) == list(joined) or field in ("asked", "aliases", "openings")  # type: ignore[arg-type]


@pytest.mark.parametrize("field", NOT_JOINED)
def test_the_rest_is_left_as_it_is(field: str) -> None:
    given = {"instances": [Instance("i", "j", 1, 1, "s")], "merged_into": Alias("x", "l")}
    person = PersonState()
    take_in(person, PersonState(**{field: given.get(field, 7)}), "b")  # type: ignore[arg-type]
    assert person == PersonState()


def test_every_bound_holds_and_the_latest_are_kept() -> None:
    many = range(1_000)
    person = PersonState(
        recent=[f"b{n}" for n in many],
        begun={f"b{n}": n for n in many},
        trials=[trial(n) for n in many],
        echoes=list(many),
    )
    take_in(
        person, PersonState(recent=["a"], begun={"a": 500}, trials=[trial(2_000)], echoes=[0]), "b"
    )
    assert len(person.recent) == RECENT_EVENTS
    assert person.recent[-2:] == ["a", "b999"]
    assert len(person.begun) == ENTRIES
    assert "a" not in person.begun
    assert (len(person.trials), person.trials[-1].at) == (TRIALS, 2_000)
    assert (len(person.echoes), person.echoes[-1]) == (ECHOES, 999)


def test_of_events_that_both_remember_neither_side_loses_its_latest() -> None:
    person = PersonState(recent=[f"b{n}" for n in range(RECENT_EVENTS)])
    take_in(person, PersonState(recent=[f"a{n}" for n in range(RECENT_EVENTS)]), "b")
    half = RECENT_EVENTS // 2
    assert sum(name.startswith("a") for name in person.recent) == half
    assert {"a63", "b63"} <= set(person.recent)


def past(*instants: int) -> list[PastEvent]:
    return [PastEvent(at, {"n": at}) for at in instants]


def test_histories_are_joined_in_the_order_of_time() -> None:
    history = History({"visit": past(1, 5), "buy": past(2)})
    history.join(History({"visit": past(3, 9), "call": past(4)}))
    assert history == History({"visit": past(1, 3, 5, 9), "buy": past(2), "call": past(4)})


def test_a_joined_history_is_bounded() -> None:
    history = History({"visit": past(*range(0, 2 * MAX_EVENTS, 2))})
    history.join(History({"visit": past(*range(1, 2 * MAX_EVENTS, 2))}))
    assert [each.at for each in history.events["visit"]] == list(range(MAX_EVENTS, 2 * MAX_EVENTS))
