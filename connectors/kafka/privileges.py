"""Who needs which privileges of Kafka, and not one more.

Follows from the catalogue of topics, and from the groups and transactional ids that jobs use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

from connectors.kafka.topics import CATALOGUE, Topics

TRANSACTIONS: Final = "step-events"
"""Ends what transactional ids of the job begin with, behind its name."""
REPORTING: Final = "reporting"
"""Ends the name of the job that counts, which is its group too."""
BACKTEST: Final = "backtest"
"""Ends the name of the job of a backtest, which is its group too."""


class Role(StrEnum):
    """Who comes to Kafka."""

    JOB = "job"
    REPORTING = "reporting"
    INGEST = "ingest"
    RECEIVER = "receiver"
    COMMAND_LINE = "command-line"
    ANALYST = "analyst"
    PRODUCER = "producer"


class Kind(StrEnum):
    """What a privilege is of, in the words of `kafka-acls`."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


class Operation(StrEnum):
    """What may be done, in the words of `kafka-acls`; to read or write includes Describe."""

    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"


@dataclass(frozen=True, slots=True)
class Privilege:
    """One operation on one thing, or on all whose names begin so."""

    kind: Kind
    name: str
    operation: Operation
    is_prefix: bool = False

    def __str__(self) -> str:
        of = f"{self.kind} {self.name}{'*' if self.is_prefix else ''}"
        return f"{self.operation} of {of}"


_ALL: Final = tuple(topic.name for topic in CATALOGUE)
READS: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.JOB: (
        *("events", "profiles", "feedback", "results", "places", "nudges", "identities"),
        *("control", "tables"),
    ),
    Role.REPORTING: ("step-events", "feedback", "dead-letters", "metrics", "control"),
    Role.INGEST: ("control", "tables", "metrics"),
    Role.RECEIVER: (),
    Role.COMMAND_LINE: _ALL,
    Role.ANALYST: ("step-events", "feedback", "dead-letters", "metrics", "alerts", "control"),
    Role.PRODUCER: (),
}
_READERS: Final = (Role.COMMAND_LINE, Role.ANALYST)
"""Who also reads the events that journeys send to topics of their own."""
WRITES: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.JOB: (
        *("step-events", "dead-letters", "answers", "metrics", "control", "events"),
        *("results", "places", "nudges", "identities"),
    ),
    Role.REPORTING: ("metrics", "alerts", "control"),
    Role.INGEST: ("events", "profiles", "tables", "dead-letters", "metrics"),
    Role.RECEIVER: ("feedback",),
    Role.COMMAND_LINE: ("control", "tables", "events", "profiles"),
    Role.ANALYST: (),
    Role.PRODUCER: ("events", "profiles"),
}


def privileges(
    role: Role, name: str, topics: Topics, emitted: Iterable[str] = ()
) -> Iterator[Privilege]:
    """Give what a role needs.

    Args:
        role: who.
        name: of the project's job.
        topics: how topics are named.
        emitted: topics besides those of the catalogue, which journeys send events to.
    """
    others = sorted({*emitted} - {*_ALL})
    read = [*READS[role], *(others if role in _READERS else ())]
    written = [*WRITES[role], *(others if role is Role.JOB else ())]
    for operation, names in (
        (Operation.READ, read),
        (Operation.WRITE, written),
    ):
        yield from (Privilege(Kind.TOPIC, topics.prefix + each, operation) for each in names)
    match role:
        case Role.JOB:
            yield Privilege(Kind.GROUP, name, Operation.READ)
            # Ids go on with the number of a subtask and of a checkpoint.
            ids = transactions(name)
            yield Privilege(Kind.TRANSACTIONAL_ID, ids, Operation.WRITE, is_prefix=True)
        case Role.REPORTING:
            yield Privilege(Kind.GROUP, f"{name}-{REPORTING}", Operation.READ)
        case Role.COMMAND_LINE:
            every = (topics.prefix or "*", bool(topics.prefix))
            for operation in (Operation.CREATE, Operation.DESCRIBE_CONFIGS):
                yield Privilege(Kind.TOPIC, every[0], operation, is_prefix=every[1])
            yield Privilege(Kind.GROUP, name, Operation.DESCRIBE)
            yield Privilege(Kind.GROUP, f"{name}-{BACKTEST}", Operation.READ)
        case _:
            return


def transactions(name: str) -> str:
    """Give what the transactional ids of a job begin with."""
    return f"{name}-{TRANSACTIONS}"


def commands(needed: Iterable[Privilege], principal: str) -> Iterator[str]:
    """Give the lines of `kafka-acls` that allow a principal what it needs."""

    def alike(each: Privilege) -> tuple[str, str, bool]:
        return each.kind, each.operation, each.is_prefix

    for (kind, operation, is_prefix), same in groupby(sorted(needed, key=alike), key=alike):
        names = " ".join(f"--{kind} '{each.name}'" for each in same)
        pattern = " --resource-pattern-type prefixed" if is_prefix else ""
        yield (
            "kafka-acls.sh --bootstrap-server $KAFKA --command-config admin.properties --add "
            f"--allow-principal '{principal}' --operation {operation} {names}{pattern}"
        )
