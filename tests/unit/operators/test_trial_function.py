"""The trial operator at the keyed harness: counts survive, and shares come when they are due."""

from __future__ import annotations

import pytest
from pyflink.common import Row

from journeys import codec, count_codec
from journeys.bandit import Bandit, Tally, TrialReport
from operators.descriptors import TALLY, Route
from operators.trial_function import TrialFunction
from tests.harness.keyed import START, KeyedHarness, routed

BANDIT = Bandit(["a", "b"], 100, 60_000)


def send(harness: KeyedHarness, arm: str, *, succeeded: bool = False, step: str = "try") -> None:
    report = TrialReport("j", 1, step, arm, succeeded, BANDIT)
    row = Row(codec.dump_trial(report))
    assert harness.element(report.experiment, row) == []


def tally(harness: KeyedHarness, experiment: str = "j/1/try") -> Tally:
    found = count_codec.load_tally(harness.store.values[TALLY.name][experiment])
    assert found is not None
    return found


@pytest.mark.parametrize("restart", [True, False])
def test_shares_come_once_after_the_news_and_no_more_until_there_are_others(
    *, restart: bool
) -> None:
    harness = KeyedHarness(TrialFunction, restart=restart)
    for _ in range(200):
        send(harness, "a")
        send(harness, "b")
    for _ in range(20):
        send(harness, "b", succeeded=True)
    assert harness.store.timers == {(START + 60_000, "j/1/try")}
    assert harness.advance("PT59S") == []
    rows = harness.advance("PT1S")
    (weights,) = routed(rows, Route.CONTROL)
    assert rows[0][1] == "j/1/try/weights"
    assert (weights["command"], weights["journey"], weights["version"]) == ("weights", "j", 1)
    assert weights["shares"]["b"] == pytest.approx(95, abs=0.1)
    assert not harness.store.timers
    assert harness.advance("P1D") == []
    send(harness, "a", succeeded=True)
    assert len(harness.advance("PT1M")) == 1


def test_counts_and_the_timer_outlive_the_function() -> None:
    before = KeyedHarness(TrialFunction)
    send(before, "a")
    send(before, "a", succeeded=True)
    after = KeyedHarness(TrialFunction, store=before.store)
    send(after, "a")
    assert (tally(after).given, tally(after).succeeded) == ({"a": 2}, {"a": 1})
    assert len(after.advance("PT1M")) == 1


def test_each_experiment_counts_by_itself() -> None:
    harness = KeyedHarness(TrialFunction)
    send(harness, "a")
    send(harness, "a", step="other")
    assert tally(harness).given == tally(harness, "j/1/other").given == {"a": 1}
    assert len(harness.advance("PT1M")) == 2
