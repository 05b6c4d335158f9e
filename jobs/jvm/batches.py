"""Keyed functions in Python that work on many records at once (`Batches.java`)."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

from pyflink.common import Row
from pyflink.datastream import DataStream, KeyedStream
from pyflink.datastream.functions import KeyedBroadcastProcessFunction, KeyedProcessFunction
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.java_gateway import get_gateway

from jobs.jvm.compiled import array, operator, said_by
from operators.descriptors import Said, Uid

COLUMNS = "route STRING, k STRING, v STRING"
"""What every such function says."""


def batched(
    stream: KeyedStream,
    function: KeyedProcessFunction | KeyedBroadcastProcessFunction[Row, Row, Row, Said],
    uid: Uid,
    read_ahead: Sequence[ValueStateDescriptor] = (),
    told_to_all: DataStream | None = None,
) -> DataStream:
    """Let a function answer a keyed stream.

    Args:
        stream: of `jobs.streams.keyed`.
        function: what it keeps are texts, and what it says is `Said`.
        uid: its identity in savepoints, and its name.
        read_ahead: states that nearly every record needs.
        told_to_all: what every subtask is told besides, if the function hears that.

    Returns:
        Flink's own rows of `COLUMNS`.
    """
    jvm: Any = get_gateway().jvm
    java_stream = stream._j_data_stream  # noqa: SLF001  # PyFlink offers no public way
    config = java_stream.getExecutionEnvironment().getConfiguration()
    python = jvm.org.apache.flink.python.util.PythonConfigUtil
    settings = python.extractPythonConfiguration(config)  # with `python.files`
    names = array(jvm.String, [state.get_name() for state in read_ahead])
    references = [settings, bytearray(pickle.dumps(function)), names]
    key = java_stream.getKeySelector()
    if told_to_all is None:
        added = operator(str(uid), "Batches", references, COLUMNS, java_stream)
        added.setStateKeySelector(key)
    else:
        everywhere = told_to_all._j_data_stream.broadcast()  # noqa: SLF001  # as above
        added = operator(str(uid), "Batches", references, COLUMNS, java_stream, everywhere)
        added.setStateKeySelectors(key, None)
    added.setStateKeyType(java_stream.getKeyType())
    added.setUid(str(uid))
    return said_by(added, java_stream)
