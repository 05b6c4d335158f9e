"""The reporting job: `flink run --pyModule jobs.reporting_job FILE`, FILE being its description.

    step-events, feedback, dead-letters ─ GROUP BY ─ metrics
    metrics, control ─ keyed by journey ─ WatchFunction ─ metrics (ledger), alerts, control (pause)

All counting runs in the JVM. Python gets what was counted, by minute and journey, and not events.
The two halves are regions of their own: neither begins again when the other fails.
"""

from __future__ import annotations

from pathlib import Path

from pyflink.table import StreamTableEnvironment

from connectors.kafka.tables import literal
from jobs.jvm.batches import batched
from jobs.program import Planned, prepared, run
from jobs.reporting_description import ReportingDescription
from jobs.reporting_queries import COUNTED, SAID, declare, queries, watched
from jobs.streams import RECORD, keyed
from operators.descriptors import Uid
from operators.watch_function import WatchFunction

COUNTING = {
    # Nobody waits for a count as for a decision; a thread for each output looks every so often.
    "execution.buffer-timeout": "100ms",
    # A count that changes a thousand times a second is written once.
    "table.exec.mini-batch.enabled": "true",
    "table.exec.mini-batch.allow-latency": "1 s",
    "table.exec.mini-batch.size": "10000",
    # A day longer than Kafka keeps step events by default: whatever can still come finds its count.
    "table.exec.state.ttl": "8 d",
}


def plan(file: Path) -> Planned:
    """Plan the job that a file describes."""
    description = ReportingDescription.read(file)
    job = description.job
    env = prepared(job, COUNTING)
    tables = StreamTableEnvironment.create(env)
    for statement in declare(job.topics, job.bootstrap, job.name):
        tables.execute_sql(statement)
    records = tables.to_data_stream(tables.sql_query(watched()))
    function = WatchFunction(description.alerts, complete=description.complete)
    said = batched(keyed(records, RECORD), function, Uid.WATCH)
    tables.create_temporary_view("watch", tables.from_data_stream(said))
    statements = tables.create_statement_set()
    for query in queries(description.without):
        statements.add_insert_sql(f"INSERT INTO {COUNTED} {query}")
    prefix = literal(job.topics.prefix)
    statements.add_insert_sql(f"INSERT INTO {SAID} SELECT k, v, {prefix} || route FROM watch")
    statements.attach_as_datastream()
    return Planned(env, job.name)


if __name__ == "__main__":
    run(plan, __doc__)
