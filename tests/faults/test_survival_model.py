"""The second telling and the engine say the same of any crowd, while nothing fails."""

from __future__ import annotations

import json
from collections import Counter
from itertools import cycle

import pytest

from journeys.messages import ActionRequest, ActionStatus
from journeys.simulator import Answer, succeed
from tests.faults.survival.checker import differences
from tests.faults.survival.crowd import BAD, Size, closing, erasure, storm
from tests.faults.survival.model import expected_of
from tests.faults.survival.simulated import played

SMALL = Size(people=70, hot=120)
"""More of them are keen than there are places."""


@pytest.mark.parametrize("seed", range(3))
def test_the_model_and_the_engine_agree(seed: int) -> None:
    parts = [storm(seed, SMALL), closing(seed, SMALL), erasure(seed, SMALL)]
    lying, observed = played(parts)
    assert differences(expected_of(lying), observed) == []


def test_they_agree_where_a_service_fails() -> None:
    ends = cycle((ActionStatus.SUCCEEDED, ActionStatus.ERROR, ActionStatus.TIMEOUT))

    def answer(request: ActionRequest) -> Answer:
        is_frail = request.action_id == "remind"
        return Answer(next(ends), after_ms=200) if is_frail else succeed(request)

    lying, observed = played([storm(1, SMALL)], answer)
    assert {e["outcome"] for e in observed.events} >= {"succeeded", "error", "timeout"}
    assert differences(expected_of(lying), observed) == []


def test_a_seed_gives_the_same_crowd_again_and_another_another() -> None:
    assert storm(1, SMALL) == storm(1, SMALL)
    assert storm(1, SMALL) != storm(2, SMALL)


def test_a_crowd_has_everything_in_it_that_goes_wrong() -> None:
    sent = storm(1, Size(people=200))
    reasons = Counter(one.planted for one in sent if one.planted)
    assert len(reasons) == len({reason for _, reason, _ in BAD})
    good = [
        json.loads(one.value or b"") for one in sent if one.topic == "events" and not one.planted
    ]
    ids = [event["_id"] for event in good if "_id" in event]
    assert len(ids) - len(set(ids)) > 100, "repeats"
    known = {event["_id"]: event for event in good if "_id" in event}
    assert any(event != known[event["_id"]] for event in good if "_id" in event), "other content"
    assert sum("_id" not in event for event in good) > 50
    assert sum("timestamp" in event for event in good) > 20, "clocks that are wrong"
    kinds = [
        (event["_id"].rpartition("/")[0], event["eventType"], event["n"])
        for event in good
        if "_id" in event
    ]
    places = {kind: at for at, kind in reversed([*enumerate(kinds)])}
    early = [
        kind
        for kind, at in places.items()
        if kind[1] == "survival.answered"
        and at < places.get((kind[0], "survival.asked", kind[2]), 0)
    ]
    assert len(early) > 20, "answers before the question"
    keys = Counter(one.key for one in sent if one.topic == "events")
    assert max(keys.values()) > 250, "one who sends more than all others"
