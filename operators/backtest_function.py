"""The operators of a backtest: one reads files, the other lets people walk.

One element is a person with all that was recorded of them, so that nothing of them is stored and
few calls cross from Java. What was counted is kept when everybody has come: an attempt that fails
begins anew, and what it keeps takes the place of what was kept before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from pyflink.common import Row
from pyflink.common.typeinfo import Types
from pyflink.datastream.functions import ProcessFunction, RuntimeContext

from journeys.backtest.recording import Recorded, pack, unpack
from operators.descriptors import FlinkContext
from operators.subtask import subtask_index

RECORDED = Types.ROW_NAMED(["k", "r"], [Types.STRING(), Types.STRING()])
"""A person, and a record as a text."""


class RecordedFunction(ProcessFunction):
    """Input: the number of a piece of some files. Output: `RECORDED`."""

    def __init__(self, read: Callable[[int], Iterator[tuple[str, Recorded]]]) -> None:
        self._read = read

    def process_element(self, value: int, ctx: FlinkContext) -> Iterator[Row]:
        """Read a piece."""
        del ctx
        for person, recorded in self._read(value):
            yield Row(person, pack(recorded))


class Walking(Protocol):
    """What lets people walk."""

    def take(self, person: str, recorded: Iterable[Recorded]) -> None:
        """Let everything happen that was recorded of a person."""

    def end(self) -> None:
        """Keep what was counted."""


class BacktestFunction(ProcessFunction):
    """Input: `ROW(person, their records as one text)`. No output."""

    def __init__(self, begin: Callable[[int], Walking]) -> None:
        self._begin = begin
        """Given the number of the subtask."""
        self._walking: Walking | None = None

    def open(self, runtime_context: RuntimeContext) -> None:
        """Begin; Flink calls it before anybody comes."""
        self._walking = self._begin(subtask_index(runtime_context))

    def process_element(self, value: Row, ctx: FlinkContext) -> Iterator[str]:
        """Take one person."""
        del ctx
        person, text = value
        if self._walking is not None:
            self._walking.take(person, unpack(person, text))
        return iter(())

    def close(self) -> None:
        """Keep what was counted; Flink calls it when everybody has come."""
        if self._walking is not None:
            self._walking.end()
