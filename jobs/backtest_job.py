"""The bounded job of a backtest: `flink run --pyModule jobs.backtest_job FILE`.

    events, profiles, feedback, ── or ── numbers of pieces
    nudges, results, places              of files ─ RecordedFunction
        └───────────┬───────────────────────┘
        all records of a person ─ BacktestFunction

It runs as a batch: the JVM reads the topics, sorts all records by person and hands Python each
person once. There is no checkpoint; a part that fails begins anew.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pyflink.common import WatermarkStrategy
from pyflink.common.typeinfo import Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.table import EnvironmentSettings, StreamTableEnvironment

from connectors.kafka.tables import group_texts, select_texts, source_table
from jobs.backtest_description import BacktestDescription, part_of
from jobs.ingest_job import ATTEMPTS
from jobs.program import Planned, prepared, run
from jobs.recorded_rows import RecordedReader
from jobs.topology import LIMITS, UNBOUNDED
from journeys.backtest.recording import SOURCES
from operators.backtest_function import RECORDED, BacktestFunction, RecordedFunction

BATCH = {
    "execution.runtime-mode": "BATCH",
    # Else a few people would be one subtask's, and so many counts of parts could not be expected.
    "execution.batch.adaptive.auto-parallelism.enabled": "false",
    # Each person's records come together once: to collect them in two steps is to copy them twice.
    "table.optimizer.agg-phase-strategy": "ONE_PHASE",
}


def plan(file: Path) -> Planned:
    """Plan the job that a file describes."""
    description = BacktestDescription.read(file)
    job = description.job
    parallelism = {"table.exec.resource.default-parallelism": str(job.parallelism)}
    env = prepared(job, ATTEMPTS | BATCH | parallelism)
    tables = StreamTableEnvironment.create(env, EnvironmentSettings.in_batch_mode())
    if description.files:
        selected = [_select_files(env, tables, description)]
    else:
        selected = _select_topics(tables, description)
    people = tables.to_data_stream(tables.sql_query(group_texts(selected)))
    walked = people.process(BacktestFunction(partial(part_of, file)), Types.STRING()).name("walk")
    tables.create_temporary_view("walked", tables.from_data_stream(walked))
    tables.execute_sql(
        "CREATE TEMPORARY TABLE nowhere (f0 STRING) WITH ('connector' = 'blackhole')"
    )
    statements = tables.create_statement_set()
    statements.add_insert_sql("INSERT INTO nowhere SELECT f0 FROM walked")
    statements.attach_as_datastream()
    return Planned(env, job.name)


def _select_topics(tables: StreamTableEnvironment, described: BacktestDescription) -> list[str]:
    job, listened = described.job, described.listened()
    selected = []
    for source in SOURCES:
        topic = job.topics.full(source)
        tables.execute_sql(
            source_table(source, topic, job.bootstrap, job.name, "earliest", bounded=True)
        )
        wanted = listened if source == "events" else None
        selected.append(select_texts(source, LIMITS.get(source, UNBOUNDED), wanted))
    return selected


def _select_files(
    env: StreamExecutionEnvironment,
    tables: StreamTableEnvironment,
    described: BacktestDescription,
) -> str:
    pieces = NumberSequenceSource(0, sum(file.pieces for file in described.files) - 1)
    numbers = env.from_source(pieces, WatermarkStrategy.no_watermarks(), "pieces", Types.LONG())
    reader = RecordedReader(described.files)
    rows = numbers.process(RecordedFunction(reader), RECORDED).name("read-files")
    tables.create_temporary_view("recorded", tables.from_data_stream(rows))
    return "SELECT k, r FROM recorded"


if __name__ == "__main__":
    run(plan, __doc__)
