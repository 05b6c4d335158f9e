from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import pairwise

from bench import timers, waiting
from bench.load import Load
from journeys.clock import parse_instant

LOAD = Load(events=20_000, people=1_000, matching=0.1, listened=5)
EVENTS = [(key, json.loads(value)) for key, value in LOAD.records()]


def test_the_same_seed_gives_the_same_events() -> None:
    assert [*LOAD.records()] == [*LOAD.records()]
    other = Load(events=20_000, people=1_000, matching=0.1, listened=5, seed=8)
    assert [*LOAD.records()] != [*other.records()]


def test_as_many_events_match_as_are_asked_for() -> None:
    kinds = Counter(event["eventType"] for _, event in EVENTS)
    matching = {kind: count for kind, count in kinds.items() if kind.startswith("match.")}
    assert len(matching) == 5
    assert 0.08 < sum(matching.values()) / len(EVENTS) < 0.12


def test_few_people_do_much() -> None:
    counts = sorted(Counter(key for key, _ in EVENTS).values(), reverse=True)
    assert 0.15 < sum(counts[:10]) / len(EVENTS) < 0.30
    assert all(key.decode() == e["identityMap"]["ecid"][0]["id"] for key, e in EVENTS)


def test_some_events_come_twice_and_some_out_of_order() -> None:
    ids = Counter(event["_id"] for _, event in EVENTS)
    assert 0.005 < sum(count - 1 for count in ids.values()) / len(EVENTS) < 0.02
    instants = [parse_instant(event["timestamp"]) for _, event in EVENTS]
    earlier = sum(second < first for first, second in pairwise(instants))
    assert 0.03 < earlier / len(EVENTS) < 0.07


def test_events_of_a_session_are_of_one_person() -> None:
    people = defaultdict(set)
    for key, event in EVENTS:
        people[event["session"]].add(key)
    assert all(len(found) == 1 for found in people.values())
    assert len(people) < len(EVENTS) / 2


def test_later_events_have_ids_of_their_own() -> None:
    later = Load(events=1_000, people=1_000, matching=0.1, listened=5, first=20_000)
    found = {json.loads(value)["_id"] for _, value in later.records()}
    assert found.isdisjoint(event["_id"] for _, event in EVENTS)


def test_waits_fall_due_evenly_within_the_time() -> None:
    dues = [parse_instant(json.loads(v)["due"]) for _, v in timers.entries(6, 1_000_000, 60_000)]
    assert dues == [1_000_000 + n * 10_000 for n in range(6)]


def test_who_waits_leaves_by_their_own_cart() -> None:
    (key, entered), (same, left) = waiting.cart(17), waiting.purchase(17)
    assert key == same
    assert json.loads(entered)["cartId"] == json.loads(left)["cartId"]
    assert 200 < len(entered) < 400
