"""What happens to one person costs as much among many journeys as among few."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import pytest

from journeys import plans as plans_module
from journeys.activation import Activation, AudienceChanged, EventReceived, ProfileChanged
from journeys.control import dump_command, publish_message
from journeys.engine import advance
from journeys.plan import Crossing, Plan
from journeys.plans import Plans
from journeys.profile import Profile
from journeys.records import restate
from journeys.state import PersonState
from tests.harness.plans import SIMPLE, plan_of

FIRST = plan_of(SIMPLE)
BUYERS = """
kind: audience
id: buyers
when: "count(@history{purchase.total, P7D}) >= 1"
---
kind: journey
id: thanks
version: 1
entry: {audience: {id: buyers}}
steps: {stay: {wait: P1D}}
"""


def journeys(count: int) -> list[Plan]:
    """Give so many journeys that listen for different types of events and follow no two the same.

    All but the first stand in the order of their names before it and after it.
    """
    return [FIRST, *(_other(n) for n in range(1, count))]


def _other(number: int) -> Plan:
    events = {
        name: replace(event, event_type=f"{event.event_type}.{number}")
        for name, event in FIRST.events.items()
    }
    plan = replace(FIRST, journey=f"{'az'[number % 2]}{number}", events=events)
    if number % 3:
        return plan
    crossing = Crossing(f"people{number}", "enter")
    return replace(plan, entry=replace(plan.entry, event=None, crossing=crossing))


def calls(of: Callable[[], object]) -> int:
    """Count the functions that are called, those of the interpreter too.

    No garbage is collected meanwhile: a library may have asked to be called when it is, which
    would count as ours.
    """
    count = 0

    def note(_: FrameType, happened: str, __: object) -> None:
        nonlocal count
        count += happened in ("call", "c_call")

    gc.collect()
    gc.disable()
    sys.setprofile(note)
    try:
        of()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


@pytest.mark.parametrize(
    "activation",
    [
        EventReceived("e", "r", "account.signup", {}, 0),
        EventReceived("e", "r", "web.unheard", {}, 0),
        ProfileChanged({"city": "Rome"}, "r"),
        AudienceChanged("people", inside=True, record_id="r"),
    ],
)
def test_journeys_that_it_is_not_about_cost_nothing(activation: Activation) -> None:
    def cost(count: int) -> int:
        plans = Plans(journeys(count))

        def once() -> None:
            advance(plans, PersonState(), Profile("ann"), activation, 0)

        once()
        return calls(once)

    assert cost(300) == cost(1)


def test_audiences_that_count_other_events_cost_nothing() -> None:
    buyers = plan_of(BUYERS)

    def other(number: int) -> Plan:
        (event,) = {read.event for read in buyers.rules.histories}
        reads = [replace(read, event=f"{event}{number}") for read in buyers.rules.histories]
        rule = replace(buyers.rules.audiences["buyers"], events=[f"{event}{number}"])
        rules = replace(buyers.rules, histories=reads, audiences={f"buyers{number}": rule})
        entry = replace(buyers.entry, crossing=Crossing(f"buyers{number}", "enter"))
        return replace(buyers, journey=f"thanks{number}", entry=entry, rules=rules, events={})

    def cost(count: int) -> int:
        plans = Plans([buyers, *(other(n) for n in range(1, count))])
        bought = EventReceived("e", "r", "commerce.purchases", {"total": 5}, 0)
        person = PersonState()

        def once() -> None:
            advance(plans, person, Profile("ann"), bought, 0)

        once()
        assert [instance.journey for instance in person.instances] == ["thanks"]
        person = PersonState()
        return calls(once)

    assert cost(300) == cost(1)


def test_what_was_said_before_is_read_without_sorting_after_each_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sorted_plans = plans_module._Sorted
    times = 0

    def count(*known: object) -> object:
        nonlocal times
        times += 1
        return sorted_plans(*known)  # type: ignore[arg-type]

    monkeypatch.setattr(plans_module, "_Sorted", count)
    plans = Plans()
    for offset, plan in enumerate(journeys(50)):
        restate(plans, offset, dump_command(publish_message(plan)).decode())
    assert times == 0
    assert len(plans.live) == 50
    assert times == 1
