"""The sieve: events that nobody listens to never reach Python."""

from __future__ import annotations

from collections.abc import Sequence

from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway

from jobs.jvm.compiled import array, operator, said_by
from journeys.datasets import DATASET
from journeys.json_shape import MAX_KEY_LENGTH

NAME = "sieve"
"""Its name in the graph, and its identity in savepoints, where it keeps nothing."""
COLUMNS = "k STRING, v STRING, t STRING, p INT, o BIGINT, ts TIMESTAMP_LTZ(3), e STRING, n BIGINT"
"""A record as it came, its value as one character per byte; or a type and how many passed by."""


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
    types = array(get_gateway().jvm.String, listened)
    references = ["eventType", DATASET, types, MAX_KEY_LENGTH, max_bytes]
    java_stream = stream._j_data_stream  # noqa: SLF001  # PyFlink offers no public way
    return said_by(operator(NAME, "Sieve", references, COLUMNS, java_stream), java_stream)
