"""Creation of topics."""

from __future__ import annotations

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import TopicAlreadyExistsError

from connectors.kafka.topics import CATALOGUE, MAX_RECORD_BYTES, Topic, Topics


def create_topics(bootstrap: str, topics: Topics) -> list[str]:
    """Create the topics of the catalogue that are missing; give the names of those created."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        present = set(admin.list_topics())
        missing = [topic for topic in CATALOGUE if topics.full(topic.name) not in present]
        if missing:
            try:
                admin.create_topics([_new_topic(topic, topics) for topic in missing])
            except TopicAlreadyExistsError:  # another command was faster
                return []
        return [topics.full(topic.name) for topic in missing]
    finally:
        admin.close()


def _new_topic(topic: Topic, topics: Topics) -> NewTopic:
    configs = {"max.message.bytes": str(MAX_RECORD_BYTES)}
    if topic.compacted:
        configs["cleanup.policy"] = "compact"
    return NewTopic(
        name=topics.full(topic.name),
        num_partitions=1 if topic.single_partition else topics.partitions,
        replication_factor=topics.replication,
        topic_configs=configs,
    )
