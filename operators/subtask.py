"""Which parallel instance of an operator this is."""

from __future__ import annotations

from typing import Any

from pyflink.datastream.functions import RuntimeContext


def subtask_index(runtime_context: RuntimeContext) -> int:
    """Give the number of this subtask, from 0.

    PyFlink 2.3 asks the runtime context for it, where Flink 2 keeps it in the task's own info.
    """
    java: Any = runtime_context._runtime_context  # type: ignore[attr-defined]  # noqa: SLF001  # there is no other way in
    task = java.getTaskInfo()
    return int(task.getIndexOfThisSubtask())
