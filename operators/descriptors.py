"""Every name that lives in a savepoint. Changing one loses state: a contract test keeps them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeAlias

from pyflink.common.typeinfo import Types
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

FlinkContext: TypeAlias = Any
"""PyFlink's contexts of keyed, broadcast and timer calls have no type in common."""

PERSON = ValueStateDescriptor("person", Types.STRING())
"""Walks under way, recent events, leaves: `codec.dump_person`."""
PROFILE = ValueStateDescriptor("profile", Types.STRING())
"""Attributes: `codec.dump_profile`. Apart from the person, so that it is read only when needed."""
HISTORY = ValueStateDescriptor("history", Types.STRING())
"""What a person did before: `codec.dump_history`. Apart, for the same reason."""
PLANS = MapStateDescriptor("plans", Types.STRING(), Types.STRING())
"""Broadcast: `journey/version` to the plan as JSON."""
LIFECYCLES = MapStateDescriptor("lifecycles", Types.STRING(), Types.STRING())
"""Broadcast: journey to what holds of it, `codec.dump_lifecycle`."""
DEFINITIONS = MapStateDescriptor("definitions", Types.STRING(), Types.STRING())
"""Broadcast: `kind/id` to a definition that belongs to no journey, `codec.dump_definition`."""
TABLES = MapStateDescriptor("tables", Types.STRING(), Types.STRING())
"""Broadcast: `dataset/key` to a row of reference data, `table_codec.dump_row`; and under an empty
key how far their topic has been read, `table_codec.dump_came`."""
TAKEN = ValueStateDescriptor("taken", Types.STRING())
"""Of one cap: the places given away, `count_codec.dump_count`."""
WEIGHTS = MapStateDescriptor("weights", Types.STRING(), Types.STRING())
"""Broadcast: `journey/version/step` to the shares of an experiment, `count_codec.dump_weights`."""
TALLY = ValueStateDescriptor("tally", Types.STRING())
"""Of one experiment: what is known of its arms, `count_codec.dump_tally`."""
PENDING = MapStateDescriptor("pending", Types.STRING(), Types.STRING())
"""Of one endpoint: request id to the request, until its result has left."""
ENDED = MapStateDescriptor("ended", Types.STRING(), Types.STRING())
"""Of one endpoint, after a failure: request id to a result that came before its call was asked for
again, until all such calls have been."""
QUOTA = ValueStateDescriptor("quota", Types.STRING())
"""Of one endpoint: its limits, and what was taken of them, `dispatch_codec.dump_quota`."""

INSIDE = MapStateDescriptor("inside", Types.STRING(), Types.STRING())
"""Of one part of a version: instance id to who is there, `count_codec.dump_place`."""
PART = ValueStateDescriptor("part", Types.STRING())
"""Of one part of a version: how many are inside, and the sweep, `count_codec.dump_part`."""
OCCUPANCY = MapStateDescriptor("occupancy", Types.STRING(), Types.STRING())
"""Of one version: part to how many are inside, `count_codec.dump_occupancy`."""
HEADCOUNT = ValueStateDescriptor("headcount", Types.STRING())
"""Of one version: what is remembered between two headcounts, `count_codec.dump_counting`."""
PEOPLE = MapStateDescriptor("people", Types.STRING(), Types.STRING())
"""Of one part of the people: ids of those who have a profile, each to an empty text."""
AGENDA = ValueStateDescriptor("agenda", Types.STRING())
"""Of one part of the people: what it has to read, `reading_codec.dump_agenda`."""
COUNTS = MapStateDescriptor("counts", Types.STRING(), Types.STRING())
"""Of one journey: the key of a count to what was counted, as long as alerts are drawn from it."""
WATCH = ValueStateDescriptor("watch", Types.STRING())
"""Of one journey: its ledger and alerts, `watch_codec.dump_watch`."""

ROUTED = Types.ROW_NAMED(["route", "k", "v"], [Types.STRING(), Types.STRING(), Types.STRING()])
"""What the journey operator emits: where to, Kafka key, Kafka value."""


class Route(StrEnum):
    """Where a row of the journey operator goes. Topics carry the same names."""

    STEP_EVENT = "step-events"
    DEAD_LETTER = "dead-letters"
    REQUEST = "requests"
    RESULT = "results"
    CLAIM = "claims"
    """For a place of a cap; the row's key is the cap."""
    PLACE = "places"
    PRESENCE = "presence"
    """Who is inside which version, and sweeps; the row's key is the part."""
    OCCUPANCY = "occupancy"
    """How many are inside a part; the row's key is the version."""
    PEOPLE = "people"
    """Who has a profile, and what is to be read; the row's key is the part."""
    NUDGE = "nudges"
    IDENTITY = "identities"
    """What passes from one identity to another; the row's key is the identity that it is for."""
    METRIC = "metrics"
    ALERT = "alerts"
    TRIAL = "trials"
    """For the counter of an experiment; the row's key is the experiment."""
    CONTROL = "control"
    IGNORED = "ignored"
    """Counted by type into `metrics`; the row's key is the event type, or `KEPT_OUT` and a dataset.
    """
    ANSWER = "answers"
    """What is known of a person, for whoever asked."""


EMITTED = "to:"
"""Before the name of a topic that an author chose: no route of ours can be meant by it."""
KEPT_OUT = ".dataset/"
"""Before the name of a dataset whose record reaches nobody."""


Said = tuple[str, str | None, str]
"""What an operator says: a row of `ROUTED`, as it leaves a batch."""


def routed(route: Route | str, key: str | None, value: str) -> Said:
    """Say something on a route, under a key."""
    return str(route), key, value


class Uid(StrEnum):
    """Identities of the Python operators in savepoints; `jobs.topology` names the others."""

    JOURNEY = "journey-engine"
    DISPATCH = "dispatch"
    PLACES = "places"
    PRESENCE = "presence"
    PEOPLE = "people"
    HEADCOUNT = "headcount"
    TRIALS = "trials"
    WATCH = "watch"
    """Of the reporting job."""
