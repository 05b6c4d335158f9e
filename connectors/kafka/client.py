"""Plain Kafka clients for the command line and tests: write records, read them as they come."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import AuthorizationError, TopicAuthorizationFailedError
from kafka.producer.future import FutureRecordMetadata

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.checksums import use_fast_checksums
from connectors.kafka.opening import open_client, refusals, refused
from connectors.kafka.topics import MAX_RECORD_BYTES
from journeys.errors import JourneyError

_LARGE = {
    "max_partition_fetch_bytes": MAX_RECORD_BYTES,
    "fetch_max_bytes": MAX_RECORD_BYTES,
}
BATCH_BYTES = 256 * 1024
"""Of one partition, sent together: twice as fast as with the client's 16 KiB, at 1 kB a record."""

use_fast_checksums()


@dataclass(frozen=True, slots=True)
class Received:
    """One record read from a topic."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: str | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class WriteError(JourneyError):
    """Kafka did not take a record."""


class Writer:
    """Writes records and makes sure that the broker took each of them.

    Call order: enter the context, `write` any number of times; leaving it waits for all.
    """

    def __init__(self, bootstrap: Bootstrap) -> None:
        self._fault: BaseException | None = None
        self._bootstrap = bootstrap
        self._producer = open_client(
            KafkaProducer,
            bootstrap,
            acks="all",
            linger_ms=5,
            batch_size=BATCH_BYTES,
            max_request_size=MAX_RECORD_BYTES,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self._producer.close()

    def write(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes]] = (),
    ) -> FutureRecordMetadata:
        """Hand a record over; what goes wrong with it later is told by `flush`.

        Returns:
            What tells where it stands, once the broker has taken it.
        """
        with refusals(self._bootstrap, f"write to {topic}"):
            sent = self._producer.send(topic, key=key, value=value, headers=list(headers))
        return sent.add_errback(self._note)

    def flush(self) -> None:
        """Wait until the broker has taken everything.

        Raises:
            WriteError: it did not take a record.
        """
        self._producer.flush(timeout=60)  # which itself only logs what has failed
        if isinstance(self._fault, AuthorizationError):
            raise WriteError(refused(self._bootstrap, f"write: {self._fault}"))
        if self._fault is not None:
            message = f"the broker did not take a record: {self._fault!r}"
            raise WriteError(message)

    def _note(self, error: BaseException) -> None:
        self._fault = self._fault or error


def read_topic(
    bootstrap: Bootstrap,
    topic: str,
    *,
    start: Mapping[int, int] | None = None,
    follow: bool = False,
    idle_s: float = 1.0,
    patience_s: float | None = None,
    until: float | None = None,
) -> Generator[Received, None, None]:
    """Read the committed records of a topic.

    Ends at what was the end of the topic when it began, unless it is to follow.

    Args:
        bootstrap: Kafka's address.
        topic: full name.
        start: partition to the offset to begin at; by default the oldest record.
        follow: go on with new records, for ever.
        patience_s: with `follow`, end when nothing has come for so long.
        until: with `follow`, end at this instant of the monotonic clock.
        idle_s: how long to wait for the next record before looking whether the end is reached.
    """
    quiet_s = 0.0
    for batch in read_batches(bootstrap, topic, start=start, follow=follow, idle_s=idle_s):
        yield from batch
        quiet_s = 0.0 if batch else quiet_s + idle_s
        if follow and patience_s is not None and quiet_s >= patience_s:
            return
        if follow and until is not None and time.monotonic() >= until:
            return


def read_batches(
    bootstrap: Bootstrap,
    topic: str,
    *,
    start: Mapping[int, int] | None = None,
    follow: bool = False,
    idle_s: float = 1.0,
) -> Iterator[list[Received]]:
    """Read a topic as `read_topic` does, in what comes together; nothing, where nothing has come.

    So a reader who follows can look at the clock.
    """
    options = {
        "isolation_level": "read_committed",
        "auto_offset_reset": "earliest",  # where the topic has forgotten what is asked for
        **_LARGE,
    }
    with _consumer(bootstrap, topic, **options) as consumer:
        partitions = _partitions(bootstrap, consumer, topic)
        consumer.assign(partitions)
        last = consumer.end_offsets(partitions)
        for partition in partitions:
            if start is None:
                consumer.seek_to_beginning(partition)
            else:
                consumer.seek(partition, start.get(partition.partition, 0))
        while follow or any(consumer.position(p) < last[p] for p in partitions):
            yield [*_batch(consumer.poll(timeout_ms=round(idle_s * 1000)).values())]


def bounds(bootstrap: Bootstrap, topic: str) -> tuple[dict[int, int], dict[int, int]]:
    """Give for each partition of a topic the offset of its oldest record, and the one after all."""
    with _consumer(bootstrap, topic) as consumer:
        partitions = _partitions(bootstrap, consumer, topic)
        first, after = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
        return (
            {partition.partition: offset for partition, offset in first.items()},
            {partition.partition: offset for partition, offset in after.items()},
        )


def ends(bootstrap: Bootstrap, topic: str) -> dict[int, int]:
    """Give for each partition of a topic the offset that the next record will have."""
    return bounds(bootstrap, topic)[1]


def begins(bootstrap: Bootstrap, topic: str) -> dict[int, int]:
    """Give for each partition of a topic the offset of its oldest record, or of its first one."""
    return bounds(bootstrap, topic)[0]


def offsets_at(bootstrap: Bootstrap, topic: str, instant: int) -> dict[int, int]:
    """Give for each partition the offset of the first record from an instant on, in milliseconds.

    Where there is none, the one that the next record will have.
    """
    with _consumer(bootstrap, topic) as consumer:
        partitions = _partitions(bootstrap, consumer, topic)
        if not partitions:
            return {}
        last = consumer.end_offsets(partitions)
        found = consumer.offsets_for_times(dict.fromkeys(partitions, instant))
        return {
            p.partition: last[p] if found.get(p) is None else found[p].offset for p in partitions
        }


def last_record(bootstrap: Bootstrap, topic: str) -> int | None:
    """Give the instant, in milliseconds, of the latest record of a topic; None: it has none."""
    starts = {number: max(0, end - 1) for number, end in ends(bootstrap, topic).items()}
    latest = read_topic(bootstrap, topic, start=starts)
    return max((record.timestamp for record in latest), default=None)


def read_record(bootstrap: Bootstrap, topic: str, partition: int, offset: int) -> Received | None:
    """Read one record; None where it is not there any more."""
    place = TopicPartition(topic, partition)
    with _consumer(bootstrap, topic, **_LARGE) as consumer:
        consumer.assign([place])
        first, last = consumer.beginning_offsets([place]), consumer.end_offsets([place])
        if not first[place] <= offset < last[place]:
            return None
        consumer.seek(place, offset)
        batches = consumer.poll(timeout_ms=10_000, max_records=1)
        found = next(_batch(batches.values()), None)
        return found if found is not None and found.offset == offset else None


@contextmanager
def _consumer(
    bootstrap: Bootstrap,
    topic: str,
    **options: Any,  # noqa: ANN401  # kafka-python's
) -> Iterator[KafkaConsumer]:
    """Open a consumer of no group for as long as a topic is read."""
    consumer = open_client(
        KafkaConsumer, bootstrap, group_id=None, enable_auto_commit=False, **options
    )
    try:
        with refusals(bootstrap, f"read {topic}"):
            yield consumer
    finally:
        consumer.close()


def _partitions(bootstrap: Bootstrap, consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    """Name the partitions of a topic; none, where there is no such topic.

    Raises:
        AuthorizationError: we may not know it: a consumer tells that as if it were not there.
    """
    numbers = consumer.partitions_for_topic(topic) or set()
    if not numbers:
        _require_known(bootstrap, topic)
    return [TopicPartition(topic, number) for number in sorted(numbers)]


def _require_known(bootstrap: Bootstrap, topic: str) -> None:
    admin = open_client(KafkaAdminClient, bootstrap)
    try:
        (described,) = admin.describe_topics([topic])
    finally:
        admin.close()
    if described["error_code"] == TopicAuthorizationFailedError.errno:
        raise TopicAuthorizationFailedError(topic)


def _batch(batches: Iterable[list[Any]]) -> Iterator[Received]:
    for batch in batches:
        for record in batch:
            key = record.key
            yield Received(
                record.topic,
                record.partition,
                record.offset,
                record.timestamp,
                None if key is None else key.decode(errors="replace"),
                record.value,
                tuple(record.headers),
            )
