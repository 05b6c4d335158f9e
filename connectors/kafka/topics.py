"""The catalogue of topics: names, who writes them, how they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""What a topic takes. Far above what the job reads, so that a record too large is reported as a
dead letter where it would otherwise fail at its producer and be seen by nobody."""

KEPT_MS = 91 * 86_400_000
"""A quarter of a year, as long as reports look back (`journey-semantics` A.18)."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its name after the prefix and what is particular about it."""

    name: str
    purpose: str
    compacted: bool = False
    """Whether Kafka keeps the last record of each key, and not all."""
    single_partition: bool = False
    kept_ms: int | None = None
    """How long its records are kept, where that is not Kafka's own time."""


CATALOGUE = (
    Topic("events", "in: experience events, keyed by profile id"),
    Topic("profiles", "in: merge patches of attributes, keyed by profile id"),
    Topic(
        "control",
        "in: plans and commands, keyed by what they speak of",
        compacted=True,
        single_partition=True,
    ),
    Topic(
        "tables",
        "in: rows of reference data, keyed by dataset and row",
        compacted=True,
        single_partition=True,
    ),
    Topic("feedback", "in: what became of messages, keyed by profile id"),
    Topic("results", "inner: ends of actions, keyed by profile id"),
    Topic("places", "inner: places given by caps, keyed by profile id"),
    Topic(
        "nudges",
        "inner: people who are to follow what was said or who are read, keyed by profile id",
    ),
    Topic(
        "identities",
        "inner: what came to another identity of a person, keyed by the identity it is for",
    ),
    Topic(
        "answers",
        "out: what is known of one person, for whoever asked, keyed by profile id",
        kept_ms=3_600_000,
    ),
    Topic("step-events", "out: what becomes of every person, keyed by profile id"),
    Topic(
        "metrics",
        "out: counts, keyed by metric and what is counted",
        compacted=True,
        kept_ms=KEPT_MS,
    ),
    Topic(
        "alerts",
        "out: what somebody should look at, keyed by what it is about",
        compacted=True,
        kept_ms=KEPT_MS,
    ),
    Topic("dead-letters", "out: records that could not be used, with reason and origin"),
)


class Topics(BaseModel):
    """How topics are named and cut."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = "journeys."
    """Stands before every topic's name."""
    partitions: Annotated[int, Field(ge=1, le=1024)] = 4
    """Of each topic that is created; `control` and `tables` have one."""
    replication: Annotated[int, Field(ge=1, le=5)] = 1
    """Copies of each partition."""

    def full(self, name: str) -> str:
        """Give the full name of a topic of the catalogue.

        Raises:
            KeyError: the catalogue has no such topic.
        """
        if all(topic.name != name for topic in CATALOGUE):
            raise KeyError(name)
        return self.prefix + name
