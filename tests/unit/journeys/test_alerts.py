"""Which alerts are raised, from what was counted; each is told when it begins and when it ends."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from journeys.alerts import (
    ADVICE,
    MINUTE_MS,
    AlertKind,
    AlertRules,
    AlertState,
    Board,
    Fault,
    Standing,
    judge,
)
from journeys.metrics import Counted
from journeys.outcomes import Outcome, Reason

RULES = AlertRules(
    window_ms=5 * MINUTE_MS,
    least=10,
    action_errors=20,
    profile_errors=20,
    discards=20,
    capping=True,
    nothing_entering_ms=60 * MINUTE_MS,
    entries_per_minute=100,
    drift_ms=MINUTE_MS,
)
NOW = 1_000 * MINUTE_MS
LIVE = Standing(live=1, entered_at=NOW, since=0)


def count(
    outcome: Outcome,
    value: int,
    reason: Reason | None = None,
    action: str | None = None,
    ago: int = 1,
    version: int = 1,
) -> Counted:
    return Counted(NOW - ago * MINUTE_MS, version, outcome, reason, action, value)


ENTERED, REFUSED, FAILED = Outcome.ENTERED, Outcome.NOT_ENTERED, Outcome.FAILED
GOOD, BAD, CAPPED = Outcome.SUCCEEDED, Outcome.ERROR, Outcome.CAPPED


@pytest.mark.parametrize(
    ("counts", "faults"),
    [
        pytest.param([count(GOOD, 8, action="a"), count(BAD, 2, action="a")],
                     ["action_error_rate/1/a 20 20"], id="errors"),
        pytest.param([count(GOOD, 6, action="a"), count(BAD, 2, action="a"),
                      count(Outcome.TIMEOUT, 2, action="a", ago=4)],
                     ["action_error_rate/1/a 40 20"], id="errors and timeouts of several minutes"),
        pytest.param([count(GOOD, 81, action="a"), count(BAD, 19, action="a")], [],
                     id="few errors"),
        pytest.param([count(BAD, 9, action="a")], [], id="too few calls"),
        pytest.param([count(BAD, 90, action="a", ago=5)], [], id="errors of long ago"),
        pytest.param([count(BAD, 9, action="a"), count(BAD, 9, action="b")], [], id="two actions"),
        pytest.param([count(BAD, 10, action="a"), count(BAD, 10, action="a", version=2)],
                     ["action_error_rate/1/a 100 20", "action_error_rate/2/a 100 20"],
                     id="two versions"),
        pytest.param([count(CAPPED, 3, action="a")], ["capping/1/a 3 0"], id="capped"),
        pytest.param([count(ENTERED, 40), count(FAILED, 10, Reason.ACTION_ERROR)],
                     ["profile_error_rate/1/ 25 20"], id="failed"),
        pytest.param([count(FAILED, 10, Reason.ACTION_ERROR)],
                     ["profile_error_rate/1/ 100 20"], id="failed who entered before"),
        pytest.param([count(ENTERED, 9), count(REFUSED, 3, Reason.REENTRY_TOO_EARLY)],
                     ["discard_rate/1/ 25 20"], id="refused"),
        pytest.param([count(ENTERED, 8), count(REFUSED, 99, Reason.CONDITION)], [],
                     id="refused by the author's own rule"),
        pytest.param([count(ENTERED, 9), count(Outcome.DISCARDED, 3, Reason.TOO_MANY_PENDING)],
                     ["discard_rate/1/ 25 20"], id="events dropped"),
        pytest.param([count(ENTERED, 60), count(ENTERED, 41, version=2)],
                     ["runaway_entries// 101 100"], id="too many enter, in all versions"),
        pytest.param([count(ENTERED, 60), count(ENTERED, 60, ago=0)], [], id="in two minutes"),
        pytest.param([count(ENTERED, 200, ago=3)], [], id="too many entered, and do no more"),
    ],
)  # fmt: skip
def test_what_is_counted_is_a_fault_or_none(counts: list[Counted], faults: list[str]) -> None:
    found = judge(RULES, counts, LIVE, NOW)
    assert [f"{f.name} {f.value:g} {f.threshold:g}" for f in found] == faults


@pytest.mark.parametrize(
    ("standing", "quiet"),
    [
        pytest.param(Standing(1, NOW - 90 * MINUTE_MS, 0), 90, id="for long"),
        pytest.param(Standing(1, NOW - 59 * MINUTE_MS, 0), None, id="not for so long"),
        pytest.param(Standing(1, None, 0), None, id="nobody ever did"),
        pytest.param(Standing(None, NOW - 90 * MINUTE_MS, 0), None, id="it is closed, or paused"),
        pytest.param(
            Standing(1, NOW - 90 * MINUTE_MS, NOW - 9 * MINUTE_MS), None, id="it was paused so far"
        ),
    ],
)
def test_nothing_entering_is_told_of_what_was_entered(
    standing: Standing, quiet: int | None
) -> None:
    found = [f.value for f in judge(RULES, [], standing, NOW)]
    assert found == ([] if quiet is None else [quiet])


def test_entries_from_before_it_went_on_pause_it_no_more() -> None:
    counts = [count(ENTERED, 500, ago=2), count(ENTERED, 50)]
    resumed = replace_since(NOW - 90_000)
    assert list(judge(RULES, counts, resumed, NOW)) == []
    assert list(judge(RULES, [*counts, count(ENTERED, 51)], resumed, NOW)) != []


def replace_since(since: int) -> Standing:
    return Standing(LIVE.live, LIVE.entered_at, since)


def test_what_is_turned_off_is_never_raised() -> None:
    off = replace(
        RULES,
        action_errors=None,
        profile_errors=None,
        discards=None,
        capping=False,
        nothing_entering_ms=None,
        entries_per_minute=None,
    )
    counts = [
        count(BAD, 99, action="a"),
        count(CAPPED, 99, action="a"),
        count(FAILED, 999),
        count(ENTERED, 999),
        count(REFUSED, 999, Reason.PAUSED),
    ]
    assert len(list(judge(RULES, counts, LIVE, NOW))) == 5
    assert list(judge(off, counts, Standing(1, 0, 0), NOW)) == []


def test_an_alert_is_told_when_it_begins_and_when_it_is_over() -> None:
    board = Board()
    fault = Fault(AlertKind.CAPPING, 1, "remind", 3, 0)
    (raised,) = board.turn("welcome", [fault], NOW)
    assert (raised.key, raised.state) == ("capping/welcome/1/remind", AlertState.RAISED)
    assert list(board.turn("welcome", [Fault(AlertKind.CAPPING, 1, "remind", 9, 0)], NOW + 1)) == []
    (over,) = board.turn("welcome", [], NOW + 2)
    assert (over.key, over.state) == (raised.key, AlertState.RESOLVED)
    assert (over.since, over.at) == (NOW, NOW + 2)
    assert list(board.turn("welcome", [], NOW + 3)) == []


def test_an_alert_is_a_flat_record_that_says_what_to_do() -> None:
    (raised,) = Board().turn("welcome", [Fault(AlertKind.CAPPING, 1, "remind", 3, 0)], NOW)
    assert json.loads(raised.to_text()) == {
        "alert": "capping",
        "journey_id": "welcome",
        "journey_version": 1,
        "subject": "remind",
        "state": "raised",
        "since": "1970-01-01T16:40:00.000Z",
        "at": "1970-01-01T16:40:00.000Z",
        "value": 3,
        "threshold": 0,
        "advice": ADVICE[AlertKind.CAPPING],
        "schema_version": 1,
    }
    assert set(ADVICE) == set(AlertKind)
