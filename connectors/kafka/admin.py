"""Creation of topics."""

from __future__ import annotations

from collections.abc import Iterable

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import TopicAlreadyExistsError

from connectors.kafka.topics import CATALOGUE, MAX_RECORD_BYTES, Topic, Topics


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


def _new_topic(topic: Topic, topics: Topics) -> NewTopic:
    configs = {"max.message.bytes": str(MAX_RECORD_BYTES)}
    if topic.compacted:
        configs["cleanup.policy"] = "compact"
    if topic.retention_ms is not None:
        configs["retention.ms"] = str(topic.retention_ms)
    return NewTopic(
        name=topics.prefix + topic.name,
        num_partitions=1 if topic.single_partition else topics.partitions,
        replication_factor=topics.replication,
        topic_configs=configs,
    )
