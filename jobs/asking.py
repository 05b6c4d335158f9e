"""Asking the running job about one person: said on the control topic, answered on `answers`."""

from __future__ import annotations

import time
from uuid import uuid4

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import ends, read_topic
from connectors.kafka.topics import Topics
from jobs.control_topic import say
from journeys.control import QueryPerson
from journeys.errors import JourneyError
from journeys.inquiry import LiveState
from journeys.inquiry_codec import load_live_state
from journeys.messages import JsonObject
from journeys.plans import Plans

PATIENCE_S = 10.0
"""How long an answer may take."""


class NoAnswerError(JourneyError):
    """The job has not answered."""


def ask(
    bootstrap: Bootstrap,
    topics: Topics,
    person: str,
    *,
    values: bool = False,
    journey: str | None = None,
    payload: JsonObject | None = None,
) -> LiveState:
    """Ask the running job what it knows of a person.

    Args:
        bootstrap: Kafka's `bootstrap.servers`.
        topics: how topics are named.
        person: the profile id.
        values: whether values of attributes are asked for.
        journey: ask also how its rules judge the person.
        payload: of the event that would begin it.

    Raises:
        NoAnswerError: no answer has come in time: the job does not run, or is far behind.
    """
    name, topic = uuid4().hex, topics.full("answers")
    start = ends(bootstrap, topic)
    query = QueryPerson(profile_id=person, id=name, values=values, journey=journey, payload=payload)
    say(bootstrap, topics, Plans(), [query])
    deadline = time.monotonic() + PATIENCE_S
    found = read_topic(bootstrap, topic, start=start, follow=True, patience_s=PATIENCE_S)
    for record in found if start else ():
        if record.key == person and record.value is not None:
            state = load_live_state(record.value)
            if state.id == name:
                return state
        if time.monotonic() > deadline:
            break
    message = (
        f"the job has not answered within {PATIENCE_S:.0f} s what it knows of {person}: "
        f"`journeys doctor` says whether it runs"
    )
    raise NoAnswerError(message)
