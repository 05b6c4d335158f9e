"""What is kept of a person."""

from __future__ import annotations

from journeys.state import LEAVES, RECENT_EVENTS, Instance, PersonState, Waiting


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


def test_leaves_are_bounded() -> None:
    person = PersonState()
    for n in range(LEAVES + 1):
        instance = walk(str(n), key=str(n))
        person.instances.append(instance)
        person.leave(instance, n)
    assert len(person.left) == LEAVES
    assert person.left_at("j", "0") is None


def test_a_person_nothing_is_known_of_is_empty() -> None:
    assert PersonState(alarm=5).is_empty()
    person = PersonState(recent=["e"], left={"j": 1})
    assert not person.is_empty()
    person.forget()
    assert person.is_empty()
