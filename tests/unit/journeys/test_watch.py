"""A journey that is watched: its life, its ledger, its alerts, and the pause that one brings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from journeys.alerts import MINUTE_MS, Alert, AlertRules
from journeys.control import (
    CloseJourney,
    ControlCommand,
    PauseJourney,
    ResumeJourney,
    Retire,
    RollBack,
    StopJourney,
    publish_message,
)
from journeys.metrics import Counted, Inside, Moved, read_metric
from journeys.mode import Mode
from journeys.outcomes import Outcome
from journeys.watch import Told, Watch
from tests.harness.plans import SIMPLE, plan_of

NOW = 1_000 * MINUTE_MS
TICK = 5_000
RULES = AlertRules(
    window_ms=5 * MINUTE_MS,
    least=10,
    action_errors=20,
    profile_errors=20,
    discards=20,
    capping=True,
    nothing_entering_ms=None,
    entries_per_minute=100,
    drift_ms=MINUTE_MS,
)
FIRST = publish_message(plan_of(SIMPLE))
SECOND = publish_message(plan_of(SIMPLE.replace("version: 1", "version: 2")))


class Watched:
    """A journey, and the time that passes."""

    def __init__(self, *said: ControlCommand, complete: bool = True) -> None:
        self.watch, self.now, self.complete = Watch("simple"), NOW, complete
        self.revision = 0
        self.told: list[str] = []
        self.hear(*said)

    def hear(self, *said: ControlCommand) -> None:
        for command in said:
            self.revision += 1
            self.note(self.watch.hear(command, self.revision, self.now))

    def take(self, *found: Counted | Moved | Inside) -> None:
        for each in found:
            self.watch.take(RULES, each, self.now, complete=self.complete)

    def passes(self, milliseconds: int, *counts: Counted) -> None:
        for _ in range(milliseconds // TICK):
            self.now += TICK
            self.note(self.watch.look(RULES, counts, self.now))

    def note(self, told: Iterable[Told]) -> None:
        for each in told:
            match each:
                case PauseJourney():
                    self.told.append(f"pause: {each.why}")
                    self.hear(each)
                case Alert():
                    self.told.append(f"{each.state} {each.alert}")
                case _:
                    self.told.append(f"drift {each.value}")

    def moved(self, outcome: Outcome, value: int, ago: int = 0) -> Moved:
        return Moved(1, outcome, value, self.now - ago)


def test_publishing_and_the_end_are_told() -> None:
    watched = Watched(FIRST, FIRST, SECOND, CloseJourney(journey="simple"))
    assert watched.told == ["told published"] * 2
    watched.hear(Retire(journey="simple", version=1))
    assert watched.told == ["told published"] * 2, "an old version is no journey"
    watched.hear(Retire(journey="simple", version=2))
    assert watched.told[2:] == ["told finished"]


@pytest.mark.parametrize("mode", [Mode.TEST, Mode.DRY_RUN, Mode.SHADOW])
def test_a_rehearsal_is_not_told(mode: Mode) -> None:
    assert Watched(publish_message(plan_of(SIMPLE), mode)).told == []


def test_what_the_job_refuses_changes_nothing() -> None:
    watched = Watched(SECOND)
    before = watched.watch.life
    watched.hear(FIRST, StopJourney(journey="other"))
    assert (watched.watch.life, watched.told) == (before, ["told published"])


def test_going_back_is_followed() -> None:
    watched = Watched(FIRST, SECOND, RollBack(plan=FIRST.plan))
    assert watched.watch.life is not None
    assert watched.watch.life.live == 1


def test_a_lost_record_is_told_and_its_coming_too() -> None:
    watched = Watched()
    watched.take(watched.moved(Outcome.ENTERED, 3), Inside(1, 3))
    watched.passes(MINUTE_MS + TICK)
    assert watched.told == ["drift 0"]
    watched.take(watched.moved(Outcome.COMPLETED, 1))
    watched.passes(MINUTE_MS - TICK)
    assert watched.told == ["drift 0"], "it may be under way"
    watched.passes(TICK * 2)
    assert watched.told[1:] == ["drift -1", "raised ledger_drift"]
    watched.take(Inside(1, 2))
    watched.passes(TICK)
    assert watched.told[3:] == ["drift 0", "resolved ledger_drift"]


def test_counting_that_is_behind_says_nothing_of_the_ledger() -> None:
    watched = Watched()
    watched.take(Inside(1, 3))
    for _ in range(20):
        watched.take(watched.moved(Outcome.ENTERED, 1, ago=60_000))
        watched.passes(TICK)
    assert watched.told == []
    watched.take(watched.moved(Outcome.ENTERED, 3, ago=1_000))
    watched.passes(MINUTE_MS + TICK)
    assert watched.told == ["drift 0"]


def test_an_alarm_goes_on_while_it_is_not_known_whether_it_holds() -> None:
    watched = Watched()
    watched.take(Inside(1, 3))
    watched.passes(MINUTE_MS + TICK)
    watched.watch.begin_again()
    watched.passes(MINUTE_MS - TICK)
    assert watched.told == ["drift -3", "raised ledger_drift"]


def test_people_from_before_are_learned_where_step_events_do_not_begin_at_the_first() -> None:
    watched = Watched(complete=False)
    watched.take(Inside(1, 3))
    watched.passes(MINUTE_MS + TICK)
    assert watched.told == ["drift 0"]


def entries(watched: Watched, value: int) -> Counted:
    minute = watched.now // MINUTE_MS * MINUTE_MS
    return Counted(minute, 1, Outcome.ENTERED, None, None, value)


def test_too_many_entries_pause_the_journey_until_somebody_lets_it_go_on() -> None:
    watched = Watched(FIRST)
    watched.told.clear()
    crowd = entries(watched, 101)
    watched.passes(TICK, crowd)
    assert watched.told == [
        "raised runaway_entries",
        "pause: 101 people entered in a minute, and 100 are allowed",
    ]
    watched.passes(10 * MINUTE_MS)
    assert len(watched.told) == 2, "it holds while the journey is paused"
    watched.hear(ResumeJourney(journey="simple"))
    watched.passes(TICK, crowd)
    assert watched.told[2:] == ["resolved runaway_entries"], "and is not paused for the same crowd"
    watched.passes(MINUTE_MS)
    watched.passes(TICK, entries(watched, 102))
    assert watched.told[3:4] == ["raised runaway_entries"]


def test_a_journey_that_is_paused_is_not_paused_again() -> None:
    watched = Watched(FIRST, PauseJourney(journey="simple"))
    watched.told.clear()
    watched.passes(MINUTE_MS, entries(watched, 999))
    assert watched.told == []


def test_nothing_entering_is_told_from_the_last_entry_on() -> None:
    watched = Watched(FIRST)
    watched.told.clear()
    rules = replace(RULES, nothing_entering_ms=10 * MINUTE_MS)
    watched.take(entries(watched, 1))
    end = watched.now + MINUTE_MS
    assert list(watched.watch.look(rules, [], end + 10 * MINUTE_MS - 1)) == []
    (alert,) = watched.watch.look(rules, [], end + 10 * MINUTE_MS)
    assert isinstance(alert, Alert)
    assert (alert.alert, alert.journey_version, alert.value) == ("nothing_entering", 1, 10)


@pytest.mark.parametrize("text", [b"no json", b"{}", b"[]", b'{"metric": "journeys_inside"}', b"7"])
def test_what_is_no_metric_is_passed_by(text: bytes) -> None:
    assert read_metric(text) is None
