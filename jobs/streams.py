"""What stays in the JVM between tables and streams, where PyFlink has no way of its own to say so.

Records cross into Python once, keyed already; and not at all between two queries.
"""

from __future__ import annotations

from typing import Any

from pyflink.common.typeinfo import Types
from pyflink.datastream import DataStream, KeyedStream
from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table

RECORD = Types.ROW(
    [
        Types.STRING(),  # source
        Types.STRING(),  # topic
        Types.INT(),  # partition
        Types.LONG(),  # offset
        Types.LONG(),  # timestamp
        Types.STRING(),  # key
        Types.STRING(),  # value, one byte per character
        Types.INT(),  # size of the whole value
    ]
)
"""A record of a topic, as `connectors.kafka.tables.record_columns` gives it."""


def keyed(stream: DataStream, value: Any) -> KeyedStream:  # noqa: ANN401  # PyFlink's type information has no common type
    """Key a stream of ROW(key, value).

    The key type must be ROW[STRING]: with a bare STRING everything runs until the first checkpoint.
    """
    keyed_value = Types.ROW([Types.STRING(), value])
    java_stream = stream._j_data_stream  # noqa: SLF001  # PyFlink offers no public way
    java_stream.getTransformation().setOutputType(keyed_value.get_java_type_info())
    key_type = Types.ROW([Types.STRING()]).get_java_type_info()
    key_of = java_stream.keyBy(get_gateway().jvm.KeyByKeySelector(), key_type)
    return KeyedStream(key_of, keyed_value, stream)


def unconverted(tables: StreamTableEnvironment, table: Table) -> DataStream:
    """Give a table as a stream of Flink's own rows, for other queries.

    Rows for everybody else, as `to_data_stream` gives them, are made and read again field by field.
    """
    flink = get_gateway().jvm.org.apache.flink
    columns = table._j_table.getResolvedSchema().toPhysicalRowDataType()  # noqa: SLF001  # as above
    internal = flink.table.types.utils.DataTypeUtils.toInternalDataType(columns)
    java_stream = tables._j_tenv.toDataStream(table._j_table, internal)  # noqa: SLF001  # as above
    return DataStream(java_stream)
