"""The table without the job, recorded and walked once more: a backtest tells what was told.

A row is played in virtual time; what was written, and what was answered, is what a broker would
have recorded of it. Rows in which anything else is said or shared than that are no backtest's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
import pytest

from journeys import codec
from journeys.activation import ActionResolved
from journeys.backtest.answers import Model
from journeys.backtest.recording import Clock, Recorded
from journeys.backtest.walking import Backtest, Terms
from journeys.clock import parse_instant
from journeys.messages import JsonObject
from journeys.plans import Plans
from journeys.records import Record
from journeys.simulator import Simulator
from journeys.step_event import StepEvent
from tests.e2e.acts import Erasure, Event, Pause, Profile, Reaction, Row, Until
from tests.e2e.plans import CAPABILITIES, first_plans, later_plans, with_reference
from tests.e2e.stage import AFTERWARDS_S, SimulatedStage, name_of
from tests.e2e.table import ROWS
from tests.e2e.trace import difference, lines
from tests.e2e.world import world

BEGUN = parse_instant("2026-03-02T10:00:00Z")
PLANS = first_plans()
KNOWN = Plans([*PLANS, *later_plans(BEGUN)])
ACTS = (Event, Profile, Erasure, Reaction, Until, Pause)
"""What a topic carries and one person meets alone, and the time between."""
SHARED = {"business", "bandit"}
"""Rows in which people share more than that: a reading, and what was learnt from others."""
AT_ONCE = {"race_audience"}
"""Rows in which a record comes at the very instant of a timer, and after it: a job meets none."""
ALONE = [
    row
    for row in ROWS
    if all(isinstance(act, ACTS) for act in row.acts) and row.id not in SHARED | AT_ONCE
]


@dataclass(slots=True)
class Recording(SimulatedStage):
    """The stage, with all that was written on it."""

    recorded: dict[str, list[Recorded]] = field(default_factory=lambda: defaultdict(list))

    def _record(self, topic: str, key: str, value: bytes | None) -> Record:
        record = SimulatedStage._record(self, topic, key, value)
        self.recorded[key].append(Recorded(topic, record))
        return record


def played(row: Row) -> Recording:
    answers = world(CAPABILITIES / "answers.json")
    stage = Recording(row, BEGUN, Simulator(with_reference(PLANS), BEGUN, answers))
    for act in row.acts:
        act.on(stage)
    stage.let_pass(AFTERWARDS_S)
    for who in row.people:
        for happening in stage.simulator.trace(stage.name(who)):
            if isinstance(happening.what, ActionResolved):
                text = codec.dump_result(happening.what.result).encode()
                place = Record("results", 0, 0, happening.at, stage.name(who), text, len(text))
                stage.recorded[stage.name(who)].append(Recorded("results", place))
    return stage


def walked(row: Row, stage: Recording) -> dict[str, Sequence[JsonObject]]:
    told: dict[str, list[StepEvent]] = defaultdict(list)
    plans = with_reference(PLANS)
    backtest = Backtest(
        plans,
        Model(plans, {}, {}),
        Terms(stage.simulator.now, Clock.BROKER),
        lambda event: told[event.profile_id].append(event),
    )
    for who in row.people:
        backtest.walk(name_of(row, who), stage.recorded[name_of(row, who)])
    return {
        who: [orjson.loads(codec.dump_step_event(e)) for e in told[name_of(row, who)]]
        for who in row.people
    }


@pytest.mark.parametrize("row", ALONE, ids=lambda row: row.id)
def test_a_backtest_tells_what_was_told(row: Row) -> None:
    stage = played(row)
    before = {who: stage.told(who) for who in row.people}
    found = difference(*(lines(told, KNOWN) for told in (before, walked(row, stage))))
    assert not found, found


def test_most_rows_are_such() -> None:
    assert len(ALONE) > len(ROWS) * 2 / 3
