"""A person who is read from an audience, or whose entry somebody asks for; and who starts it."""

from __future__ import annotations

import pytest

from journeys.activation import EntryAsked, EntryOffered
from journeys.clock import parse_duration
from journeys.command import PersonKnown, StartReading
from journeys.control import CloseJourney, EnterPerson, PauseJourney, Publish, apply
from journeys.errors import JourneyError
from journeys.messages import JsonObject
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.readings import SETTLE_MS
from journeys.simulator import Simulator
from tests.harness.person import START, Person, trace_line
from tests.harness.plans import plan_of, plans_of

HOUR = parse_duration("PT1H")
NEWS = """
kind: audience
id: loyal
when: "#{profile.loyal} == true"
---
kind: journey
id: news
version: 1
entry: {ENTRY}
steps: {stay: {wait: P1D}}
"""
LOYAL: JsonObject = {"loyal": True}


def reader(entry: str) -> Plan:
    return plan_of(NEWS.replace("ENTRY", entry))


def offer(name: str, since: int | None = None, begun: int | None = None) -> EntryOffered:
    return EntryOffered("news", name, None, 1, since, begun)


def test_whoever_is_not_in_the_audience_is_not_even_refused() -> None:
    ann = Person(reader("read: {audience: loyal}"), profile={"loyal": False})
    assert ann.activate(offer("first")) == []
    assert ann.stored is None
    ann.changes(LOYAL)
    assert ann.activate(offer("first")) == ["entry entered", "stay waiting"]


def test_whoever_was_told_to_be_in_the_audience_is_meant() -> None:
    ann = Person(reader("read: {audience: loyal}"))
    ann.crosses("loyal")
    assert ann.activate(offer("first")) == ["entry entered", "stay waiting"]
    assert ann.step_events[0].trigger_event_id == "first"


def test_an_incremental_reading_takes_those_who_came_in_since_the_one_before() -> None:
    ann = Person(reader("read: {audience: loyal, every: P1D, incremental: true}"), profile=LOYAL)
    start, day = ann.now, parse_duration("P1D")
    assert ann.activate(offer("first", None, start)) == ["entry entered", "stay waiting"]
    ann.passes("P2D")
    assert ann.activate(offer("second", start, start + day)) == []
    ann.changes({"loyal": False})
    ann.passes("PT1H")
    ann.changes(LOYAL)
    assert ann.activate(offer("third", start + day, start + 2 * day))[0] == "entry entered"


def test_a_forced_reading_lets_those_inside_out_first_and_in_again() -> None:
    ann = Person(reader("read: {audience: loyal, every: P1D, force_reentry: true}"), profile=LOYAL)
    ann.activate(offer("first"))
    ann.passes("PT1M")
    assert ann.activate(offer("second")) == [
        "stay exited (forced)",
        "entry entered",
        "stay waiting",
    ]
    assert ann.activate(offer("second")) == ["entry not_entered (duplicate)"]
    ann.changes({"loyal": False})
    assert ann.activate(offer("third")) == ["stay exited (forced)"]


def test_without_force_those_inside_are_refused() -> None:
    ann = Person(reader("read: {audience: loyal, every: P1D}"), profile=LOYAL)
    ann.activate(offer("first"))
    assert ann.activate(offer("second")) == ["entry not_entered (already_inside)"]


def test_a_paused_journey_refuses_and_forces_nobody_out() -> None:
    ann = Person(reader("read: {audience: loyal, every: P1D, force_reentry: true}"), profile=LOYAL)
    ann.activate(offer("first"))
    ann.simulator.say(PauseJourney(journey="news"))
    assert ann.activate(offer("second")) == ["entry not_entered (paused)"]


def test_a_version_that_nobody_enters_any_more_reads_nobody() -> None:
    plan = reader("read: {audience: loyal}")
    ann = Person(plan, profile=LOYAL)
    assert ann.activate(EntryOffered("news", "first", None, 7)) == []
    assert ann.activate(EntryOffered("unknown", "first")) == []


def test_a_rule_that_goes_past_a_bound_is_told() -> None:
    text = NEWS.replace(
        "#{profile.loyal} == true", "contain(replaceAll(#{profile.a}, 'x', 'xxxxxxxxxx'), 'y')"
    )
    ann = Person(
        plan_of(text.replace("ENTRY", "read: {audience: loyal}")), profile={"a": "x" * 30_000}
    )
    assert ann.activate(offer("first")) == ["entry not_entered (expression_error)"]


BUSINESS = "business: {event: visit, audience: loyal, rate: 100}"


def test_a_business_event_starts_a_reading_once() -> None:
    shop = Person(reader(BUSINESS), name="shop-1")
    assert shop.event("web.visit", {"city": "Lyon"}, event_id="e1") == []
    assert shop.event("web.visit", {"city": "Lyon"}, event_id="e1") == []
    (start,) = (c for c in shop.commands if isinstance(c, StartReading))
    payload: JsonObject = {"eventType": "web.visit", "city": "Lyon"}
    assert start == StartReading("news", 1, "news/1/e1", 100, None, payload)
    assert shop.ignored == []


def test_a_closed_journey_is_not_read_when_its_business_event_comes() -> None:
    shop = Person(reader(BUSINESS), name="shop-1")
    shop.simulator.say(CloseJourney(journey="news"))
    shop.event("web.visit")
    assert not [c for c in shop.commands if isinstance(c, StartReading)]


def test_it_is_told_when_somebody_becomes_known_and_when_not_any_more() -> None:
    ann = Person(reader(BUSINESS))
    ann.changes({"city": "Rome"})
    ann.changes({"city": "Oslo"})
    ann.changes({"city": None})
    ann.changes(LOYAL)
    ann.changes(None)
    known = [c.is_known for c in ann.commands if isinstance(c, PersonKnown)]
    assert known == [True, False, True, False]


# Entries that somebody asks for.

SIGNUPS = """
kind: event
id: ordered
match: {eventType: order}
schema: order.json
---
kind: journey
id: news
version: 1
entry: {event: signup, when: "@event{signup.plan} == 'basic'"}
steps:
  which:
    condition:
      - {label: free, when: "@event{signup.n} == 1", to: stay}
      - {else: true, to: stay}
  stay: {wait: P1D}
"""


def asked(name: str, **payload: object) -> EntryAsked:
    return EntryAsked("news", name, payload)  # type: ignore[arg-type]  # JSON


def test_an_entry_that_is_asked_for_is_one_by_the_event() -> None:
    ann = Person(plan_of(SIGNUPS.partition("---\n")[2]))
    assert ann.activate(asked("a", plan="gold")) == ["entry not_entered (condition)"]
    assert ann.activate(asked("b", plan="basic", n=1))[:2] == ["entry entered", "which passed:free"]
    assert ann.activate(asked("b", plan="basic")) == ["entry not_entered (duplicate)"]
    assert ann.activate(asked("c", plan="basic")) == ["entry not_entered (already_inside)"]
    assert {event.cause for event in ann.step_events if event.step_id == "entry"} == {"api"}


def test_only_a_journey_that_begins_with_an_event_can_be_asked_for() -> None:
    ann = Person(reader("read: {audience: loyal}"), profile=LOYAL)
    assert ann.activate(asked("a")) == ["entry not_entered (no_journey)"]
    assert Person().activate(asked("a")) == ["entry not_entered (no_journey)"]
    plans = Plans([reader("read: {audience: loyal}")])
    for journey, said in (
        ("news", "no live version that begins with an event"),
        ("nowhere", "is not published"),
    ):
        with pytest.raises(JourneyError, match=said):
            apply(plans, EnterPerson(journey=journey, profile_id="ann"), 9)


def test_the_simulator_lets_a_person_enter_who_is_asked_for() -> None:
    simulator = Simulator(plans_of(SIGNUPS.partition("---\n")[2]), START)
    simulator.say(EnterPerson(journey="news", profile_id="bob", payload={"plan": "basic"}, id="x"))
    told = [line for h in simulator.trace("bob") if (line := trace_line(h.what))]  # type: ignore[arg-type]  # commands
    assert told == ["entry entered", "which passed:else", "stay waiting"]


# Readings that begin by themselves in the simulator.


def entered(simulator: Simulator) -> dict[str, list[int]]:
    """Give who entered, and how long after the beginning."""
    return {
        name: [h.at - START for h in person.trace if trace_line(h.what) == "entry entered"]  # type: ignore[arg-type]  # commands
        for name, person in sorted(simulator.people.items())
    }


def crowd(entry: str, *, published: bool = True) -> Simulator:
    plan = reader(entry)
    simulator = Simulator([] if published else [plan], START, stored=True)
    for name in ("ann", "bob", "cat"):
        simulator.describe(name, {"loyal": name != "cat"})
    if published:
        simulator.say(Publish(plan=plan))
    return simulator


def test_a_reading_begins_by_itself_once_a_journey_is_published() -> None:
    simulator = crowd("read: {audience: loyal}")
    simulator.advance(HOUR)
    came = entered(simulator)
    assert [len(at) for at in came.values()] == [1, 1, 0]
    assert came["ann"][0] >= SETTLE_MS


def test_a_repeated_reading_begins_again_and_again() -> None:
    simulator = crowd("read: {audience: loyal, every: PT1H, force_reentry: true}")
    simulator.advance(3 * HOUR - 1)
    assert [len(at) for at in entered(simulator).values()] == [3, 3, 0]


def test_a_business_event_reads_in_the_simulator() -> None:
    simulator = crowd(f"{BUSINESS}, when: \"@event{{visit.city}} == 'Lyon'\"", published=False)
    simulator.event("shop-1", "web.visit", {"city": "Lyon"}, event_id="e1")
    simulator.event("shop-1", "web.visit", {"city": "Lyon"}, event_id="e1")
    simulator.advance(HOUR)
    assert [len(at) for at in entered(simulator).values()] == [1, 1, 0, 0]
