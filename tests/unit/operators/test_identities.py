"""Identities at the keyed harness: what the operators pass on, count and let go of."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from pyflink.common import Row

from journeys import codec, count_codec, identity_codec
from journeys.activation import Hop, Nudged, PassedOn, ProfileChanged
from journeys.identities import MAX_HOPS
from journeys.messages import ActionResult, ActionStatus, JsonObject, JsonValue
from journeys.presence import bucket_of, part_name
from journeys.readings import people_part
from operators.descriptors import PERSON, PROFILE, Route, Said
from operators.people_function import PeopleFunction
from operators.presence_function import PresenceFunction
from tests.harness.keyed import JourneyHarness, KeyedHarness, routed, words
from tests.harness.plans import plans_of

JOURNEYS = """
kind: action
id: tell
channel: webhook
url: https://crm.example/tell
---
kind: journey
id: waits
version: 1
entry: {event: signup}
steps: {pause: {wait: PT1H}, ask: {action: tell}}
---
kind: journey
id: asks
version: 1
entry: {event: purchase}
steps: {ask: {action: tell}}
"""


class Job:
    """The operators that know people, and the way from one identity to another."""

    def __init__(self, *, restart: bool) -> None:
        self.engine = JourneyHarness(*plans_of(JOURNEYS), restart=restart)
        self.presence = KeyedHarness(PresenceFunction, restart=restart)
        self.people = KeyedHarness(PeopleFunction, restart=restart)
        self.rows: list[Said] = []
        self.under_way: list[Said] = []

    def take(self, rows: Iterable[Said]) -> list[Said]:
        """Bring rows to where they go, but for those that wait on the topic of identities."""
        taken = list(rows)
        self.rows += taken
        for route, key, text in taken:
            match route:
                case Route.PRESENCE:
                    self.presence.element(str(key), Row(text))
                case Route.PEOPLE:
                    self.people.element(str(key), Row(text))
                case Route.IDENTITY:
                    self.under_way.append((route, key, text))
        return taken

    def come(self) -> list[Said]:
        """Let come whatever is under way."""
        came = []
        while self.under_way:
            _, key, text = self.under_way.pop(0)
            came += self.take(self.engine.send("identities", key, text.encode()))
        return came

    def profile(self, who: str, patch: JsonObject | None) -> list[Said]:
        return self.take(self.engine.profile(who, patch))

    def link(self, who: str, primary: str) -> list[Said]:
        named: list[JsonValue] = [{"id": primary, "primary": True}]
        return self.profile(who, {"identityMap": {"crm": named, "ecid": [{"id": who}]}})

    def event(self, who: str, event_type: str) -> list[Said]:
        return self.take(self.engine.event(who, event_type))

    def counted(self) -> dict[str, set[str]]:
        """Part to those who are inside it, by identity."""
        inside = self.presence.store.maps["inside"]
        return {
            part: {json.loads(text)["place"]["profile_id"] for text in places.values()}
            for part, places in inside.items()
            if places
        }


@pytest.fixture(params=[True, False], ids=["restarted", "going on"])
def job(request: pytest.FixtureRequest) -> Job:
    return Job(restart=request.param)


def test_state_timer_and_counts_go_over_to_the_primary_identity(job: Job) -> None:
    job.profile("a", {"email": "a@example.org"})
    job.event("a", "account.signup")
    assert words(job.link("a", "b")) == []
    part_a, part_b = (part_name("waits", 1, bucket_of(who)) for who in "ab")
    assert part_a != part_b
    assert job.counted() == {part_a: {"a"}}, "between two identities everybody is still counted"
    assert {key for _, key in job.engine.store.timers} == set()
    assert words(job.come()) == ["pause joined"]
    assert job.counted() == {part_b: {"b"}}
    people = {part: set(known) for part, known in job.people.store.maps["people"].items() if known}
    assert people == {people_part(bucket_of("b")): {"b"}}
    assert {key for _, key in job.engine.store.timers} == {"b"}
    assert set(job.engine.store.values[PROFILE.name]) == {"b"}
    assert words(job.take(job.engine.advance("PT1H"))) == ["pause passed", "ask requested"]


def test_a_result_that_comes_to_an_alias_resumes_the_walk(job: Job) -> None:
    rows = job.event("a", "commerce.purchases")
    (request,) = routed(rows, Route.REQUEST)
    job.link("a", "b")
    asked = request["request"]
    names = (asked["request_id"], asked["profile_id"], asked["instance_id"])
    result = ActionResult(*names, ActionStatus.SUCCEEDED, "http_200")
    assert words(job.take(job.engine.result(result))) == []
    assert words(job.come()) == ["ask joined", "ask succeeded", "ask completed"]
    assert routed(job.rows, Route.DEAD_LETTER) == []


def test_a_nudge_of_an_alias_goes_nowhere(job: Job) -> None:
    job.event("a", "account.signup")
    job.link("a", "b")
    assert job.engine.send("nudges", "a", count_codec.dump_nudge().encode()) == []


def test_nothing_is_left_of_an_erased_person_and_of_their_identities(job: Job) -> None:
    for who in ("a", "b"):
        job.profile(who, {"email": f"{who}@example.org"})
        job.event(who, "commerce.purchases")
    job.event("a", "account.signup")
    job.link("a", "b")
    job.come()
    rows = job.profile("a", None) + job.come()
    erased = [e["step_id"] for e in routed(rows, Route.STEP_EVENT) if e["reason"] == "erased"]
    assert sorted(erased) == ["ask", "pause"]
    withdrawn = [
        json.loads(row[2])["withdrawn"]["profile_id"]
        for row in rows
        if row[0] == Route.REQUEST and row[1] == "https://crm.example"
    ]
    assert sorted(withdrawn) == ["a", "b"]
    job.engine.assert_clean()
    assert job.counted() == {}
    job.people.assert_clean()


def test_what_cannot_be_read_is_a_dead_letter(job: Job) -> None:
    (letter,) = routed(job.engine.send("identities", "b", b"{}"), Route.DEAD_LETTER)
    assert letter["reason"] == "wrong_type"
    (letter,) = routed(job.engine.send("identities", "b", b'{"v":9}'), Route.DEAD_LETTER)
    assert letter["reason"] == "unknown_version"
    (letter,) = routed(job.engine.send("identities", "b", b'{"v":1,"hops":[]}'), Route.DEAD_LETTER)
    assert letter["reason"] == "wrong_type"


@pytest.mark.parametrize(("count", "letters"), [(MAX_HOPS, 0), (MAX_HOPS + 1, 1)])
def test_what_was_passed_on_without_end_is_a_dead_letter(
    job: Job, count: int, letters: int
) -> None:
    hops = tuple(Hop(f"p{n}", "l", 1) for n in range(count))
    text = identity_codec.dump_passed(PassedOn(hops, ProfileChanged({"x": 1}, "r")))
    rows = job.engine.send("identities", "b", text.encode())
    assert [x["reason"] for x in routed(rows, Route.DEAD_LETTER)] == ["too_many_hops"] * letters


def test_a_person_of_whom_too_much_is_kept_stays_where_they_are(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_codec, "MAX_PASSED_BYTES", 500)
    job.profile("a", {"text": "x" * 500})
    (letter,) = routed(job.link("a", "b"), Route.DEAD_LETTER)
    assert letter["reason"] == "unworkable"
    assert "too much is kept of the person" in letter["detail"]
    assert "a" not in job.engine.store.values[PERSON.name]
    stored = job.engine.store.values[PROFILE.name]["a"]
    assert codec.load_profile(stored).values == {"text": "x" * 500}


def test_only_what_can_happen_to_a_person_is_passed_on() -> None:
    with pytest.raises(KeyError):
        identity_codec.dump_passed(PassedOn((Hop("a", "l", 1),), Nudged()))
