"""Waits for the hour at which a person opens messages: what is learnt, and what is chosen."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from journeys import codec
from journeys.activation import FeedbackReceived
from journeys.clock import format_instant, parse_instant
from journeys.control import StopJourney
from journeys.openings import KEEP_MS, MAX_OPENINGS, best_hour, hours_ahead, note_opening
from journeys.plan import Plan
from journeys.state import PersonState
from tests.harness.person import START, Person
from tests.harness.plans import SIMPLE, plan_of

HOUR = 3_600_000
DAY = 24 * HOUR
WEEKDAYS_AT_EIGHT = ["2026-02-24T08:10:00Z", "2026-02-25T08:20:00Z", "2026-02-26T08:59:59Z"]
"""Tuesday to Thursday."""
WEEKEND_AT_TEN = ["2026-02-21T10:00:00Z", "2026-02-22T10:30:00Z", "2026-02-28T10:15:00Z"]


def plan(form: str = "", zone: str = "profile") -> Plan:
    wait = f"{{wait: {{send_time: email, explore: 0{form}}}}}"
    text = SIMPLE.replace("{wait: PT1H}", wait).replace("steps:", f"timezone: {zone}\nsteps:")
    return plan_of(text.replace("{event: signup}", "{event: signup, reentry: {after: PT0S}}"))


def reader(*openings: str, form: str = "", zone: str | None = None) -> Person:
    """Give somebody who has opened messages before, and signs up on Sunday at 08:00."""
    person = Person(plan(form), profile={} if zone is None else {"timeZone": zone})
    person.opens(*openings)
    return person


def waits(person: Person) -> tuple[str, str | None]:
    """Give the hour that somebody waits for who signs up now, and why."""
    person.signs_up()
    told = [e for e in person.step_events if e.step_id == "pause" and e.outcome == "waiting"][-1]
    assert told.due_at is not None
    return format_instant(told.due_at)[:13], told.reason


@pytest.mark.parametrize(
    ("openings", "zone", "form", "expected"),
    [
        # Sunday 08:00 UTC: what is read on working days tells something of weekends.
        (WEEKDAYS_AT_EIGHT, None, "", "2026-03-01T08"),
        (WEEKEND_AT_TEN, None, "", "2026-03-01T10"),
        # Both are known: on Sunday that of weekends counts more.
        (WEEKDAYS_AT_EIGHT + WEEKEND_AT_TEN, None, "", "2026-03-01T10"),
        # The same openings, where it was 17:10 and it is 17:00 now.
        (WEEKDAYS_AT_EIGHT, "Asia/Tokyo", "", "2026-03-01T08"),
        (WEEKDAYS_AT_EIGHT, "America/New_York", "", "2026-03-01T08"),
        # The best hour lies beyond the time given, and the one beside it does not.
        (WEEKEND_AT_TEN, None, ", within: PT2H", "2026-03-01T09"),
        # A later hour counts more than those that come sooner.
        (
            [*WEEKDAYS_AT_EIGHT, *(f"2026-02-28T22:0{n}:00Z" for n in range(3))],
            None,
            "",
            "2026-03-01T22",
        ),
        # The hour is over for today, and tomorrow is a working day, which it tells something of.
        (["2026-02-28T06:05:00Z"] * 3, None, "", "2026-03-02T06"),
        (["2026-02-28T06:05:00Z"] * 3, None, ", within: P7D", "2026-03-07T06"),
        # Of equals the first.
        (["2026-02-28T20:00:00Z"] * 2 + ["2026-02-28T13:00:00Z"] * 2, None, "", "2026-03-01T13"),
    ],
)
def test_the_hour_ahead_is_chosen_at_which_a_person_reads_most(
    openings: list[str], zone: str | None, form: str, expected: str
) -> None:
    assert waits(reader(*openings, form=form, zone=zone)) == (expected, None)


@pytest.mark.parametrize(
    ("openings", "form", "expected"),
    [
        ([], "", "2026-03-01T08:00:00"),
        (WEEKDAYS_AT_EIGHT[:2], "", "2026-03-01T08:00:00"),
        (WEEKDAYS_AT_EIGHT[:2], ', otherwise: "19:30"', "2026-03-01T19:30:00"),
        ([], ', otherwise: "07:00"', "2026-03-02T07:00:00"),
        ([], ', otherwise: "19:30", within: PT3H', "2026-03-01T11:00:00"),
        # Nothing near the hours ahead.
        (["2026-02-28T20:00:00Z"] * 5, ", within: PT3H", "2026-03-01T08:00:00"),
        # Too long ago, or not yet.
        (["2025-08-01T20:00:00Z"] * 5, "", "2026-03-01T08:00:00"),
    ],
)
def test_of_whom_too_little_is_known_waits_otherwise(
    openings: list[str], form: str, expected: str
) -> None:
    person = reader(*openings, form=form)
    person.signs_up()
    told = next(e for e in person.step_events if e.outcome == "waiting")
    assert format_instant(told.due_at or 0)[:19] == expected
    assert (told.reason, told.explored) == ("no_habit", False)


def test_whoever_waits_no_time_goes_on_at_once() -> None:
    assert reader().signs_up()[-3:] == [
        "pause waiting (no_habit)",
        "pause passed",
        "pause completed",
    ]


def test_a_race_may_last_until_the_hour() -> None:
    wait = "{send_time: email, explore: 0}"
    races = f"{{first_of: [{{event: purchase, to: end}}, {{wait: {wait}, to: end}}]}}"
    person = Person(plan_of(SIMPLE.replace("{wait: PT1H}", races)))
    person.opens(*WEEKEND_AT_TEN)
    assert waits(person) == ("2026-03-01T10", None)
    person.passes("PT3H")
    assert person.step_events[-1].outcome == "completed"


def test_minutes_differ_between_people_and_stay_those_of_a_person() -> None:
    minutes = {}
    for n in range(50):
        person = Person(plan(), name=f"p{n}")
        person.opens(*WEEKEND_AT_TEN)
        dues = []
        for _ in range(2):
            person.signs_up()
            dues.append((person.person.due or 0) - START)
            person.passes("P14D")
        assert (dues[0] - dues[1]) % DAY == 0
        assert 2 * HOUR <= dues[0] < 3 * HOUR
        minutes[n] = dues[0] // 60_000
    assert len(set(minutes.values())) > 25


def test_a_share_waits_until_any_instant() -> None:
    exploring = plan_of(
        SIMPLE.replace("{wait: PT1H}", "{wait: {send_time: email, within: PT10H, explore: 20}}")
    )
    hours: Counter[int] = Counter()
    for n in range(500):
        person = Person(exploring, name=f"p{n}")
        person.opens(*WEEKEND_AT_TEN)
        person.signs_up()
        told = next(e for e in person.step_events if e.outcome == "waiting")
        if told.explored:
            hours[((told.due_at or 0) - START) // HOUR] += 1
        else:
            assert ((told.due_at or 0) - START) // HOUR == 2
    assert hours.total() == pytest.approx(100, abs=30)
    assert set(hours) == set(range(10))


# What is learnt.


def hours_of(person: Person) -> dict[str, int]:
    openings = person.person.openings.get("email")
    return {} if openings is None else openings.hours


def test_openings_and_clicks_count_by_the_clocks_of_the_person() -> None:
    person = reader(zone="Asia/Tokyo")
    person.opens("2026-02-27T08:00:00Z", "2026-02-27T16:00:00Z")
    person.opens("2026-02-27T08:59:00Z", reaction="clicked")
    person.opens("2026-02-27T08:00:00Z", reaction="delivered")
    person.opens("2026-02-27T08:00:00Z", channel="push")
    assert hours_of(person) == {"17": 2, "25": 1}  # Friday at five, and Saturday at one
    assert set(person.person.openings) == {"email"}


def test_what_a_walk_hears_of_its_own_message_counts_too() -> None:
    text = SIMPLE.replace("{wait: PT1H}", "{wait: {send_time: email}}")
    person = Person(plan_of(text.replace("steps:\n", "steps:\n  mail: {action: mail}\n")),
                    profile={"email": "a@example.org"})  # fmt: skip
    person.signs_up()
    person.reacts("opened")
    assert hours_of(person) == {"32": 1}  # Sunday at eight


def test_a_repeat_counts_once_and_what_lies_ahead_counts_now() -> None:
    person = reader()
    for at in (START + DAY, START + 2 * DAY):
        person.activate(FeedbackReceived("f1", "before", "opened", "email", at))
    assert hours_of(person) == {"32": 1}
    assert person.person.openings["email"].latest == START


def test_nothing_is_learnt_where_no_journey_asks_for_it() -> None:
    person = Person(plan_of(SIMPLE))
    person.opens(*WEEKDAYS_AT_EIGHT)
    assert person.stored is None


def test_it_is_forgotten_with_the_person() -> None:
    person = reader(*WEEKDAYS_AT_EIGHT)
    person.changes(None)
    assert person.stored is None


def test_it_is_forgotten_half_a_year_after_the_latest_opening() -> None:
    person = reader(*WEEKDAYS_AT_EIGHT)
    assert person.person.due == parse_instant(WEEKDAYS_AT_EIGHT[-1]) + KEEP_MS
    person.passes("P180D")
    assert person.stored is None


def test_it_is_forgotten_when_no_journey_asks_any_more() -> None:
    person = reader(*WEEKDAYS_AT_EIGHT)
    person.hears(StopJourney(journey="simple"))
    person.passes("P180D")
    assert person.stored is None


# The counts.


def test_counts_stay_few_and_old_ones_weigh_less() -> None:
    person = PersonState()
    at = parse_instant("2026-03-02T08:00:00Z")
    for week in range(200):
        opened = at + week * 7 * DAY + (12 * HOUR if week >= 100 else 0)
        note_opening(person, "email", opened, None, opened)
        assert sum(person.openings["email"].hours.values()) <= MAX_OPENINGS
    found = best_hour(person.openings["email"], at + 200 * 7 * DAY, DAY, None)
    assert found is not None
    assert found.name == "20"


def test_whatever_somebody_does_takes_few_bytes() -> None:
    person = PersonState()
    for hour in range(10_000):
        for channel in ("email", "push", "sms"):
            note_opening(person, channel, START + hour * HOUR, None, START + hour * HOUR)
    assert len(codec.dump_person(person)) < 1_500


@pytest.mark.parametrize(
    ("now", "zone", "names"),
    [
        ("2026-03-01T08:20:00Z", "UTC", ["32", "33", "34"]),
        ("2026-03-01T08:20:00Z", "Asia/Kolkata", ["37", "38", "39"]),  # 13:50
        ("2026-03-29T00:30:00Z", "Europe/Paris", ["25", "27", "28"]),  # there is no 02:00
        ("2026-10-25T00:30:00Z", "Europe/Paris", ["26", "26", "27"]),  # 02:00 comes twice
        ("2026-04-04T14:10:00Z", "Australia/Lord_Howe", ["25", "25", "26"]),  # half an hour
        ("2026-03-01T23:30:00Z", "UTC", ["47", "0", "1"]),  # Sunday goes over to Monday
        ("2026-03-01T08:20:00Z", "nowhere", ["32", "33", "34"]),
    ],
)
def test_hours_ahead_are_those_that_the_clocks_show(now: str, zone: str, names: list[str]) -> None:
    begin = parse_instant(now)
    hours = list(hours_ahead(begin, 2 * HOUR, zone))
    assert [hour.name for hour in hours] == names
    assert [hours[0].start, hours[-1].end] == [begin, begin + 2 * HOUR]
    assert all(one.end == other.start for one, other in pairwise(hours))
