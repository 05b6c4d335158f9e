"""Operators as text, of which Flink makes classes on the workers, as it does of SQL.

Nobody builds or ships a jar. Flink's compiler is Janino: it knows no generics and no lambdas.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway
from pyflink.util.java_utils import to_jarray


def operator(
    name: str,
    kind: str,
    references: Sequence[Any],
    columns: str,
    *streams: Any,  # noqa: ANN401  # objects of the JVM
) -> Any:  # noqa: ANN401  # as above
    """Add an operator to the graph, and give its transformation.

    Args:
        name: in the graph.
        kind: its class, and its file beside this one.
        references: objects of the JVM that its constructor gets.
        columns: what it says, as in SQL: Flink's own rows.
        streams: what it takes, one of Java's or two.
    """
    flink = get_gateway().jvm.org.apache.flink
    runtime, env = flink.table.runtime, streams[0].getExecutionEnvironment()
    code = Path(__file__).with_name(f"{kind}.java").read_text(encoding="utf-8")
    given = array(get_gateway().jvm.Object, references)
    generated = runtime.generated.GeneratedOperator(kind, code, given, env.getConfiguration())
    loader = env.getClass().getClassLoader()
    row = flink.table.types.logical.utils.LogicalTypeParser.parse(f"ROW<{columns}>", loader)
    transformations = flink.streaming.api.transformations
    kinds = {1: transformations.OneInputTransformation, 2: transformations.TwoInputTransformation}
    added = kinds[len(streams)](
        *(stream.getTransformation() for stream in streams),
        name,
        runtime.operators.CodeGenOperatorFactory(generated),
        runtime.typeutils.InternalTypeInfo.of(row),
        streams[0].getParallelism(),
    )
    env.addOperator(added)
    return added


def said_by(added: Any, stream: Any) -> DataStream:  # noqa: ANN401  # as above
    """Give what an operator says that takes a stream."""
    datastream = get_gateway().jvm.org.apache.flink.streaming.api.datastream
    java_stream = datastream.DataStream(stream.getExecutionEnvironment(), added)
    return DataStream(java_stream)


def array(kind: Any, of: Sequence[Any]) -> Any:  # noqa: ANN401  # as above
    """Make an array of Java."""
    made: Any = to_jarray  # PyFlink annotates it not
    return made(kind, list(of))
