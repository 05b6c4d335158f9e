"""Calls that may have been made before a failure."""

from __future__ import annotations

from dataclasses import replace

from journeys.dispatch.doubts import DOUBT_MS, LONGEST_MS, Aftermath, Doubts
from journeys.dispatch.ticket import Ticket, ticket_of
from journeys.messages import ActionResult, ActionStatus
from tests.harness.desk import REQUEST, Play


def ticket(name: str, profile: str = "ann") -> Ticket:
    return ticket_of(replace(REQUEST, request_id=name, profile_id=profile), 0)


def result(name: str) -> ActionResult:
    return ActionResult(name, "ann", "i", ActionStatus.SUCCEEDED, "http_200", endpoint="e")


def test_a_call_whose_result_comes_again_is_not_made() -> None:
    doubts = Doubts()
    assert doubts.hold(ticket("a"), 0) is None
    assert doubts.settle(result("a"), 100) == result("a")
    assert doubts.over(DOUBT_MS) == []


def test_a_result_may_come_before_its_call_is_asked_for_again() -> None:
    doubts = Doubts()
    assert doubts.settle(result("a"), 0) is None
    assert doubts.hold(ticket("a"), 100) == result("a")
    assert doubts.over_at == 100 + DOUBT_MS, "then it is forgotten"
    assert doubts.over(100 + DOUBT_MS) == []
    assert doubts.over_at is None


def test_a_call_whose_result_does_not_come_is_made_after_a_while() -> None:
    doubts = Doubts()
    held = ticket("a")
    doubts.hold(held, 7)
    assert doubts.over_at == 7 + DOUBT_MS
    assert doubts.over(6 + DOUBT_MS) == []
    assert doubts.over(7 + DOUBT_MS) == [held]
    assert doubts.over(8 + DOUBT_MS) == []


def test_calls_are_held_while_anything_is_heard_of_others_but_not_for_ever() -> None:
    doubts = Doubts()
    held = ticket("a")
    doubts.hold(held, 0)
    for now in range(1_000, LONGEST_MS, 1_000):
        doubts.settle(result(f"r{now}"), now)
        assert doubts.over(now) == []
    assert doubts.over(LONGEST_MS) == [held]


def test_doubts_of_one_failure_are_none_of_the_next() -> None:
    doubts = Doubts()
    doubts.settle(result("a"), 0)
    doubts.over(DOUBT_MS)
    assert doubts.hold(ticket("a"), DOUBT_MS) is None


def test_results_that_a_failure_left_are_given_to_calls_that_it_left_and_kept_for_others() -> None:
    doubts = Doubts()
    doubts.hold(ticket("a"), 0)
    assert doubts.recall([result("a"), result("b")], 0) == [result("a")]
    assert doubts.hold(ticket("b"), 100) == result("b")
    assert doubts.held == {}


def test_results_of_who_is_erased_are_forgotten() -> None:
    doubts = Doubts()
    doubts.recall([result("a"), replace(result("b"), profile_id="bob")], 0)
    assert doubts.forget("ann") == ["a"]
    assert doubts.ended.keys() == {"b"}


def test_who_is_erased_is_called_for_no_more() -> None:
    doubts = Doubts()
    ann, bob = ticket("a"), ticket("b", "bob")
    doubts.hold(ann, 0)
    doubts.hold(bob, 0)
    assert doubts.withdraw("ann") == [ann]
    assert doubts.over(DOUBT_MS) == [bob]


def test_the_desk_makes_what_is_in_doubt_last() -> None:
    play = Play()
    play.desk.doubts.hold(ticket("old"), 0)
    play.ask("new")
    assert not play.desk.is_idle
    play.until(DOUBT_MS + 1_000)
    assert [name for _, name in play.begun] == ["new", "old"]
    assert play.results.keys() == {"old", "new"}


def test_only_what_goes_on_after_a_failure_doubts_and_only_for_a_while() -> None:
    after = Aftermath(1_000, after_failure=True)
    assert after.is_doubtful(1_000 + DOUBT_MS - 1)
    assert not after.is_doubtful(1_000 + DOUBT_MS)
    assert after.is_before(999)
    assert not after.is_before(1_000)
    fresh = Aftermath(1_000, after_failure=False)
    assert not fresh.is_doubtful(1_001)
    assert not fresh.is_before(999)
