"""The bounded job that reads files: `flink run --pyModule jobs.ingest_job FILE`.

    numbers of pieces ─ IngestFunction ─ routed ─ events or profiles, dead-letters, metrics

Written at least once, and repeats are harmless: a record says itself when it was so, an event has
its own `_id`, a dead letter the place of its row, and a count the piece that it counts. Writing
exactly once would hold everything back until the next checkpoint, and change nothing else.
"""

from __future__ import annotations

from pathlib import Path

from pyflink.common import WatermarkStrategy
from pyflink.common.typeinfo import Types
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.table import StreamTableEnvironment

from connectors.kafka.tables import literal, sink_table
from jobs.ingest_description import IngestDescription, PieceReader
from jobs.program import Planned, prepared, run
from operators.descriptors import ROUTED
from operators.ingest_function import IngestFunction

ATTEMPTS = {
    # A file that cannot be read is so at every attempt; a worker that was killed is not.
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "10",
    "restart-strategy.fixed-delay.delay": "2 s",
}


def plan(file: Path) -> Planned:
    """Plan the job that a file describes."""
    description = IngestDescription.read(file)
    job = description.job
    env = prepared(job, ATTEMPTS)
    tables = StreamTableEnvironment.create(env)
    numbers = env.from_source(
        NumberSequenceSource(0, description.pieces - 1),
        WatermarkStrategy.no_watermarks(),
        "pieces",
        Types.LONG(),
    )
    dataset = description.dataset
    reader = PieceReader(description.files, dataset.payload_schema)
    function = IngestFunction(dataset, description.run, reader)
    rows = numbers.process(function, ROUTED).name("read-files")
    tables.create_temporary_view("routed", tables.from_data_stream(rows))
    tables.execute_sql(sink_table("records", job.topics, job.bootstrap, None))
    statements = tables.create_statement_set()
    prefix = literal(job.topics.prefix)
    statements.add_insert_sql(f"INSERT INTO records SELECT k, v, {prefix} || route FROM routed")
    statements.attach_as_datastream()
    return Planned(env, job.name)


if __name__ == "__main__":
    run(plan, __doc__)
