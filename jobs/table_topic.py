"""The topic of tables as the command line sees it: which rows lie there, and sending others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Received, Writer, read_topic
from connectors.kafka.topics import Topics
from journeys.ingestion import TABLES
from journeys.tables import Table, record_key


@dataclass(slots=True)
class SentTables:
    """What lies on the topic of tables."""

    rows: dict[str, bytes] = field(default_factory=dict)
    """Record key to row, of all that are not removed."""
    end: int = 0
    """The offset after the last record; 0: there is none."""

    def keys(self, dataset: str) -> set[str]:
        """Give the keys of the rows of a dataset."""
        prefix = record_key(dataset, "")
        return {key.removeprefix(prefix) for key in self.rows if key.startswith(prefix)}


def read_tables(bootstrap: Bootstrap, topics: Topics) -> SentTables:
    """Read the whole topic."""
    return tables_of(read_topic(bootstrap, topics.full(TABLES)))


def tables_of(records: Iterable[Received]) -> SentTables:
    """Take in the records of the topic of tables."""
    sent = SentTables()
    for record in records:
        sent.end = record.offset + 1
        if record.value is None:
            sent.rows.pop(str(record.key), None)
        else:
            sent.rows[str(record.key)] = record.value
    return sent


def send_missing(bootstrap: Bootstrap, topics: Topics, tables: Mapping[str, Table]) -> int:
    """Send the rows that do not lie on the topic as they are; give how many those were.

    Rows that lie there and in no table stay: somebody else may have sent them.
    """
    if not any(tables.values()):
        return 0
    known = read_tables(bootstrap, topics).rows
    rows = (
        (record_key(name, key), row) for name, table in tables.items() for key, row in table.texts()
    )
    missing = [(key, row) for key, row in rows if known.get(key) != row]
    with Writer(bootstrap) as writer:
        for key, row in missing:
            writer.write(topics.full(TABLES), key.encode(), row)
    return len(missing)


def removals(sent: SentTables, dataset: str, kept: Set[str]) -> list[str]:
    """Give the keys of records of a table that lie on the topic and are not among those kept."""
    return sorted({record_key(dataset, key) for key in sent.keys(dataset)} - kept)
