"""Which parallel instance of an operator this is, and in which attempt."""

from __future__ import annotations

from typing import Any

from pyflink.datastream.functions import RuntimeContext


def subtask_index(runtime_context: RuntimeContext) -> int:
    """Give the number of this subtask, from 0.

    PyFlink 2.3 asks the runtime context for it, where Flink 2 keeps it in the task's own info.
    """
    return int(_task(runtime_context).getIndexOfThisSubtask())


def attempt_number(runtime_context: RuntimeContext) -> int:
    """Give how often the job that was submitted has failed and begun again."""
    return int(_task(runtime_context).getAttemptNumber())


def _task(runtime_context: RuntimeContext) -> Any:  # noqa: ANN401  # an object of the JVM
    java: Any = runtime_context._runtime_context  # type: ignore[attr-defined]  # noqa: SLF001  # there is no other way in
    return java.getTaskInfo()
