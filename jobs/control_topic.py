"""The control topic as the command line sees it: what was said, what holds, and saying more."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import orjson

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received, Writer, ends, read_topic
from connectors.kafka.topics import Topics
from jobs.job import Said
from journeys.control import (
    ContradictionError,
    ControlCommand,
    EnterPerson,
    QueryPerson,
    apply,
    dump_command,
    key_of,
)
from journeys.lifecycle import Status
from journeys.metrics import INSIDE
from journeys.plans import Plans
from journeys.presence import SAY_MS, TELL_MS
from journeys.records import MAX_CONTROL_BYTES, restate

_OF_ONE_PERSON = (EnterPerson.command, QueryPerson.command)
_PATIENCE_S = 20.0
"""How long the job may say nothing before it is taken for standing still."""
_STUCK_S = 60.0
"""How long nobody more may follow before it is no longer waited; each is nudged many times then."""
_AFTERWARDS_S = (TELL_MS + SAY_MS) / 1000 + 1.0
"""How long after everybody has followed the last counts come in."""


@dataclass(frozen=True, slots=True)
class Control:
    """What was said on a control topic, and what holds because of it."""

    said: list[Said]
    plans: Plans
    turned: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Journey and version to the instant, in milliseconds, since when it stands where it does."""

    @property
    def texts(self) -> list[str]:
        """What was said, in order."""
        return [one.text for one in self.said]

    @property
    def end(self) -> int:
        """The offset after all that was said."""
        return self.said[-1].offset + 1 if self.said else 0

    @property
    def standing(self) -> list[Said]:
        """What was said of journeys. What was asked of single people is much, and over at once."""
        return [one for one in self.said if not _is_of_one_person(one.text)]


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the people inside a version have followed what was said."""

    journey: str
    version: int
    inside: int
    behind: int


def read_control_topic(bootstrap: Bootstrap, topics: Topics) -> Control:
    """Read all that was said. What the job refuses, and reports, changes nothing here either."""
    return control_of(read_topic(bootstrap, topics.full("control")), round(time.time() * 1000))


def control_of(records: Iterable[Received], now: int) -> Control:
    """Take in the records of the control topic."""
    plans = Plans()
    said = []
    turned: dict[tuple[str, int], tuple[Status, int]] = {}
    for record in records:
        if record.value is None:
            continue
        said.append(Said(offset=record.offset, text=record.value.decode(errors="replace")))
        restate(plans, said[-1].offset, said[-1].text)
        journey = (record.key or "").partition("/")[0]  # as `control.key_of` begins
        for name, status in _statuses(plans, journey, now):
            if name not in turned or turned[name][0] is not status:
                turned[name] = (status, record.timestamp)
    return Control(said, plans, {name: instant for name, (_, instant) in turned.items()})


def _statuses(plans: Plans, journey: str, now: int) -> Iterator[tuple[tuple[str, int], Status]]:
    life = plans.life(journey)
    if life is not None:
        for version in plans.versions(journey):
            yield (journey, version), life.status(version, now)


def _is_of_one_person(text: str) -> bool:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False  # the job reports it
    return isinstance(found, dict) and found.get("command") in _OF_ONE_PERSON


def say(bootstrap: Bootstrap, topics: Topics, plans: Plans, commands: list[ControlCommand]) -> None:
    """Write commands to the control topic, each only if it fits what holds.

    Args:
        bootstrap: Kafka's `bootstrap.servers`.
        topics: how topics are named.
        plans: what holds, just read; changed as the commands say.
        commands: what to say, in order.

    Raises:
        ContradictionError: one does not fit, or is too large; nothing is written then.
    """
    for number, command in enumerate(commands, start=1):
        apply(plans, command, plans.revision + number)
    written = [(key_of(command), dump_command(command)) for command in commands]
    for key, text in written:
        if len(text) > MAX_CONTROL_BYTES:
            message = f"{key} takes {len(text):,} bytes, and {MAX_CONTROL_BYTES:,} are read at most"
            raise ContradictionError(message)
    with Writer(bootstrap) as writer:
        for key, text in written:
            writer.write(topics.full("control"), key.encode(), text)


class Sweep:
    """Watches people follow what is said from now on."""

    def __init__(self, bootstrap: Bootstrap, topics: Topics) -> None:
        self._bootstrap, self._topics = bootstrap, topics
        self._start = ends(bootstrap, topics.full("metrics"))

    def of(self, plans: Plans, journeys: Iterable[str]) -> Iterator[Followed]:
        """Tell how far each version of some journeys is, until all have followed.

        Ends early where the job says nothing of them for long: it may not run. And where nobody
        more has followed for long: something is wrong, and whoever asked must not wait for ever.

        Args:
            plans: what holds, read after it was said.
            journeys: those to tell of.
        """
        revisions = {name: life.revision for name in journeys if (life := plans.life(name))}
        versions = [(name, version) for name in revisions for version in plans.versions(name)]
        behind = dict.fromkeys(versions, math.inf)  # until something is told of them
        moved = time.monotonic()
        for followed in self._told(revisions, _PATIENCE_S):
            yield followed
            version = followed.journey, followed.version
            if followed.behind < behind.get(version, 0):
                behind[version], moved = followed.behind, time.monotonic()
            if not any(behind.values()) or time.monotonic() > moved + _STUCK_S:
                break
        # Those who have left one version are counted in another a little later.
        last = time.monotonic() + _AFTERWARDS_S
        for followed in self._told(revisions, _AFTERWARDS_S):
            yield followed
            if time.monotonic() > last:
                return

    def _told(self, revisions: Mapping[str, int], patience_s: float) -> Iterator[Followed]:
        metrics = self._topics.full("metrics")
        records = read_topic(
            self._bootstrap, metrics, start=self._start, follow=True, patience_s=patience_s
        )
        heard = time.monotonic()
        with closing(records):
            for record in records:
                if time.monotonic() > heard + patience_s:
                    return  # others are told of, and these are not
                self._start[record.partition] = record.offset + 1
                found = orjson.loads(record.value or b"{}")
                journey = found.get("journey_id")
                if found.get("metric") != INSIDE or journey not in revisions:
                    continue  # the job that counts tells of journeys, too
                heard = time.monotonic()
                if found["revision"] >= revisions[journey]:
                    version = found["journey_version"]
                    yield Followed(journey, version, found["value"], found["behind"])
