from __future__ import annotations

from journeys.activity import Branch
from tests.harness.plans import RICH, plan_of


def test_every_step_names_its_ways_out_as_step_events_do() -> None:
    ways = {name: step.branches() for name, step in plan_of(RICH).steps.items()}
    assert ways == {
        "choose": [Branch("ask", "big"), Branch("race", "else")],
        "ask": [
            Branch("race"),
            Branch("race", "error"),
            Branch("pause", "timeout"),
            Branch("end", "not_sent"),
        ],
        "race": [Branch("remind", "purchase"), Branch("pause", "wait")],
        "pause": [Branch("race")],
        "remind": [Branch("end"), Branch("lost", "error")],
        "lost": [],
    }
