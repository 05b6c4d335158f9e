"""What is kept of a person."""

from __future__ import annotations

import pytest

from journeys.state import (
    ENTRIES,
    RECENT_EVENTS,
    Instance,
    PersonState,
    Waiting,
    entry_name,
    entry_parts,
)


def walk(name: str, due: int | None = None, key: str | None = None) -> Instance:
    return Instance(name, "j", 1, 0, "s", key, Waiting(due))


def test_the_earliest_wait_says_when_something_is_due() -> None:
    person = PersonState([walk("a", 9), walk("b", 5), walk("c"), Instance("d", "j", 1, 0, "s")])
    assert person.due == 5
    assert PersonState().due is None


def test_what_is_remembered_is_bounded_and_the_oldest_is_forgotten() -> None:
    person = PersonState()
    for n in range(RECENT_EVENTS + 2):
        person.remember(str(n))
    assert (len(person.recent), person.recent[0]) == (RECENT_EVENTS, "2")


def test_a_leave_is_remembered_by_journey_and_key_and_the_latest_counts() -> None:
    person = PersonState([walk("a"), walk("b", key="k"), walk("c")])
    for now, instance in enumerate(list(person.instances)):
        person.leave(instance, now)
    assert (person.left_at("j", None), person.left_at("j", "k")) == (2, 1)
    assert person.left_at("j", "other") is None
    assert list(person.left.values()) == [1, 2], "oldest first"


def test_an_entry_is_remembered_likewise_and_bounded() -> None:
    person = PersonState()
    for n in range(ENTRIES + 1):
        person.begin("j", str(n), n)
    person.begin("j", "1", ENTRIES + 1)
    assert len(person.begun) == ENTRIES
    assert (person.begun_at("j", "0"), person.begun_at("j", "1")) == (None, ENTRIES + 1)
    assert list(person.begun)[-1] == entry_name("j", "1"), "oldest first"


def test_what_matters_puts_forgetting_off() -> None:
    person = PersonState(forget_at=5)
    assert person.due == 5
    person.remember("e")
    assert person.due is None
    person = PersonState([walk("a", 9)], forget_at=5)
    assert person.due == 9, "nothing is forgotten of a person who is inside"
    person.leave(person.instances[0], 1)
    assert person.due is None


@pytest.mark.parametrize("key", [None, "", "cart-1"])
def test_an_entry_has_a_name_that_can_be_read(key: str | None) -> None:
    assert entry_parts(entry_name("j", key)) == ("j", "", key)
    assert entry_parts(entry_name("j", key, "shadow/4")) == ("j", "shadow/4", key)


def test_a_person_nothing_is_known_of_is_empty() -> None:
    assert PersonState(alarm=5).is_empty()
    assert not PersonState(forget_at=5).is_empty(), "its past is forgotten then"
    person = PersonState(recent=["e"], left={"j": 1})
    assert not person.is_empty()
    person.forget()
    assert person.is_empty()
