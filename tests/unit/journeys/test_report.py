"""What step events add up to."""

from __future__ import annotations

import json
from typing import Any

from journeys import codec
from journeys.control import publish_message
from journeys.messages import ActionStatus
from journeys.mode import Mode
from journeys.report import Walked, report
from journeys.state import MAX_PENDING
from tests.harness.person import Person
from tests.harness.plans import SIMPLE, plan_of

SHADOW = Mode.SHADOW
ACTING = """
kind: journey
id: acting
version: 1
entry: {event: signup, reentry: {allowed: false}}
steps:
  pause: {wait: PT1H}
  hello: {action: mail}
"""


def read(person: Person) -> list[dict[str, Any]]:
    return [json.loads(codec.dump_step_event(event)) for event in person.step_events]


def walked() -> list[dict[str, Any]]:
    """Five people: waiting, waiting for a result, completed, failed, refused."""
    events = []
    for n in range(5):
        person = Person(
            plan_of(ACTING), profile={"email": "a@example.org", "firstName": "A"}, name=f"p{n}"
        )
        person.signs_up(plan="basic")
        if n > 0:
            person.passes("PT1H")
        if n == 2:
            person.resolve()
        if n == 3:
            person.resolve(status=ActionStatus.ERROR, code="http_500")
        if n == 4:
            person.changes(None)
            person.signs_up(plan="basic")
            person.signs_up(plan="basic")
        events += read(person)
    return events


def test_everybody_is_somewhere() -> None:
    found = report(walked())[Walked("acting", 1)]
    assert found.entered == 6
    assert found.inside == {"pause": 2, "hello": 1}
    assert (found.completed, found.exited, found.failed) == (
        1,
        {"erased": 1},
        {"action_error": 1},
    )
    assert found.not_entered == {"already_inside": 1}
    assert found.drift == 0
    assert found.steps["hello"] == {"requested": 4, "succeeded": 1, "error": 1}


TRIED = """
kind: journey
id: tried
version: 1
entry: {event: signup}
steps:
  try:
    experiment:
      arms: [{id: short, percent: 30}, {id: long, percent: 70}]
      metric: {event: purchase, within: P7D}
    max_visits: 1
    on: {max_visits: end}
  pause: {wait: PT1H, next: try}
"""


def test_arms_of_experiments_are_compared() -> None:
    events = []
    for n in range(40):
        person = Person(plan_of(TRIED), name=f"p{n}")
        person.signs_up()
        person.passes("PT1H")
        if n % 4 == 0:
            person.buys()
        events += read(person)
    found = report(events)[Walked("tried", 1)]
    assert found.drift == 0
    arms = found.experiments["try"]
    assert set(arms) == {"short", "long"}
    assert sum(arm.given for arm in arms.values()) == 40
    assert sum(arm.converted for arm in arms.values()) == 10
    first, second = found.experiment_lines()
    long, short = arms["long"], arms["short"]
    rate = f"{100 * long.converted / long.given:.1f} %"
    assert first == f"    try          long: {long.given} given, {long.converted} converted, {rate}"
    assert second.startswith(f"    try          short: {short.given} given")


def test_order_and_repeats_change_nothing() -> None:
    events = walked()
    assert report([*reversed(events), *events]) == report(events)


def test_what_is_lost_shows_as_drift() -> None:
    events = [e for e in walked() if e["outcome"] != "completed"]
    lost = [e for e in events if not (e["step_id"] == "pause" and e["profile_id"] == "p0")]
    assert report(lost)[Walked("acting", 1)].drift == 2


def test_versions_are_told_apart() -> None:
    ann = Person(plan_of(SIMPLE))
    ann.signs_up()
    bob = Person(plan_of(SIMPLE.replace("version: 1", "version: 2")), name="bob")
    bob.signs_up()
    assert list(report(read(bob) + read(ann))) == [("simple", 1, "live"), ("simple", 2, "live")]


def test_an_event_that_a_busy_walk_could_not_keep_moves_nobody() -> None:
    race = "  race: {first_of: [{event: purchase, to: end}]}\n"
    text = ACTING.replace("  pause: {wait: PT1H}\n", "") + race
    ann = Person(plan_of(text), profile={"email": "a@example.org", "firstName": "A"})
    ann.signs_up(plan="basic")
    for _ in range(MAX_PENDING + 2):
        ann.buys()
    found = report(read(ann))[Walked("acting", 1)]
    assert found.inside == {"hello": 1}
    assert found.steps["hello"] == {"requested": 1, "discarded": 2}


def test_rehearsals_stand_apart_from_what_really_happened() -> None:
    ann = Person(plan_of(SIMPLE))
    newer = plan_of(SIMPLE.replace("version: 1", "version: 2"))
    ann.simulator.say(publish_message(newer, SHADOW))
    ann.signs_up()
    ann.simulator.say(publish_message(newer))
    ann.passes("P2D")
    ann.signs_up()
    found = report(read(ann))
    assert [str(walked) for walked in found] == ["simple v1", "simple v2", "simple v2 (shadow)"]
    assert [version.entered for version in found.values()] == [1, 1, 1]
    assert found[Walked("simple", 2, SHADOW)].exited == {"rehearsal_over": 1}
    assert all(version.drift == 0 for version in found.values())
    assert report(read(ann) * 2) == found


def test_step_events_of_the_first_release_count_as_real() -> None:
    ann = Person(plan_of(SIMPLE))
    ann.signs_up()
    events = [{n: v for n, v in event.items() if n != "mode"} for event in read(ann)]
    assert list(report(events)) == [("simple", 1, "live")]
