"""A record of a topic, as a row of `connectors.kafka.tables.record_columns`."""

from __future__ import annotations

from pyflink.common import Row

from journeys.records import Record


def record_of(row: Row) -> tuple[str, Record]:
    """Give the source of a record, and the record with the very bytes that lay on its topic."""
    source, topic, partition, offset, timestamp, key, value, size = row
    data = None if value is None else value.encode("latin-1")
    return source, Record(topic, partition, offset, timestamp, key, data, size)
