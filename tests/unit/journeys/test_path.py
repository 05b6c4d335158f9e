"""The path of a person, as step events tell it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from journeys import codec
from journeys.control import publish_message
from journeys.errors import CodecError
from journeys.messages import ActionStatus
from journeys.mode import Mode
from journeys.path import line, paths, words
from journeys.report import Walked
from tests.harness.person import Person
from tests.harness.plans import SIMPLE, plan_of

WALK = """
kind: journey
id: walk
version: 1
entry: {event: signup}
steps:
  hello: {action: mail, on: {error: lost}}
  race: {first_of: [{event: purchase, to: end}, {wait: P1D, to: end}]}
  lost: {end: failed}
"""


def walking() -> Person:
    ann = Person(plan_of(WALK), profile={"email": "a@example.org", "firstName": "A"})
    ann.signs_up("e1", plan="basic")
    ann.passes("PT1S")
    ann.resolve(code="smtp_250")
    ann.signs_up("e2", plan="basic")
    ann.buys("e3")
    return ann


def test_every_step_of_every_walk_has_a_line() -> None:
    ann = walking()
    first, second = (list(path.lines()) for path in paths(ann.step_events))
    assert first == [
        f"walk v1 walk {ann.step_events[0].instance_id}",
        "  2026-03-01T08:00:00.000Z  entered: event account.signup",
        "  2026-03-01T08:00:00.000Z  hello requested: email mail",
        "  2026-03-01T08:00:01.000Z  hello succeeded: email mail, smtp_250",
        "  2026-03-01T08:00:01.000Z  race waiting until 2026-03-02T08:00:01.000Z",
        "  2026-03-01T08:00:01.000Z  race passed by 'purchase': event commerce.purchases",
        "  2026-03-01T08:00:01.000Z  race completed",
    ]
    assert second == [
        "walk v1 no walk",
        "  2026-03-01T08:00:01.000Z  not entered (already_inside): event account.signup",
    ]


def test_a_failed_call_says_why() -> None:
    ann = Person(plan_of(WALK), profile={"email": "a@example.org", "firstName": "A"})
    ann.signs_up(plan="basic")
    ann.resolve(status=ActionStatus.ERROR, code="http_500", detail="the provider is ill")
    (path,) = paths(ann.step_events)
    assert [text.split("  ")[-1] for text in path.lines()][-2:] == [
        "hello error (action_error): email mail, http_500, the provider is ill",
        "lost failed (action_error)",
    ]


def test_a_rehearsal_is_named_and_what_is_not_sent_too() -> None:
    ann = Person(profile={"email": "a@example.org", "firstName": "A"})
    ann.simulator.say(publish_message(plan_of(WALK), Mode.SHADOW))
    ann.signs_up(plan="basic")
    (path,) = paths(ann.step_events)
    assert path.walked == Walked("walk", 1, Mode.SHADOW)
    head, _, dry, *_ = path.lines()
    assert head.startswith("walk v1 (shadow) walk ")
    assert dry.endswith("hello not sent (dry_run): email mail")


def test_a_walk_that_moves_to_another_version_stays_one_walk() -> None:
    moving = SIMPLE.replace("version: 1", "version: 2\nin_flight: {default: move}")
    ann = Person(plan_of(SIMPLE))
    ann.signs_up()
    ann.simulator.say(publish_message(plan_of(moving)))
    (path,) = paths(ann.step_events)
    assert [text.split("  ")[-1] for text in path.lines()][-2:] == [
        "pause moved out by 'v2'",
        "v2: pause moved in until 2026-03-01T09:00:00.000Z",
    ]


def test_a_step_event_that_is_read_twice_counts_once() -> None:
    told = walking().step_events
    assert paths([*told, *told]) == paths(told)


def test_a_line_by_itself_names_the_version() -> None:
    told = walking().step_events[0]
    assert line(told) == "2026-03-01T08:00:00.000Z  walk v1: entered: event account.signup"


def test_words_are_those_of_traces() -> None:
    told = walking().step_events[3]
    assert words(told, "+PT10M") == "race waiting until +PT10M"


# Step events as they are read.


def test_a_step_event_is_read_as_it_was_written() -> None:
    for event in walking().step_events:
        assert codec.load_step_event(codec.dump_step_event(event)) == event


def test_fields_of_other_releases_do_no_harm() -> None:
    event = walking().step_events[0]
    text = codec.dump_step_event(event)
    newer = text.replace("{", '{"of_a_newer_release":1,', 1)
    older = text.replace(',"mode":"live"', "")
    assert codec.load_step_event(newer) == codec.load_step_event(older) == event


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"outcome":"flown"}'])
def test_what_is_no_step_event_is_refused(text: str) -> None:
    with pytest.raises(CodecError, match="step event"):
        codec.load_step_event(text)


def test_only_what_is_known_of_an_entry_is_told() -> None:
    event = replace(walking().step_events[0], event_type=None, cause=None)
    assert line(event).endswith("walk v1: entered")
    assert line(replace(event, cause="api")).endswith("walk v1: entered: api")
