"""The trial operator: counts the trials of one experiment over everybody, keyed by the experiment.

New shares leave for the topic `control`, by which they reach every task, as new plans do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys import codec, count_codec
from journeys.bandit import count, reweigh
from journeys.control import Weigh, dump_command, key_of
from operators.descriptors import TALLY, FlinkContext, Route, Said, routed


class TrialFunction(KeyedProcessFunction):
    """Input: `ROW(report)` keyed by the experiment. Output: `ROUTED` rows for the control topic."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state handle; Flink calls it before any record."""
        self._tally = runtime_context.get_state(TALLY)

    def process_element(self, value: Row, ctx: FlinkContext) -> None:
        """Count one report; the first since the latest shares sets the timer for the next ones."""
        before = count_codec.load_tally(self._tally.value())
        timers = ctx.timer_service()
        tally = count(before, codec.load_trial(value[0]), timers.current_processing_time())
        if tally.due is not None and (before is None or before.due is None):
            timers.register_processing_time_timer(tally.due)
        self._tally.update(count_codec.dump_tally(tally))

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Said]:
        """Compute new shares."""
        del timestamp, ctx
        tally = count_codec.load_tally(self._tally.value())
        if tally is not None:
            tally, weights = reweigh(tally)
            self._tally.update(count_codec.dump_tally(tally))
            command = Weigh(**asdict(weights))
            yield routed(Route.CONTROL, key_of(command), dump_command(command).decode())
