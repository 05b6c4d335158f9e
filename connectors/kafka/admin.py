"""Creation of topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import TopicAlreadyExistsError

from connectors.kafka.client import ends
from connectors.kafka.topics import CATALOGUE, MAX_RECORD_BYTES, Topic, Topics

SEGMENT_MS = 3_600_000


def create_topics(bootstrap: str, topics: Topics, emitted: Iterable[str] = ()) -> list[str]:
    """Create the topics that are missing; give the names of those created.

    Args:
        bootstrap: the broker's address.
        topics: how topics are named and cut.
        emitted: topics besides those of the catalogue, which journeys send events to.
    """
    known = {topic.name for topic in CATALOGUE}
    own = [Topic(name, "out: events of journeys") for name in sorted(set(emitted) - known)]
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        present = set(admin.list_topics())
        wanted = [*CATALOGUE, *own]
        missing = [topic for topic in wanted if topics.prefix + topic.name not in present]
        if missing:
            try:
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


def describe(bootstrap: str) -> Described:
    """Ask a broker for its topics and their settings."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
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


def lag(bootstrap: str, group: str, topic: str) -> int | None:
    """Say by how many records a group is behind the end of a topic; None where it is not known.

    A job commits its offsets with each checkpoint: what came since the last one counts as behind.
    """
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        committed = admin.list_group_offsets({group: None}).get(group, {})
    finally:
        admin.close()
    own: dict[int, int] = {
        p.partition: found.offset for p, found in committed.items() if p.topic == topic
    }
    if not own:
        return None
    return sum(max(0, end - own.get(number, 0)) for number, end in ends(bootstrap, topic).items())


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
