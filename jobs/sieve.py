"""The one operator of ours that runs in the JVM: events that nobody listens to never reach Python.

`Sieve.java` is text of the job, as the code is that Flink makes of SQL: Flink's own compiler makes
classes of it on the workers, and nobody builds or ships a jar.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway
from pyflink.util.java_utils import to_jarray

from journeys.datasets import DATASET
from journeys.json_shape import MAX_KEY_LENGTH

NAME = "sieve"
"""Its name in the graph, and its identity in savepoints, where it keeps nothing."""
COLUMNS = "k STRING, v STRING, t STRING, p INT, o BIGINT, ts TIMESTAMP_LTZ(3), e STRING, n BIGINT"
"""A record as it came, its value as one character per byte; or a type and how many passed by."""
_CODE = Path(__file__).with_name("Sieve.java")


def sifted(stream: DataStream, listened: Sequence[str], max_bytes: int) -> DataStream:
    """Leave out the events that nobody can listen to, and count them.

    Where the text of an event leaves any doubt it passes: the field twice, letters that are
    escaped, text that is no object; and where the record may be one that the job refuses, or holds
    against a dataset. Those are looked at in Python.

    Args:
        stream: Flink's own rows of key, value as bytes, topic, partition, offset and timestamp.
        listened: the types of event that anybody may listen to.
        max_bytes: how long a value may be that is not refused.

    Returns:
        Flink's own rows of `COLUMNS`.
    """
    jvm: Any = get_gateway().jvm
    array: Any = to_jarray  # PyFlink annotates it not
    flink = jvm.org.apache.flink
    types = array(jvm.String, listened)
    given = ["eventType", DATASET, types, MAX_KEY_LENGTH, max_bytes]
    references = array(jvm.Object, given)
    java_stream = stream._j_data_stream  # noqa: SLF001  # PyFlink offers no public way
    env = java_stream.getExecutionEnvironment()
    row = flink.table.types.logical.utils.LogicalTypeParser.parse(
        f"ROW<{COLUMNS}>", env.getClass().getClassLoader()
    )
    runtime = flink.table.runtime
    code = runtime.generated.GeneratedOperator(
        "Sieve", _CODE.read_text(encoding="utf-8"), references, env.getConfiguration()
    )
    operator = flink.streaming.api.transformations.OneInputTransformation(
        java_stream.getTransformation(),
        NAME,
        runtime.operators.CodeGenOperatorFactory(code),
        runtime.typeutils.InternalTypeInfo.of(row),
        java_stream.getParallelism(),
    )
    env.addOperator(operator)
    return DataStream(flink.streaming.api.datastream.DataStream(env, operator))  # type: ignore[no-untyped-call]  # PyFlink annotates it not
