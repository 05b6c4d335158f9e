"""What an admin client asks of a broker: topics, settings, privileges, how far groups have read."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from kafka import KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    NotCoordinatorError,
    TopicAlreadyExistsError,
    TransactionalIdAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import ends
from connectors.kafka.opening import open_client, refusals
from connectors.kafka.privileges import Kind, Privilege
from connectors.kafka.topics import CATALOGUE, MAX_RECORD_BYTES, Topic, Topics

SEGMENT_MS = 3_600_000
_LOADING_S = 0.2
_LOADING_TRIES = 50
_LOADING = (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError)
"""A broker that has just begun makes the topic first in which groups commit, or reads it: seconds.
"""

Answer = TypeVar("Answer")


def create_topics(bootstrap: Bootstrap, topics: Topics, emitted: Iterable[str] = ()) -> list[str]:
    """Create the topics that are missing; give the names of those created.

    Args:
        bootstrap: the broker's address.
        topics: how topics are named and cut.
        emitted: topics besides those of the catalogue, which journeys send events to.
    """
    known = {topic.name for topic in CATALOGUE}
    own = [Topic(name, "out: events of journeys") for name in sorted(set(emitted) - known)]
    admin = open_client(KafkaAdminClient, bootstrap)
    try:
        present = set(admin.list_topics())
        wanted = [*CATALOGUE, *own]
        missing = [topic for topic in wanted if topics.prefix + topic.name not in present]
        if missing:
            made = ", ".join(topics.prefix + topic.name for topic in missing)
            try:
                with refusals(bootstrap, f"create or know {made}"):
                    admin.create_topics([_new_topic(topic, topics) for topic in missing])
            except TopicAlreadyExistsError:  # another command was faster
                return []
        return [topics.prefix + topic.name for topic in missing]
    finally:
        admin.close()


@dataclass(frozen=True, slots=True)
class Described:
    """What a broker tells of itself and of its topics."""

    brokers: int
    partitions: Mapping[str, int]
    """Topic to the number of its partitions."""
    settings: Mapping[str, Mapping[str, str]]
    """Topic to its settings that are not the defaults."""


def describe(bootstrap: Bootstrap) -> Described:
    """Ask a broker for its topics and their settings."""
    admin = open_client(KafkaAdminClient, bootstrap)
    try:
        brokers = len(admin.describe_cluster()["brokers"])
        topics = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
        told = admin.describe_configs(asked)["topic"] if asked else {}
    finally:
        admin.close()
    settings = {
        name: {key: str(found["value"]) for key, found in each.items()}
        for name, each in told.items()
    }
    return Described(brokers, topics, settings)


def missing(bootstrap: Bootstrap, needed: Iterable[Privilege]) -> list[Privilege]:
    """Give those of some privileges that we do not have; topics that are not there are left out."""
    needed = tuple(needed)
    admin = open_client(KafkaAdminClient, bootstrap)
    try:
        allowed = _allowed_topics(admin, needed)
        lacking = [
            each
            for each in needed
            if (each.kind is Kind.TOPIC and not _has(each, allowed))
            or (each.kind is Kind.GROUP and not _may_group(admin, each))
        ]
    finally:
        admin.close()
    ids = [each for each in needed if each.kind is Kind.TRANSACTIONAL_ID]
    return lacking + [each for each in ids if not _may_begin(bootstrap, each.name)]


def _allowed_topics(
    admin: KafkaAdminClient, needed: Iterable[Privilege]
) -> dict[str, Collection[str]]:
    """Give for each topic what we may do there, as the broker tells whoever asks."""
    names = {each.name for each in needed if each.kind is Kind.TOPIC and not each.is_prefix}
    return {
        topic["name"]: topic["authorized_operations"] or ()
        for topic in admin.describe_topics(sorted(names - {"*"}))
        if topic["error_code"] != UnknownTopicOrPartitionError.errno
    }


def _has(needed: Privilege, allowed: Mapping[str, Collection[str]]) -> bool:
    """Say whether we have a privilege of topics; one of many shows at each of them."""
    if needed.is_prefix or needed.name == "*":
        return all(needed.operation.name in each for each in allowed.values())
    return needed.operation.name in allowed.get(needed.name, (needed.operation.name,))


def _may_group(admin: KafkaAdminClient, needed: Privilege) -> bool:
    """Say whether we have a privilege of a group; of one that is not there yet less is told."""
    try:
        found = _loaded(lambda: _described(admin, needed.name))
    except GroupAuthorizationFailedError:
        return False
    is_there = found["error"] is None
    return not is_there or needed.operation.name in (found["authorized_operations"] or ())


def _described(admin: KafkaAdminClient, group: str) -> dict[str, Any]:
    """Describe a group; an error that stands inside of the answer, as its text, is raised too."""
    found: dict[str, Any] = admin.describe_groups([group])[group]
    for error in (*_LOADING, GroupAuthorizationFailedError):
        if error.__name__ in (found["error"] or ""):
            raise error(found["error"])
    return found


def _may_begin(bootstrap: Bootstrap, ids: str) -> bool:
    """Say whether we may begin transactions: tried with an id that no job has."""
    producer = open_client(KafkaProducer, bootstrap, transactional_id=f"{ids}-doctor")
    try:
        producer.init_transactions()
    except TransactionalIdAuthorizationFailedError:
        return False
    finally:
        producer.close()
    return True


def lag(bootstrap: Bootstrap, group: str, topic: str) -> int | None:
    """Say by how many records a group is behind the end of a topic; None where it is not known.

    What came since the job's latest checkpoint counts as behind. On a topic where nothing more
    comes, Flink's reader tells Kafka after its next look for records, up to 10 s later
    (`POLL_TIMEOUT` of its `KafkaPartitionSplitReader`): measured 10.0 s, 18 times of 18.
    """
    with closing(open_client(KafkaAdminClient, bootstrap)) as admin:
        read = committed(admin, group)
    own = {place.partition: offset for place, offset in read.items() if place.topic == topic}
    if not own:
        return None
    return sum(max(0, end - own.get(number, 0)) for number, end in ends(bootstrap, topic).items())


def committed(admin: KafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    """Say how far a group has read: the offset of the next record, where it has read any.

    Raises:
        RetriableError: the broker is not ready to tell of groups, after 10 s.
    """
    found = _loaded(lambda: admin.list_group_offsets({group: None})).get(group, {})
    return {place: at.offset for place, at in found.items() if at.offset >= 0}


def _loaded(ask: Callable[[], Answer]) -> Answer:
    """Ask of groups, again and again while the broker is not ready to tell of them."""
    for _ in range(_LOADING_TRIES):
        with suppress(*_LOADING):
            return ask()
        time.sleep(_LOADING_S)
    return ask()


def _new_topic(topic: Topic, topics: Topics) -> NewTopic:
    configs = {"max.message.bytes": str(MAX_RECORD_BYTES)}
    if topic.compacted:
        configs["cleanup.policy"] = "compact" if topic.kept_ms is None else "compact,delete"
        # Only what lies in a closed segment is compacted: a count is written anew every second.
        configs |= {} if topic.kept_ms is None else {"segment.ms": str(SEGMENT_MS)}
    if topic.kept_ms is not None:
        configs["retention.ms"] = str(topic.kept_ms)
    return NewTopic(
        name=topics.prefix + topic.name,
        num_partitions=1 if topic.single_partition else topics.partitions,
        replication_factor=topics.replication,
        topic_configs=configs,
    )
