"""Turns that time alone makes, against the plain way: evaluating at a great many instants."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys.clock import format_instant, parse_instant
from journeys.expressions import Scope, Value, compile_expression
from journeys.expressions.turning import UnforeseenError, turnings
from journeys.messages import JsonObject

DAY = 86_400_000
QUARTER = 900_000
LOOKS = 400
"""Instants at which a rule is evaluated before a promised turn."""
QUICK = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
UNITS = st.sampled_from(["years", "months", "days", "hours", "minutes", "seconds"])
ZONES = st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
COUNTS = st.integers(-40, 40)
MOMENT = "#{profile.at}"
BEGIN = parse_instant("2026-01-01T00:00:00Z")
INSTANTS = st.one_of(
    st.integers(BEGIN, BEGIN + 800 * DAY),
    st.integers(0, 800 * 24).map(lambda hours: BEGIN + hours * 4 * QUARTER),
    st.integers(0, 800).map(lambda days: BEGIN + days * DAY - 4 * QUARTER),  # midnight in Paris
    st.integers(0, 800 * 96).map(lambda quarters: BEGIN + quarters * QUARTER - 1),
)


def running() -> st.SearchStrategy[str]:
    """Give what grows with the clock."""
    return st.one_of(
        st.just("now()"),
        st.builds("now('{}')".format, ZONES),
        st.builds("nowWithDelta({}, '{}')".format, COUNTS, UNITS),
        st.builds("nowWithDelta({}, '{}', '{}')".format, COUNTS, UNITS, ZONES),
        st.builds("addTime(now(), {}, '{}')".format, COUNTS, UNITS),
        st.builds("(now() - toDuration({}))".format, st.integers(-DAY * 9, DAY * 9)),
        st.builds("updateTimeZone(now(), '{}')".format, ZONES),
    )


ORDERS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
INTEGERS = st.integers(-50, 50)


def borders() -> st.SearchStrategy[str]:
    """Give conditions that a clock moves, each of one kind."""
    near = st.sampled_from(["Last", "Next"])
    longer = st.sampled_from(["Hours", "Days", "Months", "Years"])
    counts = st.one_of(COUNTS.map(str), st.just("#{profile.n}"))
    by_count = st.builds("in{}{}({}, {})".format, near, longer, st.just(MOMENT), counts)
    compared = st.builds("{} {} {}".format, running(), ORDERS, st.just(MOMENT))
    turned = st.builds("{} {} {}".format, st.just(MOMENT), ORDERS, running())
    between = st.builds(
        "between({}, {}, addTime(toDateTime({}), 3, 'days'))".format,
        running(), st.just(MOMENT), st.just(MOMENT),
    )  # fmt: skip
    since = st.builds(
        "dateDiff({}, {}, '{}') {} {}".format, st.just(MOMENT), running(), UNITS, ORDERS, INTEGERS
    )
    until = st.builds(
        "dateDiff({}, {}, '{}') {} {}".format, running(), st.just(MOMENT), UNITS, ORDERS, INTEGERS
    )
    parts = st.builds(
        "{}({}) {} {}".format,
        st.sampled_from(["month", "day", "dayOfWeek", "hour", "minute", "second"]),
        running(), ORDERS, st.integers(0, 30),
    )  # fmt: skip
    dates = st.builds(
        "toDateOnly({}) {} toDateOnly({})".format,
        running(), st.sampled_from(["==", "!="]), st.just(MOMENT),
    )  # fmt: skip
    local = st.builds(
        "toDateTimeOnly({}) {} toDateTimeOnly({})".format, running(), ORDERS, st.just(MOMENT)
    )
    cut = st.builds("truncateTo({}, '{}') {} {}".format, running(), UNITS, ORDERS, st.just(MOMENT))
    millis = st.builds(
        "(currentTimeInMillis() - {}) / {} {} {}".format,
        INSTANTS, st.sampled_from([1000, -7000, DAY]), ORDERS, INTEGERS,
    )  # fmt: skip
    text = st.builds(
        "formatDate({}, '{}') == '{}'".format,
        running(), st.sampled_from(["a", "EEE", "HH", "XXX", "MMM"]),
        st.sampled_from(["AM", "Mon", "12", "+02:00", "Mar"]),
    )  # fmt: skip
    odd = st.builds("dateDiff({}, now(), 'days') % 7 == 0".format, st.just(MOMENT))
    conditions = st.one_of(
        by_count,
        compared,
        turned,
        between,
        since,
        until,
        parts,
        dates,
        local,
        cut,
        millis,
        text,
        odd,
    )
    return st.one_of(
        conditions,
        st.builds("{} and not ({})".format, conditions, conditions),
        st.builds("if ({}) then (#{{profile.n}} > 3) else ({})".format, conditions, conditions),
    )


def promised(text: str, scope: Scope) -> int | None:
    turns = (turning.next(scope) for turning in turnings(text))
    return min((turn for turn in turns if turn is not None), default=None)


def value_at(text: str, scope: Scope, now: int) -> Value:
    scope.now = now
    return compile_expression(text)(scope)


def looks(start: int, end: int, moment: int, random: Random) -> list[int]:
    """Choose instants, more where something may happen: about dates, midnights and quarters."""
    near = [moment + DAY * random.randint(-400, 400) + random.randint(-1, 1) for _ in range(60)]
    lines = [
        random.randint(start, end) // line * line + random.randint(-1, 1)
        for line in (QUARTER, 3_600_000, DAY)
        for _ in range(60)
    ]
    soon = [start + 2**n for n in range(40)]
    late = [end - 2**n for n in range(40)]
    anywhere = [random.randint(start, end) for _ in range(LOOKS)]
    return [at for at in (*near, *lines, *soon, *late, *anywhere) if start < at < end]


@QUICK
@given(borders(), INSTANTS, INSTANTS, st.integers(-9, 40), ZONES, st.integers(0, 999))
def test_nothing_changes_before_the_promised_turn(
    text: str, now: int, moment: int, number: int, zone: str, seed: int
) -> None:
    profile: JsonObject = {"at": format_instant(moment), "n": number}
    scope = Scope(profile=profile, now=now, zone=zone)
    turn = promised(text, scope)
    assert scope.now == now
    assert turn is None or turn > now
    before = value_at(text, scope, now)
    end = now + 2000 * DAY if turn is None else turn
    for at in looks(now, end, moment, Random(seed)):
        assert value_at(text, scope, at) == before, (text, format_instant(at))


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        ("inLastDays(#{profile.at}, 3)", "2026-03-02T12:00:00.001Z"),
        ("inNextDays(#{profile.at}, 3)", None),
        ("inNextHours(#{profile.ahead}, 2)", "2026-03-01T18:00:00Z"),
        ("now() >= #{profile.ahead}", "2026-03-01T20:00:00Z"),
        ("now() > #{profile.ahead}", "2026-03-01T20:00:00.001Z"),
        ("now() == #{profile.ahead}", "2026-03-01T20:00:00Z"),
        ("dateDiff(#{profile.at}, now(), 'days') >= 30", "2026-03-29T12:00:00Z"),
        ("hour(now('Europe/Paris')) == 20", "2026-03-01T09:00:00Z"),
        ("toDateOnly(now()) == #{profile.day}", "2026-04-01T00:00:00Z"),
        ("(currentTimeInMillis() - 1772352000000) / 86400000 > 2", "2026-03-04T08:00:00Z"),
        ("nowWithDelta(1, 'months') > #{profile.far}", "2026-03-30T12:00:00.001Z"),
        ("#{profile.n} > 3", None),
    ],
)
def test_a_turn_is_foreseen_to_the_millisecond(text: str, turn: str | None) -> None:
    profile: JsonObject = {
        "at": "2026-02-27T12:00:00Z",
        "ahead": "2026-03-01T20:00:00Z",
        "day": "2026-04-01",
        "far": "2026-04-30T12:00:00Z",
        "n": 1,
    }
    scope = Scope(profile=profile, now=parse_instant("2026-03-01T08:00:00Z"))
    found = promised(text, scope)
    assert found == (None if turn is None else parse_instant(turn))


def test_the_end_of_a_month_goes_back_and_forth() -> None:
    """On the 29th, 30th and 31st of March a month ago is the 28th of February."""
    scope = Scope(profile={"at": "2026-02-28T12:00:00Z"}, now=parse_instant("2026-03-28T11:00:00Z"))
    turns = []
    while (turn := promised("inLastMonths(#{profile.at}, 1)", scope)) is not None:
        turns.append(format_instant(turn))
        scope.now = turn
    after_noon = [f"2026-03-{day}T12:00:00.001Z" for day in (28, 29, 30, 31)]
    midnights = [f"2026-03-{day}T00:00:00.000Z" for day in (29, 30, 31)]
    assert turns == sorted([*after_noon, *midnights])


def test_the_beginning_of_a_year_is_another_instant_by_the_clocks_of_its_summer() -> None:
    begin = "2025-12-31T23:00:00Z"
    scope = Scope(profile={"at": begin}, now=parse_instant(begin), zone="Europe/Paris")
    turns = []
    for _ in range(3):
        turn = promised("truncateTo(now(), 'years') >= #{profile.at}", scope)
        assert turn is not None
        turns.append(format_instant(turn))
        scope.now = turn
    changes = ["2026-03-29T01:00:00.000Z", "2026-10-25T01:00:00.000Z", "2026-12-31T23:00:00.000Z"]
    assert turns == changes


def test_what_was_past_a_bound_is_no_turn() -> None:
    scope = Scope(profile={"at": "2026-02-28T12:00:00Z"}, now=parse_instant("9000-01-01T00:00:00Z"))
    assert promised("inLastYears(#{profile.at}, 1)", scope) is None


@pytest.mark.parametrize(
    "text",
    [
        "currentTimeInMillis() % 2 == 0",
        "formatDate(now(), 'HH:mm:ss.SSS') == '12:00:00.000'",
        "formatDate(now(), #{profile.pattern}) == '12'",
        "toString(now()) == 'x'",
        "now() > nowWithDelta(-1, 'days')",
        "inLastDays(now(), 3)",
        "setHours(now(), 9) > #{profile.at}",
        "#{profile.orders.any(currentDataPackField.at > now())}",
        "now() > nowWithDelta(toInteger(random() * 5), 'days')",
        "#{profile.at} < addTime(now(), 1, #{profile.unit})",
    ],
)
def test_what_cannot_be_foreseen_is_refused(text: str) -> None:
    with pytest.raises(UnforeseenError):
        turnings(text)
