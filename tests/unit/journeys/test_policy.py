"""What policies say of one person: windows, quiet times, and what counts."""

from __future__ import annotations

import pytest

from journeys.clock import parse_duration, parse_instant
from journeys.outcomes import Reason
from journeys.policy import (
    Contact,
    Frequency,
    Period,
    Policy,
    QuietHours,
    count_contact,
    count_entry,
    deferred,
    give_back,
    over_cap,
    silenced,
)
from journeys.state import PersonState

HOUR, DAY = 3_600_000, 86_400_000
MAIL = Contact("email", "marketing", "welcome")
NOW = parse_instant("2026-03-11T12:00:00Z")
"""A Wednesday."""


def at(text: str) -> int:
    return parse_instant(text)


@pytest.mark.parametrize(
    ("per", "zone", "instant", "counts"),
    [
        # A length: of two instants exactly that far apart, the first does not count any more.
        ("P7D", "UTC", "2026-03-04T12:00:00Z", False),
        ("P7D", "UTC", "2026-03-04T12:00:00.001Z", True),
        ("P7D", "UTC", "2026-03-11T12:00:00Z", True),
        # The clock was set back since: what lies ahead has been sent all the same.
        ("P7D", "UTC", "2026-03-11T13:00:00Z", True),
        ("hour", "UTC", "2026-03-11T12:00:00Z", True),
        ("hour", "UTC", "2026-03-11T11:59:59.999Z", False),
        ("hour", "Asia/Kolkata", "2026-03-11T11:30:00Z", True),
        ("hour", "Asia/Kolkata", "2026-03-11T11:29:59.999Z", False),
        ("day", "UTC", "2026-03-11T00:00:00Z", True),
        ("day", "UTC", "2026-03-10T23:59:59.999Z", False),
        ("day", "Europe/Paris", "2026-03-10T23:00:00Z", True),
        ("day", "Europe/Paris", "2026-03-10T22:59:59.999Z", False),
        ("week", "UTC", "2026-03-09T00:00:00Z", True),
        ("week", "UTC", "2026-03-08T23:59:59.999Z", False),
        ("week", "America/New_York", "2026-03-09T04:00:00Z", True),
        ("week", "America/New_York", "2026-03-09T03:59:59.999Z", False),
        ("month", "UTC", "2026-03-01T00:00:00Z", True),
        ("month", "UTC", "2026-02-28T23:59:59.999Z", False),
    ],
)
def test_what_counts_in_a_window(per: str, zone: str, instant: str, *, counts: bool) -> None:
    length: int | Period = parse_duration(per) if per.startswith("P") else per  # type: ignore[assignment]
    assert Frequency(1, length).allows([at(instant)], NOW, zone) is not counts


def test_a_window_has_room_until_it_is_full() -> None:
    cap = Frequency(2, DAY)
    assert cap.allows([], NOW, "UTC")
    assert cap.allows([NOW - 1], NOW, "UTC")
    assert not cap.allows([NOW - 1, NOW], NOW, "UTC")


@pytest.mark.parametrize(("per", "days"), [("hour", 2), ("day", 3), ("week", 9), ("month", 33)])
def test_a_period_reaches_back_over_every_change_of_clocks(per: Period, days: int) -> None:
    longest = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "month": 31 * DAY}[per]
    assert longest + HOUR <= Frequency(1, per).reach_ms < days * DAY


NIGHT = QuietHours("22:00", "08:00")


@pytest.mark.parametrize(
    ("quiet", "zone", "now", "until"),
    [
        (NIGHT, "UTC", "2026-03-11T22:00:00Z", "2026-03-12T08:00:00Z"),
        (NIGHT, "UTC", "2026-03-12T07:59:59.999Z", "2026-03-12T08:00:00Z"),
        (NIGHT, "UTC", "2026-03-12T08:00:00Z", None),
        (NIGHT, "UTC", "2026-03-11T21:59:59.999Z", None),
        (NIGHT, "America/New_York", "2026-03-11T22:00:00Z", None),
        (NIGHT, "Asia/Tokyo", "2026-03-11T14:00:00Z", "2026-03-11T23:00:00Z"),
        (QuietHours("12:00", "14:00"), "UTC", "2026-03-11T12:00:00Z", "2026-03-11T14:00:00Z"),
        # One zone for everybody.
        (
            QuietHours("22:00", "08:00", timezone="Asia/Tokyo"),
            "UTC",
            "2026-03-11T14:00:00Z",
            "2026-03-11T23:00:00Z",
        ),
        # A weekday is the one on which the quiet time begins.
        (
            QuietHours("22:00", "08:00", ("wed",)),
            "UTC",
            "2026-03-12T01:00:00Z",
            "2026-03-12T08:00Z",
        ),
        (QuietHours("22:00", "08:00", ("thu",)), "UTC", "2026-03-12T01:00:00Z", None),
        (
            QuietHours("22:00", "08:00", ("thu",)),
            "UTC",
            "2026-03-12T23:00:00Z",
            "2026-03-13T08:00Z",
        ),
        # Clocks go forward at 02:00 in Paris: 02:30 that does not exist is 03:30.
        (QuietHours("01:00", "02:30"), "Europe/Paris", "2026-03-29T00:30Z", "2026-03-29T01:30Z"),
        (QuietHours("01:00", "02:30"), "Europe/Paris", "2026-03-29T01:30Z", None),
        # They go back at 03:00: 02:30 that comes twice means the first.
        (QuietHours("01:00", "02:30"), "Europe/Paris", "2026-10-25T00:15Z", "2026-10-25T00:30Z"),
        (QuietHours("01:00", "02:30"), "Europe/Paris", "2026-10-25T01:15Z", None),
        # A night of nine hours, and one of eleven.
        (NIGHT, "Europe/Paris", "2026-03-28T21:00Z", "2026-03-29T06:00Z"),
        (NIGHT, "Europe/Paris", "2026-10-24T20:00Z", "2026-10-25T07:00Z"),
    ],
)
def test_until_when_it_is_quiet(quiet: QuietHours, zone: str, now: str, until: str | None) -> None:
    assert quiet.until(at(now), zone) == (None if until is None else at(until))


def test_quiet_times_that_follow_each_other_are_waited_for_together() -> None:
    night = Policy("night", quiet_hours=NIGHT)
    morning = Policy("morning", quiet_hours=QuietHours("07:00", "09:30"))
    noon = Policy("noon", quiet_hours=QuietHours("12:00", "13:00"))
    now = at("2026-03-11T23:00:00Z")
    assert deferred([noon, morning, night], now, "UTC") == at("2026-03-12T09:30:00Z")
    assert deferred([noon], now, "UTC") is None
    assert deferred([], now, "UTC") is None


def test_quiet_times_without_end_are_not_waited_for() -> None:
    halves = [
        Policy("am", quiet_hours=QuietHours("00:00", "12:00")),
        Policy("pm", quiet_hours=QuietHours("12:00", "00:00")),
    ]
    until = deferred(halves, NOW, "UTC")
    assert until is not None
    assert until > NOW + 7 * DAY


def test_a_message_is_dropped_only_by_policies_that_discard() -> None:
    night, now = NIGHT, at("2026-03-11T23:00:00Z")
    dropping = QuietHours("22:00", "08:00", then="discard")
    assert silenced([Policy("a", quiet_hours=night)], now, "UTC") is None
    assert silenced([Policy("b", quiet_hours=dropping)], NOW, "UTC") is None
    assert silenced(
        [Policy("a", quiet_hours=night), Policy("b", quiet_hours=dropping)], now, "UTC"
    ) == (
        Reason.QUIET_HOURS,
        "policy 'b' is quiet from 22:00 to 08:00",
    )
    assert deferred([Policy("b", quiet_hours=dropping)], now, "UTC") is None


@pytest.mark.parametrize(
    ("policy", "contact", "covered"),
    [
        (Policy("p"), MAIL, True),
        (Policy("p"), MAIL._replace(category="transactional"), False),
        (Policy("p", "transactional"), MAIL._replace(category="transactional"), True),
        (Policy("p", channels=("sms", "email")), MAIL, True),
        (Policy("p", channels=("sms",)), MAIL, False),
        (Policy("p", journeys=("welcome",)), MAIL, True),
        (Policy("p", journeys=("other",)), MAIL, False),
    ],
)
def test_which_messages_a_policy_holds_for(
    policy: Policy, contact: Contact, *, covered: bool
) -> None:
    assert policy.covers(contact) is covered


def test_a_cap_counts_every_message_that_its_policy_holds_for() -> None:
    ann = PersonState()
    everything = Policy("all", caps=(Frequency(2, DAY),))
    welcome = Policy("few", journeys=("welcome",), caps=(Frequency(1, DAY),))
    plans = [everything, welcome]
    count_contact(plans, ann, MAIL._replace(channel="push", journey="other"), "r1", NOW - 2)
    assert over_cap(plans, ann, NOW, "UTC") is None
    count_contact(plans, ann, MAIL, "r2", NOW - 1)
    assert over_cap([welcome], ann, NOW, "UTC") == (
        Reason.FREQUENCY_CAP,
        "policy 'few' allows 1 per P1D",
    )
    assert over_cap([everything], ann, NOW, "UTC") == (
        Reason.FREQUENCY_CAP,
        "policy 'all' allows 2 per P1D",
    )
    assert ann.contacts == {
        "push/marketing/other": [NOW - 2],
        "email/marketing/welcome": [NOW - 1],
    }


def test_a_message_that_failed_is_given_back_once() -> None:
    ann = PersonState()
    policies = [Policy("p", caps=(Frequency(1, DAY),))]
    for request, instant in (("r1", NOW), ("r2", NOW), ("r3", NOW + 1)):
        count_contact(policies, ann, MAIL, request, instant)
    give_back(ann, "r1", sent=False)
    give_back(ann, "r1", sent=False)
    give_back(ann, "r3", sent=True)
    give_back(ann, "r3", sent=False)
    give_back(ann, "nobody's", sent=False)
    assert ann.contacts == {str(MAIL): [NOW, NOW + 1]}
    assert list(ann.asked) == ["r2"]
    give_back(ann, "r2", sent=False)
    assert (ann.contacts, ann.asked) == ({str(MAIL): [NOW + 1]}, {})


def test_what_nobody_counts_is_not_kept_and_what_is_too_old_is_forgotten() -> None:
    ann = PersonState()
    count_contact([], ann, MAIL, "r1", NOW)
    count_contact([Policy("p", quiet_hours=NIGHT)], ann, MAIL, "r2", NOW)
    count_contact([Policy("p", channels=("sms",), caps=(Frequency(1, DAY),))], ann, MAIL, "r3", NOW)
    count_entry([Policy("p", inside=2)], ann, "welcome", NOW)
    assert ann.is_empty()
    policies = [Policy("p", caps=(Frequency(1, DAY), Frequency(5, 2 * DAY)))]
    for instant in (NOW - 3 * DAY, NOW - 2 * DAY, NOW - 2 * DAY + 1):
        count_contact(policies, ann, MAIL, f"r{instant}", instant)
    count_contact(policies, ann, MAIL, "r4", NOW)
    assert ann.contacts == {str(MAIL): [NOW - 2 * DAY + 1, NOW]}
    assert [asked.at for asked in ann.asked.values()] == ann.contacts[str(MAIL)]
