"""Cap: whoever gets a place goes on."""

from __future__ import annotations

from journeys.messages import ActionStatus
from tests.harness.person import Person
from tests.harness.plans import plan_of

CAP = """
kind: journey
id: capped
version: 2
entry: {event: signup}
steps:
  few: {cap: 3, on: {full: late}, next: end}
  late: {wait: PT1H}
"""


def test_a_place_is_asked_for_under_the_name_of_its_counter() -> None:
    ann = Person(plan_of(CAP))
    assert ann.signs_up() == ["entry entered", "few waiting"]
    (request,) = ann.requests
    assert (request.channel, request.endpoint, request.message) == (
        "cap",
        "cap/capped/2/few",
        {"limit": 3},
    )


def test_with_a_place_a_person_goes_on() -> None:
    ann = Person(plan_of(CAP))
    ann.signs_up()
    assert ann.resolve(code="placed") == ["few passed", "few completed"]


def test_without_a_place_a_person_goes_the_other_way() -> None:
    ann = Person(plan_of(CAP))
    ann.signs_up()
    trace = ann.resolve(status=ActionStatus.NOT_SENT, code="full")
    assert trace == ["few passed:full (cap)", "late waiting"]


def test_without_another_way_a_person_exits() -> None:
    ann = Person(plan_of(CAP.replace(", on: {full: late}", "")))
    ann.signs_up()
    assert ann.resolve(status=ActionStatus.NOT_SENT, code="full") == ["few exited (cap)"]
    assert ann.buys() == []


def test_what_comes_while_a_place_is_asked_for_is_kept_for_the_race() -> None:
    text = CAP.replace(", on: {full: late}, next: end", "")
    race = "race: {first_of: [{event: purchase, to: end}]}"
    ann = Person(plan_of(text.replace("late: {wait: PT1H}", race)))
    ann.signs_up()
    assert ann.buys() == []
    assert ann.resolve(code="placed")[-2:] == ["race passed:purchase", "race completed"]
