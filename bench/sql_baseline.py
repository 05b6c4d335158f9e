"""What Flink itself does with the same topic: read and write, with or without a JSON filter.

Submitted by `bench/throughput.py`.
"""

from __future__ import annotations

from pathlib import Path

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

from bench.baseline import COPY, RAW, Baseline
from bench.load import PERSON
from connectors.kafka.tables import literal
from jobs.program import Planned

KEYED = (
    "'key.format' = 'raw', 'key.fields' = 'k', 'value.format' = 'raw', "
    "'value.fields-include' = 'EXCEPT_KEY'"
)


def plan(file: Path) -> Planned:
    """Plan the job that a file describes."""
    job = Baseline.model_validate_json(file.read_bytes())
    config = Configuration()
    config.set_string("pipeline.object-reuse", "true")
    config.set_string("execution.checkpointing.interval", f"{job.checkpoint_ms}ms")
    config.set_string("execution.checkpointing.dir", job.checkpoint_folder)
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(job.parallelism)
    tables = StreamTableEnvironment.create(env)
    kafka = f"'connector' = 'kafka', 'properties.bootstrap.servers' = {literal(job.bootstrap)}"
    source = f"{kafka}, 'topic' = {literal(job.source)}, 'scan.startup.mode' = 'earliest-offset'"
    sink = f"{kafka}, 'topic' = {literal(job.sink)}"
    selected = "*"
    if job.kind == RAW:
        columns, forms, where = "v STRING", "'format' = 'raw'", ""
    elif job.kind == COPY:
        source = f"{source}, 'scan.bounded.mode' = 'latest-offset'"
        columns, forms, where = "k STRING, v STRING", KEYED, ""
        first = '{"_id":"'
        marked = f"REPLACE(v, {literal(first)}, {literal(first + job.mark)})"
        person, other = literal(PERSON), literal(job.mark + PERSON)
        selected = f"REPLACE(k, {person}, {other}), REPLACE({marked}, {person}, {other})"
    else:
        columns = "_id STRING, eventType STRING, total INT, `timestamp` STRING"
        forms = "'format' = 'json', 'json.ignore-parse-errors' = 'true'"
        where = f"WHERE eventType IN ({', '.join(map(literal, job.types))})"
    tables.execute_sql(f"CREATE TABLE source ({columns}) WITH ({source}, {forms})")
    tables.execute_sql(f"CREATE TABLE sink ({columns}) WITH ({sink}, {forms})")
    statements = tables.create_statement_set()
    insert = f"INSERT INTO sink SELECT {selected} FROM source {where}"  # our names
    statements.add_insert_sql(insert)
    statements.attach_as_datastream()
    return Planned(env, f"sql-{job.kind}")
