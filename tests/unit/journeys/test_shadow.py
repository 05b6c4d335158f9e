"""A shadow beside the live version: whoever is decided about differently is found, nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journeys.command import Report
from journeys.control import EndRehearsal, publish_message
from journeys.messages import ActionRequest, ActionStatus
from journeys.mode import Mode
from journeys.shadow import Apart, Comparison, Kind, blind_steps, compare
from journeys.simulator import Answer, Simulator, succeed
from journeys.step_event import StepEvent
from tests.harness.person import START
from tests.harness.plans import SIMPLE, plan_of

CROWD = 40
JOURNEY = """
kind: journey
id: shop
version: 1
timeout: P5D
entry: {event: signup, when: "@event{signup.total} > 3", reentry: {after: PT1H}}
steps:
  choose:
    condition:
      - {label: big, when: "@event{signup.total} > 20", to: greet}
      - {else: true, to: race}
  greet: {action: mail}
  pause: {wait: PT1H}
  race:
    first_of:
      - {event: purchase, when: "@event{purchase.total} > 5", to: thank}
      - {wait: P1D, to: lost}
  thank: {action: score, with: {reason: bought}, next: end}
  lost: {end: failed}
"""


def later(*changes: tuple[str, str]) -> str:
    text = JOURNEY.replace("version: 1", "version: 2")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


def simulated(live: str, shadow: str, answers: object = succeed) -> Simulator:
    simulator = Simulator([plan_of(live)], START, answers=answers, stored=True)  # type: ignore[arg-type]
    simulator.say(publish_message(plan_of(shadow), Mode.SHADOW))
    return simulator


def crowd(simulator: Simulator) -> None:
    """Everybody signs up for another total; every third buys, for another total too."""
    for n in range(CROWD):
        person = f"p{n:02}"
        simulator.describe(person, {"email": f"{person}@example.org", "firstName": "P"})
        at = START + n * 1_000
        simulator.event(person, "account.signup", {"total": n, "plan": "basic"}, at=at)
        if n % 3 == 0:
            bought = at + 2 * 3_600_000
            simulator.event(person, "commerce.purchases", {"total": n // 3}, at=bought)


def step_events(simulator: Simulator) -> Iterator[StepEvent]:
    for person in simulator.people.values():
        yield from (h.what.step_event for h in person.trace if isinstance(h.what, Report))


def compared(live: str, shadow: str, answers: object = succeed) -> Comparison:
    simulator = simulated(live, shadow, answers)
    crowd(simulator)
    simulator.advance(10 * 86_400_000)
    return found_in(simulator, live, shadow)


def found_in(simulator: Simulator, live: str = JOURNEY, shadow: str = "") -> Comparison:
    blind = {plan.version: blind_steps(plan) for plan in map(plan_of, (live, shadow or later()))}
    found = compare(step_events(simulator), "shop", blind=blind)
    assert found is not None
    return found


def people(found: Comparison, kind: Kind) -> int:
    return sum(count for apart, count in found.apart.items() if apart.kind is kind)


def slow(request: ActionRequest) -> Answer:
    return Answer(after_ms=90_000 if request.step_id == "greet" else 1_000)


@pytest.mark.parametrize("answers", [succeed, slow])
def test_the_same_content_agrees_for_everybody(answers: object) -> None:
    found = compared(JOURNEY, later(), answers)
    assert not found.apart
    assert (found.refused, found.alike, found.so_far) == (4, 36, 0)
    assert found.rate == 1
    assert found.live == {1}


def test_what_is_under_way_agrees_so_far() -> None:
    simulator = simulated(JOURNEY, later(), lambda _: None)
    crowd(simulator)
    simulator.advance(3_600_000 + 60_000)
    found = found_in(simulator)
    assert (found.refused, found.alike, found.so_far) == (4, 0, 36)
    assert found.rate == 1


def test_another_condition_of_entry_is_reported_for_those_it_concerns() -> None:
    found = compared(JOURNEY, later(("> 3", "> 5")))
    apart = Apart(Kind.ENTRY, "entered", "not entered (condition)")
    assert found.apart == {apart: 2}
    assert [example.profile_id for example in found.examples[apart]] == ["p04", "p05"]
    assert all(example.live_instance for example in found.examples[apart])


def test_another_condition_is_reported_for_those_who_go_another_way_by_it() -> None:
    found = compared(JOURNEY, later(("total} > 20", "total} > 22")))
    apart = Apart(Kind.BRANCH, "'big'", "'way_2'", "choose")
    (only,) = found.apart
    assert (only.kind, only.live, only.step) == (apart.kind, apart.live, apart.step)
    assert [example.profile_id for example in found.examples[only]] == ["p21", "p22"]
    assert found.rate == pytest.approx(38 / 40)


def test_a_race_that_hears_otherwise_is_reported() -> None:
    found = compared(JOURNEY, later(("purchase.total} > 5", "purchase.total} > 7")))
    assert [(a.kind, a.step, n) for a, n in found.apart.items()] == [(Kind.BRANCH, "race", 2)]
    (examples,) = found.examples.values()
    assert [example.profile_id for example in examples] == ["p18", "p21"]


def test_whoever_stays_where_others_went_is_reported_at_once() -> None:
    simulator = simulated(JOURNEY, later(("purchase.total} > 5", "purchase.total} > 7")))
    crowd(simulator)
    simulator.advance(3 * 3_600_000)
    (apart,) = (found := found_in(simulator)).apart
    assert (apart.kind, apart.shadow, apart.step) == (Kind.BRANCH, "stays", "race")
    assert found.differed == 2


def test_other_actions_are_reported_in_order() -> None:
    found = compared(JOURNEY, later(("greet: {action: mail}", "greet: {emit: {type: a.b}}")))
    assert {(a.kind, a.live, a.shadow) for a in found.apart} == {
        (Kind.ACTIONS, "mail", "emit greet"),
        (Kind.ACTIONS, "mail, score", "emit greet, score"),
    }
    assert found.differed == CROWD - 21


def test_another_end_is_reported() -> None:
    found = compared(JOURNEY, later(("lost: {end: failed}", "lost: {end: completed}")))
    ends = {(a.kind, a.live, a.shadow) for a in found.apart}
    assert ends == {(Kind.END, "failed", "completed")}


def test_an_event_that_only_one_version_begins_with_is_reported() -> None:
    buying = SIMPLE.replace("simple", "shop").replace("version: 1", "version: 2")
    simulator = simulated(JOURNEY, buying.replace("signup", "purchase"))
    crowd(simulator)
    simulator.advance(10 * 86_400_000)
    found = compare(step_events(simulator), "shop")
    assert found is not None
    apart = Apart(Kind.ENTRY, "was not offered", "entered")
    assert found.apart == {apart: 14}


# What a shadow does not have.


def fails(request: ActionRequest) -> Answer:
    return (
        Answer(ActionStatus.ERROR, "http_500") if request.step_id == "greet" else succeed(request)
    )


@pytest.mark.parametrize(
    ("answers", "change"),
    [
        (fails, "greet: {action: mail}"),
        (fails, "greet: {action: mail, on: {error: lost}}"),
    ],
)
def test_whoever_goes_apart_by_an_answer_cannot_be_compared(answers: object, change: str) -> None:
    live = JOURNEY.replace("greet: {action: mail}", change)
    found = compared(live, live.replace("version: 1", "version: 2"), answers)
    assert people(found, Kind.INCOMPARABLE) == found.apart.total() == CROWD - 21
    assert found.rate == 1, "of those who can be compared"


READING = """
  ask: {action: score, with: {reason: first}}
  read:
    condition:
      - {label: good, when: "@action{ask.score} > 1", to: greet}
      - {else: true, to: race}
"""
WRITING = """
  give: {update_profile: {tier: gold}}
  read:
    condition:
      - {label: gold, when: "#{profile.tier} == 'gold'", to: greet}
      - {else: true, to: race}
"""


@pytest.mark.parametrize("steps", [READING, WRITING])
def test_whoever_goes_apart_by_what_a_shadow_does_not_have_cannot_be_compared(steps: str) -> None:
    live = JOURNEY.replace("\n  choose:", f"{steps}  choose:")
    shadow = live.replace("version: 1", "version: 2")
    found = compared(live, shadow, lambda _: Answer(response={"score": 2}))
    assert people(found, Kind.INCOMPARABLE) == found.apart.total() == 36
    assert {apart.step for apart in found.apart} == {"read"}
    assert blind_steps(plan_of(live)) == {"read"}


def test_a_condition_before_the_journey_writes_reads_the_same_for_both() -> None:
    steps = """
  read:
    condition:
      - {label: new, when: "isEmpty(#{profile.tier})", to: give}
      - {else: true, to: choose}
  give: {update_profile: {tier: gold}}"""
    live = JOURNEY.replace("\n  choose:", f"{steps}\n  choose:")
    found = compared(live, live.replace("version: 1", "version: 2"))
    assert not found.apart, "a shadow goes first"


def test_arms_are_drawn_anew_and_not_compared() -> None:
    steps = """
  try:
    experiment:
      arms: [{id: one, to: greet}, {id: other, to: race}]
      metric: {event: purchase}"""
    live = JOURNEY.replace("\n  choose:", f"{steps}\n  choose:")
    found = compared(live, live.replace("version: 1", "version: 2"))
    assert found.apart.total() == people(found, Kind.INCOMPARABLE) > 0
    assert {apart.step for apart in found.apart} == {"try"}


CHOICE = """kind: policy
id: calm
caps: [{at_most: 1, per: P1D}]
---
kind: journey
id: shop
version: 1
entry: {event: signup, reentry: {after: PT0S}}
steps:
  best:
    choose:
      - {label: mail, score: "2", to: again}
      - {label: call, score: "1", to: call}
    explore: 0
  again: {action: mail, next: end}
  call: {action: score, with: {reason: cap}}
"""


def test_a_shadow_chooses_among_the_ways_that_are_open_for_real() -> None:
    simulator = simulated(CHOICE, CHOICE.replace("version: 1", "version: 2"))
    simulator.describe("ann", {"email": "ann@example.org", "firstName": "Ann"})
    for _ in range(2):
        simulator.event("ann", "account.signup", {"plan": "basic"})
        simulator.advance(60_000)
    found = found_in(simulator)
    assert not found.apart
    assert found.alike == 2
    branches = [h.what.step_event.branch for h in simulator.trace("ann")
                if isinstance(h.what, Report) and h.what.step_event.branch]  # fmt: skip
    assert branches == ["mail", "mail", "call", "call"]


def test_what_chance_took_is_not_compared() -> None:
    explored = CHOICE.replace("explore: 0", "explore: 100").replace("at_most: 1", "at_most: 9")
    found = compared(explored, explored.replace("version: 1", "version: 2"))
    assert found.apart.total() == people(found, Kind.INCOMPARABLE) > 0
    assert {apart.step for apart in found.apart} == {"best"}


def test_a_message_that_a_cap_keeps_back_was_decided_all_the_same() -> None:
    policy = "kind: policy\nid: calm\ncaps: [{at_most: 1, per: P1D}]\n---"
    twice = policy + JOURNEY.replace("  pause:", "  again: {action: mail}\n  pause:")
    found = compared(twice, twice.replace("version: 1", "version: 2"))
    assert not found.apart


# Which entries are compared.


def test_what_came_before_and_after_the_shadow_is_left_out() -> None:
    simulator = Simulator([plan_of(JOURNEY)], START, stored=True)
    for who in ("early", "meanwhile", "late"):
        if who == "meanwhile":
            simulator.say(publish_message(plan_of(later(("> 3", "> 50"))), Mode.SHADOW))
        if who == "late":
            simulator.say(EndRehearsal(journey="shop"))
        simulator.event(who, "account.signup", {"total": 10, "plan": "basic"})
        simulator.advance(60_000)
    found = found_in(simulator)
    ((examples),) = found.examples.values()
    assert [example.profile_id for example in examples] == ["meanwhile"]


def test_an_order_to_end_is_no_decision() -> None:
    simulator = simulated(JOURNEY, later())
    crowd(simulator)
    simulator.advance(60_000)
    simulator.say(EndRehearsal(journey="shop"))
    simulator.advance(10 * 86_400_000)
    found = found_in(simulator)
    assert not found.apart
    assert (found.refused, found.so_far + found.alike) == (4, 36)


def test_a_run_before_can_be_left_out() -> None:
    simulator = simulated(JOURNEY, later(("> 3", "> 50")))
    crowd(simulator)
    simulator.advance(10 * 86_400_000)
    again = simulator.now
    simulator.say(publish_message(plan_of(later()), Mode.SHADOW))
    simulator.event("p10", "account.signup", {"total": 10, "plan": "basic"})
    found = compare(step_events(simulator), "shop", since=again)
    assert found is not None
    assert (found.agreed, found.differed) == (1, 0)


def test_nothing_is_compared_without_a_shadow() -> None:
    simulator = Simulator([plan_of(JOURNEY)], START)
    crowd(simulator)
    assert compare(step_events(simulator), "shop") is None
    assert compare(step_events(simulated(JOURNEY, later())), "shop", 7) is None


# How it is told.


def test_it_is_told_at_a_glance_and_as_data() -> None:
    found = compared(JOURNEY, later(("> 3", "> 7")), fails)
    text = list(found.lines())
    assert text[:5] == [
        "shop: v2 as a shadow beside v1",
        "  agreement        81.0 % of the 21 who can be compared",
        "  agree            17 (walked 13, not entered 4)",
        "  differ           4",
        "  not comparable   19",
    ]
    assert "  entered by one only" in text
    assert "         4  live entered; shadow not entered (condition)" in text
    assert "            p04, p05, p06, …" in text
    row = found.row()
    assert (row["agreement"], row["differ"], row["incomparable"]) == (found.rate, 4, 19)
