"""The people operator at the keyed harness, and what the journey operator tells it."""

from __future__ import annotations

import json

import pytest
from pyflink.common import Row

from journeys import count_codec, reading_codec
from journeys.activation import AudiencesSurveyed, EntryOffered
from journeys.command import PersonKnown, StartReading
from journeys.control import CloseJourney, EnterPerson, dump_command, publish_message
from journeys.messages import JsonObject
from journeys.presence import BUCKETS, bucket_of
from journeys.readings import SETTLE_MS, Told, people_part
from operators.descriptors import Route, Said
from operators.journey_function import JourneyFunction
from operators.people_function import PeopleFunction
from tests.harness.keyed import JourneyHarness, KeyedHarness, routed, words
from tests.harness.plans import plan_of

READER = """
kind: audience
id: loyal
when: "#{profile.loyal} == true"
---
kind: journey
id: news
version: 1
entry: {read: {audience: loyal, every: P1D, rate: 160}}
steps: {stay: {wait: P9D}}
"""
BUSINESS = READER.replace(
    "read: {audience: loyal, every: P1D, rate: 160}", "business: {event: visit, audience: loyal}"
)
PEOPLE = [name for n in range(640) if bucket_of(name := f"p{n}") == 3]


def tell(harness: KeyedHarness, told: Told) -> list[Said]:
    return harness.element(people_part(3), Row(reading_codec.dump_told(told)))


def known(*, restart: bool) -> KeyedHarness:
    harness = KeyedHarness(PeopleFunction, restart=restart)
    for name in PEOPLE:
        tell(harness, PersonKnown(name, is_known=True))
    return harness


@pytest.fixture(params=[True, False], ids=["restarted", "going on"])
def harness(request: pytest.FixtureRequest) -> KeyedHarness:
    return known(restart=request.param)


def offered(rows: list[Said]) -> list[str]:
    names = []
    for route, name, nudge in rows:
        assert route == Route.NUDGE
        assert isinstance(count_codec.load_nudge(nudge), EntryOffered)
        assert name is not None
        names.append(name)
    return names


def start(name: str = "r", rate: int = 160) -> StartReading:
    return StartReading("news", 1, name, rate, None, {"city": "Lyon"})


def test_each_person_of_a_part_is_offered_the_journey_once(harness: KeyedHarness) -> None:
    assert tell(harness, start()) == []
    assert len(harness.store.timers) == 1
    first = offered(harness.advance("PT1S"))
    assert 8 <= len(first) <= 10
    rest = offered(harness.advance("PT10M"))
    assert first + rest == sorted(PEOPLE)
    assert harness.store.timers == set()
    assert not harness.store.values["agenda"]


def test_whoever_is_not_known_any_more_is_not_offered_anything(harness: KeyedHarness) -> None:
    for name in PEOPLE[1:]:
        tell(harness, PersonKnown(name, is_known=False))
    tell(harness, start())
    assert offered(harness.advance("PT10M")) == PEOPLE[:1]
    tell(harness, PersonKnown(PEOPLE[0], is_known=False))
    harness.assert_clean()


def test_a_restart_in_between_repeats_and_leaves_out_nobody() -> None:
    harness = known(restart=False)
    tell(harness, start())
    first = offered(harness.advance("PT1S"))
    harness.stop()
    assert first + offered(harness.advance("PT10M")) == sorted(PEOPLE)


def published(harness: JourneyHarness, text: str) -> list[str]:
    rows = harness.control(plan_of(text))
    told = [row for row in rows if row[0] == Route.PEOPLE]
    assert [row[1] for row in told] == [people_part(b) for b in range(BUCKETS)]
    assert len({row[2] for row in told}) == 1
    return [row[2] for row in told]


def test_a_published_journey_is_read_and_a_closed_one_no_more() -> None:
    harness = JourneyHarness()
    people = known(restart=True)
    people.element(people_part(3), Row(published(harness, READER)[0]))
    assert offered(people.fire(people.store.now + SETTLE_MS)) == []
    assert len(offered(people.advance("PT1H"))) == len(PEOPLE)
    assert len(offered(people.advance("P1D"))) == len(PEOPLE)
    (text, *_) = (r[2] for r in harness.say(CloseJourney(journey="news")) if r[0] == Route.PEOPLE)
    people.element(people_part(3), Row(text))
    assert people.store.timers == set()
    assert not people.store.values["agenda"]


def test_an_offer_reaches_the_person_through_the_topic_of_nudges() -> None:
    harness = JourneyHarness(plan_of(READER))
    (row,) = [r for r in harness.profile("ann", {"loyal": True}) if r[0] == Route.PEOPLE]
    assert row[1] == people_part(bucket_of("ann"))
    assert reading_codec.load_told(row[2]) == PersonKnown("ann", is_known=True)
    assert harness.profile("ann", {"more": 1}) == []
    offer = count_codec.dump_offer(EntryOffered("news", "news/1/5", None, 1, None, 5)).encode()
    assert words(harness.send("nudges", "ann", offer)) == ["entry entered", "stay waiting"]
    assert words(harness.send("nudges", "bob", offer)) == []


def test_a_business_event_tells_all_parts_under_any_key() -> None:
    harness = JourneyHarness(plan_of(BUSINESS))
    harness.profile("ann", {"loyal": True})
    other: JsonObject = {"profile": [{"id": "somebody else"}]}
    rows = harness.event("shop 7", "web.visit", _id="e1", identityMap=other)
    assert [row[1] for row in rows] == [people_part(b) for b in range(BUCKETS)]
    told = reading_codec.load_told(rows[0][2])
    assert isinstance(told, StartReading)
    assert (told.reading, told.payload["_id"]) == ("news/1/e1", "e1")
    assert harness.event("shop 7", "web.visit", _id="e1") == []


@pytest.mark.parametrize(
    "text", [b"", b"{}", b'{"v":1,"nudge":"push"}', b'{"v":1,"nudge":"offer"}']
)
def test_a_nudge_that_is_none_is_a_dead_letter(text: bytes) -> None:
    (letter,) = routed(JourneyHarness().send("nudges", "ann", text), Route.DEAD_LETTER)
    assert letter["reason"] == "wrong_type"


def test_a_nudge_of_a_newer_release_is_a_dead_letter() -> None:
    rows = JourneyHarness().send("nudges", "ann", b'{"v":9,"nudge":"follow"}')
    assert routed(rows, Route.DEAD_LETTER)[0]["reason"] == "unknown_version"


SIGNUPS = """
kind: journey
id: signups
version: 1
entry: {event: signup}
steps: {stay: {wait: P9D}}
"""


def test_an_entry_that_is_asked_for_reaches_the_person() -> None:
    harness = JourneyHarness(plan_of(SIGNUPS))
    command = EnterPerson(journey="signups", profile_id="ann", payload={"plan": "basic"}, id="x")
    (row,) = harness.say(command)
    assert (row[0], row[1]) == (Route.NUDGE, "ann")
    rows = harness.send("nudges", "ann", row[2].encode())
    assert words(rows) == ["entry entered", "stay waiting"]
    (event, _) = routed(rows, Route.STEP_EVENT)
    assert (event["cause"], event["trigger_event_id"]) == ("api", "x")
    (row,) = harness.say(EnterPerson(journey="signups", profile_id="bob"))
    assert json.loads(row[2])["record_id"] == "j.control/0/4"


def test_an_entry_that_fits_no_journey_is_a_dead_letter() -> None:
    harness = JourneyHarness(plan_of(READER))
    for journey in ("news", "unknown"):
        rows = harness.say(EnterPerson(journey=journey, profile_id="ann"))
        (letter,) = routed(rows, Route.DEAD_LETTER)
        assert letter["reason"] == "contradiction"


@pytest.mark.parametrize("enters_from", [0, 2])
def test_entries_that_were_asked_for_before_a_job_began_anew_are_over(enters_from: int) -> None:
    plan, asked = plan_of(SIGNUPS), EnterPerson(journey="signups", profile_id="ann")
    said = [(0, dump_command(publish_message(plan)).decode())]
    harness = JourneyHarness()
    harness._build = lambda: JourneyFunction(said, enters_from=enters_from)
    first = harness.say(asked)  # at offset 1
    assert [row[0] for row in first] == [Route.NUDGE] * (enters_from == 0)
    assert [row[0] for row in harness.say(asked)] == [Route.NUDGE]


FOLLOWED = """
kind: audience
id: loyal
when: "#{profile.loyal} == true"
---
kind: journey
id: welcome
version: 1
entry: {audience: {id: loyal}}
steps: {stay: {wait: P9D}}
"""


def test_everybody_known_is_surveyed_once_where_an_audience_is_followed() -> None:
    harness, people = JourneyHarness(), known(restart=True)
    harness.profile("p1", {"loyal": True})
    told = published(harness, FOLLOWED)
    people.element(people_part(3), Row(told[0]))
    rows = people.advance("PT1M")
    assert sorted(str(row[1]) for row in rows) == sorted(PEOPLE)
    assert {row[0] for row in rows} == {Route.NUDGE}
    nudge = rows[0][2]
    assert isinstance(count_codec.load_nudge(nudge), AudiencesSurveyed)
    assert harness.send("nudges", "p1", nudge.encode()) == []
    assert harness.profile("p1", {"more": 1}) == []
    assert words(harness.profile("p1", {"loyal": None})) == []
    assert words(harness.profile("p1", {"loyal": True})) == ["entry entered", "stay waiting"]
    again = harness.control(plan_of(FOLLOWED.replace("version: 1", "version: 2")))
    assert Route.PEOPLE not in {row[0] for row in again}


def test_whoever_had_the_latest_turn_can_be_forgotten(harness: KeyedHarness) -> None:
    tell(harness, StartReading("sales", 1, "r", 16, None, {}))
    first = offered(harness.advance("PT1.5S"))
    last = first[-1]
    assert f'"{last}"' in harness.store.values["agenda"][people_part(3)]
    tell(harness, PersonKnown(last, is_known=False))
    assert last not in harness.store.values["agenda"][people_part(3)]
    rest = offered(harness.advance("PT1H"))
    assert first + rest == sorted(PEOPLE)
