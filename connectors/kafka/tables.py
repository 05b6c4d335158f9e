"""Kafka as Flink tables: key, value and origin read in the JVM, routed rows written from it.

PyFlink's own Kafka source gives values only; the Table connector's raw format gives everything.
Values are read as ISO 8859-1, one character per byte: nothing is lost or repaired on the way, SQL's
text functions work on them, and Python gets the very bytes back by `encode("latin-1")`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.security import java_options
from connectors.kafka.topics import MAX_RECORD_BYTES, Topics
from journeys.backtest.recording import FIELD_END, RECORD_END, REPLACED
from journeys.records import SAMPLE_BYTES

_WRITING = {
    "properties.max.request.size": str(MAX_RECORD_BYTES),
    # A broker that was killed knows of each writer its last batch only. Of several under way it may
    # have all, and of the earlier ones it says that they are out of order, each time they are sent
    # again, until they are given up after 120 s: so long the job would stand still.
    "properties.max.in.flight.requests.per.connection": "1",
}
SOURCE_COLUMNS = (
    "t STRING METADATA FROM 'topic', p INT METADATA FROM 'partition', "
    "o BIGINT METADATA FROM 'offset', ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'"
)


def literal(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _options(options: dict[str, str]) -> str:
    return ", ".join(f"{literal(name)} = {literal(value)}" for name, value in options.items())


def _connection(bootstrap: Bootstrap) -> dict[str, str]:
    return {f"properties.{name}": value for name, value in java_options(bootstrap).items()}


BATCH_BYTES = 64 * 1024
"""How much may go to a partition at once: four times what Kafka's client does by itself."""
COMMITTED_ONLY = ("places", "identities")
"""Sources whose records count only once they are committed; of all others repeats are recognised,
and waiting for a commit would only cost time."""


def source_table(
    name: str,
    topic: str,
    bootstrap: Bootstrap,
    group: str,
    start: str,
    *,
    bounded: bool = False,
    as_bytes: bool = False,
) -> str:
    """Give the statement that declares a topic as a table of raw records.

    A bounded one ends at what is the end of the topic when it begins. Values are texts of one
    character per byte, or bytes.
    """
    isolation = "read_committed" if name in COMMITTED_ONLY else "read_uncommitted"
    options = {
        "connector": "kafka",
        "topic": topic,
        **_connection(bootstrap),
        "properties.group.id": group,
        "properties.isolation.level": isolation,
        "properties.fetch.max.bytes": str(MAX_RECORD_BYTES),
        "properties.max.partition.fetch.bytes": str(MAX_RECORD_BYTES),
        "scan.startup.mode": f"{start}-offset",
        "key.format": "raw",
        "key.fields": "k",
        "value.format": "raw",
        "value.raw.charset": "ISO-8859-1",
        "value.fields-include": "EXCEPT_KEY",
    }
    if bounded:
        options["scan.bounded.mode"] = "latest-offset"
    columns = f"k STRING, v {'BYTES' if as_bytes else 'STRING'}, {SOURCE_COLUMNS}"
    return f"CREATE TEMPORARY TABLE `{name}` ({columns}) WITH ({_options(options)})"


def record_columns(source: str, max_bytes: int) -> str:
    """Give the columns of a record as `operators.journey_function` reads it, of one source.

    Of a value too large only a sample goes on, with the true size beside it.
    """
    value = _value(max_bytes)
    return f"{literal(source)}, t, p, o, {_MILLIS}, k, {value}, COALESCE(CHAR_LENGTH(v), 0)"


_MILLIS = "CAST(EXTRACT(EPOCH FROM ts) AS BIGINT) * 1000 + EXTRACT(MILLISECOND FROM ts)"


def _value(max_bytes: int) -> str:
    return f"CASE WHEN CHAR_LENGTH(v) > {max_bytes} THEN SUBSTRING(v, 1, {SAMPLE_BYTES}) ELSE v END"


def select_records(source: str, max_bytes: int) -> str:
    """Give the query for the records of one source."""
    return f"SELECT {record_columns(source, max_bytes)} FROM `{source}`"


def select_keyed_records(source: str, max_bytes: int, of: str | None = None) -> str:
    """Give the query for the records of one source as `f1`, with their key as `f0`.

    Args:
        source: what the records say that they are of.
        max_bytes: of a value too large only a sample goes on.
        of: where they are read, and which; else all of the table that is called as the source.
    """
    columns = record_columns(source, max_bytes)
    return f"SELECT COALESCE(k, '') AS f0, ROW({columns}) AS f1 FROM {of or f'`{source}`'}"


def select_texts(source: str, max_bytes: int, wanted: Sequence[str] | None = None) -> str:
    """Give the query for the records of one source as a key and a text: `recording.unpack`.

    Args:
        source: the table.
        max_bytes: of a value too large only a sample goes on.
        wanted: texts of which a value must hold one; of others only their being there goes on.
    """
    sep, end, other = map(_mark, (FIELD_END, RECORD_END, REPLACED))
    fields = (
        literal(source),
        "t",
        "CAST(p AS STRING)",
        "CAST(o AS STRING)",
        f"CAST({_MILLIS} AS STRING)",
        "CAST(COALESCE(CHAR_LENGTH(v), 0) AS STRING)",
        f"COALESCE('=' || REPLACE({_value(max_bytes)}, {end}, {other}), '')",
    )
    text = f"CONCAT_WS({sep}, {', '.join(fields)})"
    if wanted is not None:
        # A backslash may write any letter otherwise.
        holds = " OR ".join(f"POSITION({literal(each)} IN v) > 0" for each in ("\\", *wanted))
        text = f"CASE WHEN {holds} THEN {text} ELSE {literal(source)} END"
    return f"SELECT COALESCE(k, '') AS k, {text} AS r FROM `{source}`"


def group_texts(selected: Sequence[str]) -> str:
    """Give the query for all records of each key as one text."""
    union = " UNION ALL ".join(selected)
    joined = f"ARRAY_JOIN(ARRAY_AGG(r), {_mark(RECORD_END)})"
    return f"SELECT k AS f0, {joined} AS f1 FROM ({union}) GROUP BY k"


def _mark(character: str) -> str:
    return f"U&'\\{ord(character):04X}'"


def sink_table(name: str, topics: Topics, bootstrap: Bootstrap, transactions: str | None) -> str:
    """Give the statement that declares a table whose `topic` column says where a row goes.

    With a transaction id prefix the writes are exactly once, else at least once.
    """
    options = {
        "connector": "kafka",
        "topic-pattern": f"{re.escape(topics.prefix)}.+",
        **_connection(bootstrap),
        **_WRITING,
        # What is seen after the next checkpoint only may wait for more of its kind.
        "properties.linger.ms": "100" if transactions else "5",
        "properties.batch.size": str(BATCH_BYTES),
        "key.format": "raw",
        "key.fields": "k",
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
        "sink.delivery-guarantee": "exactly-once" if transactions else "at-least-once",
    }
    if transactions:
        # FLINK-35870: the sink's default of one hour is more than a broker allows.
        options["properties.transaction.timeout.ms"] = str(15 * 60 * 1000)
        options["sink.transactional-id-prefix"] = transactions
    columns = "k STRING, v STRING, topic STRING NOT NULL METADATA"
    return f"CREATE TEMPORARY TABLE `{name}` ({columns}) WITH ({_options(options)})"


def json_table(
    name: str, topic: str, bootstrap: Bootstrap, group: str, columns: Mapping[str, str]
) -> str:
    """Give the statement that declares a topic of JSON objects as a table of some of their fields.

    Only what is committed is read, from the oldest record on. What is no such object is passed by.
    """
    options = {
        "connector": "kafka",
        "topic": topic,
        **_connection(bootstrap),
        "properties.group.id": group,
        "properties.isolation.level": "read_committed",
        "scan.startup.mode": "earliest-offset",
        "format": "json",
        "json.ignore-parse-errors": "true",
    }
    declared = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
    return f"CREATE TEMPORARY TABLE `{name}` ({declared}) WITH ({_options(options)})"


def upsert_table(name: str, topic: str, bootstrap: Bootstrap) -> str:
    """Give the statement that declares a topic of which the last record of each key counts."""
    options = {
        "connector": "upsert-kafka",
        "topic": topic,
        **_connection(bootstrap),
        **_WRITING,
        "key.format": "raw",
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
    }
    columns = "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED"
    return f"CREATE TEMPORARY TABLE `{name}` ({columns}) WITH ({_options(options)})"
