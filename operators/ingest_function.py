"""The operator that reads files: one element is the number of a piece of a dataset's files.

The source of the numbers is chained to it, so that a piece is taken when the one before is out:
a checkpoint never waits for more than one piece, and holds which piece is next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import orjson
from pyflink.common import Row as FlinkRow
from pyflink.datastream.functions import ProcessFunction

from journeys.definitions import DatasetDefinition
from journeys.ingestion import ROWS_METRIC, outgoing
from journeys.records import DeadLetter
from journeys.rows import Row
from operators.descriptors import FlinkContext, Route, routed


class IngestFunction(ProcessFunction):
    """Input: the number of a piece. Output: `ROUTED` rows, the last of which count the piece."""

    def __init__(
        self, dataset: DatasetDefinition, run: str, read: Callable[[int], Iterator[Row]]
    ) -> None:
        self._dataset = dataset
        self._run = run
        self._read = read

    def process_element(self, value: int, ctx: FlinkContext) -> Iterator[FlinkRow]:
        """Read a piece, and give what is to be sent of it."""
        del ctx
        now = round(time.time() * 1000)
        sent = bad = 0
        for row in self._read(value):
            found = outgoing(self._dataset, row, now)
            if isinstance(found, DeadLetter):
                bad += 1
                yield _row(Route.DEAD_LETTER, found.record.key, found.to_text())
            else:
                sent += 1
                yield _row(found.topic, found.key, found.value.decode())
        for result, count in (("sent", sent), ("bad", bad)):
            key = f"{ROWS_METRIC}/{self._dataset.id}/{self._run}/{value}/{result}"
            yield _row(Route.METRIC, key, self._counted(value, result, count))

    def _counted(self, piece: int, result: str, count: int) -> str:
        """Count rows of a piece: whoever adds them up knows a piece that was read twice."""
        return orjson.dumps(
            {
                "metric": ROWS_METRIC,
                "dataset": self._dataset.id,
                "run": self._run,
                "piece": piece,
                "result": result,
                "value": count,
            }
        ).decode()


def _row(route: str, key: str | None, value: str) -> FlinkRow:
    return FlinkRow(*routed(route, key, value))
