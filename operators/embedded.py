"""How a batched function begins inside the JVM: with what only PyFlink's own modules there know."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

from pyflink.datastream.state import MapStateDescriptor
from pyflink.fn_execution.datastream.embedded.runtime_context import StreamingRuntimeContext
from pyflink.fn_execution.datastream.embedded.state_impl import BroadcastStateImpl
from pyflink.fn_execution.embedded.converters import from_type_info
from pyflink.fn_execution.embedded.java_utils import to_java_state_descriptor
from pyflink.fn_execution.embedded.state_impl import KeyedStateBackend

from operators.batched import BatchedFunction


def begun(
    function: bytes,
    read_ahead: Sequence[str],
    runtime_context: Any,  # noqa: ANN401  # objects of the JVM, all of them
    keyed_states: Any,  # noqa: ANN401
    operator_states: Any,  # noqa: ANN401
    operator: Any,  # noqa: ANN401
) -> BatchedFunction:
    """Make a batched function of what its operator has.

    Args:
        function: pickled, by whoever submitted the job.
        read_ahead: names of the states that come with each entry.
        runtime_context: of the operator.
        keyed_states: its keyed state backend.
        operator_states: its operator state backend.
        operator: itself.
    """

    def broadcast_state(descriptor: MapStateDescriptor) -> BroadcastStateImpl:
        state = operator_states.getBroadcastState(to_java_state_descriptor(descriptor))
        return BroadcastStateImpl(state, from_type_info(descriptor.type_info))

    runtime = StreamingRuntimeContext.of(runtime_context, {})
    unpickled = pickle.loads(function)  # noqa: S301  # of the job itself
    batched = BatchedFunction(
        unpickled, read_ahead, runtime, operator.select, operator.read, broadcast_state
    )
    backend = KeyedStateBackend(batched, keyed_states)
    runtime.set_keyed_state_backend(backend)
    return batched
