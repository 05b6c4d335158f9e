"""Rows of the table: what is said of journeys while people are inside.

Each has a journey of its own, because all rows play at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from journeys.control import (
    CloseJourney,
    EndRehearsal,
    PauseJourney,
    ResumeJourney,
    StopJourney,
)
from journeys.mode import Mode
from tests.e2e.acts import (
    Act,
    Event,
    GoBack,
    In,
    Pause,
    Profile,
    Publish,
    Reaction,
    Row,
    Say,
    Until,
)

WOKEN_S = 45
"""Seconds after the beginning at which a pause ends: the job has long read of it, if it is slow."""
PAUSED = "pausing"
"""The journey that is paused with people at every kind of step."""
_STANDING = [
    Until("wait", who="wait"),
    Until("race", who="race"),
    Until("call", "requested", who="call"),
    Until("look", "requested", who="look"),
    Until("before_cap", who="cap"),
    Until("before_rank", who="rank"),
    Until("quiet", who="quiet"),
    Until("pose", who="react"),
]
"""Where they are: each has the name of their place."""
_HELD = {
    "wait": "send",
    "race": "ring",
    "call": "send",
    "look": "ring",
    "cap": "send",
    "rank": "note",
    "quiet": "quiet",
    "react": "tell",
}
"""Person to the step that they are held at."""


def _events(journey: str, places: Iterable[str]) -> list[Act]:
    return [Event(journey, {"at": place}, who=place) for place in places]


LIFECYCLES = [
    Row(
        "versions",
        "a new version takes new people, and those inside finish",
        [
            Event("versioned"),
            Until("line"),
            Publish("versioned"),
            Event("versioned", who="bob"),
            Event("go"),
        ],
    ),
    Row(
        "in_flight",
        "a new version moves those inside, but for some steps, and takes along what is kept",
        [
            *_events("renewed", ("race", "busy", "rest", "old", "gone", "over")),
            *(Until(step, who=step) for step in ("race", "rest", "old", "gone", "over")),
            Until("call", "requested", who="busy"),
            Event("go", who="busy"),
            Publish("renewed"),
            *(Event("go", who=who) for who in ("race", "rest", "old", "gone", "over")),
        ],
    ),
    Row(
        "unmapped",
        "who has no place in the new version exits",
        [
            Event("unmapped"),
            Until("stay"),
            Publish("unmapped"),
            Event("unmapped", who="bob"),
        ],
    ),
    Row(
        "roll_back",
        "people go back to where they were, and those who went on finish",
        [
            Event("returned"),
            Event("returned", who="bob"),
            Until("line"),
            Until("line", who="bob"),
            Publish("returned"),
            Event("returned", who="cat"),
            Event("go", who="bob"),
            Until("queue", "moved_in"),
            Until("last", who="bob"),
            Until("queue", who="cat"),
            GoBack("returned"),
            Until("line", "moved_in", who="cat"),
            Event("go"),
            Event("returned", who="dan"),
        ],
    ),
    Row(
        "pause",
        "people at every kind of step are held in a pause, and nothing that they did is lost",
        [
            Publish("pausing"),
            Profile({"told": True}, who="rank"),
            *_events("pausing", _HELD),
            *_STANDING,
            Say(PauseJourney(journey=PAUSED)),
            Event("pausing", who="late"),
            Event("go", who="call"),
            Event("go", who="race"),
            Reaction("link", "clicked", who="react"),
            *(Until(step, "held", who=who) for who, step in _HELD.items()),
            *(Event("go", who=who) for who in _HELD if who not in ("call", "react")),
            Pause(2),
            Say(ResumeJourney(journey=PAUSED)),
            Event("pausing", {"at": "race"}, who="late"),
        ],
    ),
    Row(
        "pause_discard",
        "who comes to a step that acts exits in a pause",
        [
            Event("dropped"),
            Until("line"),
            Say(PauseJourney(journey="dropped", then="discard")),
            Event("go"),
            Until("send", "exited"),
            Say(ResumeJourney(journey="dropped")),
            Event("dropped", who="bob"),
        ],
    ),
    Row(
        "pause_until",
        "a pause ends by itself",
        [
            Event("napping"),
            Until("line"),
            Say(PauseJourney(journey="napping"), until=In(WOKEN_S)),
            Event("go"),
            Event("napping", who="bob"),
            Until("send", "succeeded"),
            Event("napping", who="bob"),
            Until("line", who="bob"),
            Event("go", who="bob"),
        ],
    ),
    Row(
        "pause_again",
        "a pause is given an end while people are held",
        [
            Event("napping_more"),
            Until("line"),
            Say(PauseJourney(journey="napping_more")),
            Event("go"),
            Until("send", "held"),
            Say(PauseJourney(journey="napping_more"), until=In(WOKEN_S)),
        ],
    ),
    Row(
        "mended",
        "a version is mended while it is paused",
        [
            Event("mended"),
            Until("line"),
            Say(PauseJourney(journey="mended")),
            Event("go"),
            Until("send", "held"),
            Profile({"phone": "+33612345678"}),
            Publish("mended"),
            Until("ring", "moved_in"),
            Say(ResumeJourney(journey="mended")),
        ],
    ),
    Row(
        "close",
        "nobody enters any more, and those inside go on",
        [
            Event("shut"),
            Until("line"),
            Say(CloseJourney(journey="shut")),
            Event("shut", who="bob"),
            Event("go"),
        ],
    ),
    Row(
        "stop",
        "nobody enters any more, and everybody is let out",
        [
            Event("halted"),
            Until("stay"),
            Say(StopJourney(journey="halted")),
            Event("halted", who="bob"),
        ],
    ),
    Row(
        "test",
        "a test takes flagged people, shortens their waits, and is ended",
        [
            Profile({"testProfile": True}),
            Publish("tested", Mode.TEST, longest_wait_ms=2000),
            Event("tested"),
            Event("tested", who="bob"),
            Until("line"),
            Say(EndRehearsal(journey="tested")),
        ],
    ),
    Row(
        "test_alone",
        "where only a test is published, others are told that it is one",
        [Publish("untried", Mode.TEST), Event("untried")],
    ),
    Row(
        "dry_run",
        "a dry run decides all and does nothing, until it is published",
        [
            Publish("drilled", Mode.DRY_RUN),
            Event("drilled"),
            Until("line"),
            Publish("drilled"),
            Event("drilled", who="bob"),
        ],
    ),
    Row(
        "shadow",
        "a shadow runs beside the live version",
        [
            Publish("shadowed", Mode.SHADOW),
            Event("shadowed"),
            Until("send", "succeeded"),
            Event("go"),
            Event("shadowed", who="bob"),
            Until("send", "succeeded", who="bob"),
            Event("shadowed", who="bob"),
            Until("entry", "not_entered", who="bob"),
            Publish("shadowed"),
            Event("go", who="bob"),
        ],
    ),
]
