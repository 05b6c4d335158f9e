"""Audiences from lists: what records say of them, and what becomes of people by it."""

from __future__ import annotations

import json

import pytest

from journeys.clock import parse_instant
from journeys.command import PersonKnown
from journeys.memberships import NEVER, MembershipError, membership, split
from journeys.messages import JsonObject, JsonValue
from journeys.outcomes import DeadLetterReason
from journeys.plan import Plan
from journeys.plans import Plans
from journeys.records import DeadLetter, Record, read_profile
from operators.descriptors import Route
from tests.harness.keyed import JourneyHarness, routed, words
from tests.harness.person import START, Person
from tests.harness.plans import COMMON, compiled

VIP = """
kind: audience
id: vip
members: vip.txt
---
kind: journey
id: greeting
version: 1
entry: {audience: {id: vip}, reentry: {after: PT0S}}
exit: [{audience: {id: vip, on: exit}}]
steps:
  who:
    condition:
      - {when: "inAudience('vip')", to: stay}
      - {else: true, to: end}
  stay: {wait: P9D}
"""


def vip_plan(text: str = VIP) -> Plan:
    compilation = compiled(COMMON + text, {"vip.txt": "ann\n"})
    compilation.raise_errors()
    assert not compilation.not_run
    (plan,) = compilation.plans.values()
    return plan


IN = ["entry entered", "who passed:when_1", "stay waiting"]
OUT = ["stay exited:vip (exit_criteria)"]


def said(status: str, at: str | None = None, namespace: str = "ups") -> JsonObject:
    time: JsonObject = {} if at is None else {"lastQualificationTime": at}
    return {"segmentMembership": {namespace: {"vip": {"status": status, **time}}}}


def test_a_list_takes_a_person_in_and_out() -> None:
    ann = Person(vip_plan())
    assert ann.changes(said("realized", "2026-02-01T00:00:00Z")) == IN
    assert ann.person.audiences == {"vip": parse_instant("2026-02-01T00:00:00Z")}
    assert ann.changes(said("existing", "2026-02-20T00:00:00Z")) == []
    assert ann.person.audiences == {"vip": parse_instant("2026-02-01T00:00:00Z")}
    assert ann.changes(said("exited", namespace="other")) == OUT
    assert ann.changes(said("exited")) == []
    assert ann.person.audiences == {}


def test_it_is_no_attribute_and_all_else_of_the_patch_is() -> None:
    ann = Person(vip_plan())
    assert ann.changes({**said("realized"), "tier": "gold"}) == IN
    assert ann.attributes == {"tier": "gold"}
    assert ann.person.audiences == {"vip": START}


def test_whoever_is_to_be_in_it_from_a_later_time_is_so_from_now() -> None:
    ann = Person(vip_plan())
    ann.changes(said("realized", "2100-01-01T00:00:00Z"))
    assert ann.person.audiences == {"vip": START}


def test_an_entry_that_is_removed_takes_the_person_out() -> None:
    ann = Person(vip_plan())
    ann.changes(said("realized"))
    assert ann.changes({"segmentMembership": {"ups": {"vip": None}}}) == OUT


def test_a_step_that_changes_the_profile_says_so_too() -> None:
    patch = "{segmentMembership: {ups: {vip: {status: realized}}}, tier: gold}"
    text = f"""
---
kind: journey
id: promoting
version: 1
entry: {{event: signup}}
steps:
  promote: {{update_profile: {patch}}}
"""
    compilation = compiled(COMMON + VIP + text, {"vip.txt": "ann\n"})
    compilation.raise_errors()
    ann = Person(*compilation.plans.values())
    assert ann.signs_up() == ["entry entered", "promote passed", "promote completed", *IN]
    assert ann.attributes == {"tier": "gold"}


def test_what_the_command_line_writes_is_read() -> None:
    for inside, since in ((True, START), (False, None)):
        assert split(membership("vip", START, inside=inside)) == ({}, {"vip": since})
    assert split(said("realized")) == ({}, {"vip": NEVER})
    assert split({"a": 1}) == ({"a": 1}, {})


def test_an_erased_person_is_in_no_list() -> None:
    ann = Person(vip_plan())
    ann.changes(said("realized"))
    assert ann.changes(None) == ["stay exited (erased)"]
    assert ann.stored is None


def test_whoever_is_only_listed_is_known_to_readings() -> None:
    ann = Person(vip_plan())
    patches: tuple[JsonObject, ...] = (
        said("realized"),
        {"tier": "gold"},
        said("exited"),
        {"tier": None},
        said("exited"),
    )
    known = []
    for patch in patches:
        ann.changes(patch)
        known.append([c.is_known for c in ann.commands if isinstance(c, PersonKnown)])
    assert known == [[True], [True], [True], [True, False], [True, False]]


def test_a_list_is_read_into_a_journey_on_the_job() -> None:
    text = VIP.replace("audience: {id: vip}, reentry: {after: PT0S}", "read: {audience: vip}")
    harness = JourneyHarness(vip_plan(text))
    rows = harness.profile("ann", membership("vip", START, inside=True))
    assert [row[0] for row in rows] == [Route.PEOPLE]
    offer = b'{"v":1,"nudge":"offer","journey":"greeting","record_id":"r","version":1}'
    assert words(harness.send("nudges", "ann", offer)) == [
        "entry entered",
        "who passed",
        "stay waiting",
    ]
    assert words(harness.send("nudges", "bob", offer)) == []
    assert words(harness.profile("ann", membership("vip", START, inside=False))) == ["stay exited"]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (None, "/segmentMembership: it must be an object"),
        ([], "/segmentMembership: it must be an object"),
        ({"ups": None}, "/segmentMembership/ups: it must be an object"),
        ({"ups": {"vip": "realized"}}, "/segmentMembership/ups/vip: it must be an object"),
        ({"ups": {"vip": {}}}, "/segmentMembership/ups/vip/status: it is None"),
        ({"ups": {"vip": {"status": "in"}}}, "/segmentMembership/ups/vip/status: it is 'in'"),
        (
            {"ups": {"vip": {"status": "realized", "lastQualificationTime": "today"}}},
            "/segmentMembership/ups/vip/lastQualificationTime: it is no instant",
        ),
        (
            {"ups": {"vip": {"status": "realized", "lastQualificationTime": 5}}},
            "/segmentMembership/ups/vip/lastQualificationTime: it is no instant",
        ),
    ],
)
def test_what_has_another_form_is_a_dead_letter_that_names_the_field(
    value: JsonValue, place: str
) -> None:
    patch: JsonObject = {"tier": "gold", "segmentMembership": value}
    data = json.dumps(patch).encode()
    letter = read_profile(Record("profiles", 0, 1, START, "ann", data, len(data)), Plans(), START)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadLetterReason.WRONG_TYPE
    assert letter.detail.startswith(place)
    with pytest.raises(MembershipError):
        split(patch)


def test_a_bad_one_is_told_by_the_job_and_changes_nothing() -> None:
    harness = JourneyHarness(vip_plan())
    (letter,) = routed(harness.profile("ann", said("in")), Route.DEAD_LETTER)
    assert letter["reason"] == "wrong_type"
    assert harness.store.keys == set()
