"""The tally operator: adds up who is inside a version, and retires it when nobody is any more.

Keyed by `journey/version`. What it says goes to `metrics`; that a version is to be retired goes to
`control`, from where every subtask hears it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys import codec
from journeys.control import Retire, dump_command, key_of
from journeys.presence import RETIRE_AFTER_MS, SAY_MS, total
from operators.descriptors import OCCUPANCY, TALLY, FlinkContext, Route, routed


class TallyFunction(KeyedProcessFunction):
    """Input: `ROW(occupancy)` keyed by version. Output: `ROUTED` metrics and commands."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state handles; Flink calls it before any record."""
        self._parts = runtime_context.get_map_state(OCCUPANCY)
        self._tally = runtime_context.get_state(TALLY)

    def process_element(self, value: Row, ctx: FlinkContext) -> None:
        """Note what a part has said."""
        occupancy = codec.load_occupancy(value[0])
        self._parts.put(str(occupancy.bucket), value[0])
        tallying = codec.load_tallying(self._tally.value())
        timers = ctx.timer_service()
        at = timers.current_processing_time() + SAY_MS
        if tallying.say_at is None:
            tallying.say_at = at
            timers.register_processing_time_timer(at)
            self._tally.update(codec.dump_tallying(tallying))

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Row]:
        """Say how many are inside; retire the version if it has been empty for long enough."""
        journey, _, version = ctx.get_current_key().rpartition("/")
        tallying = codec.load_tallying(self._tally.value())
        tally = total(codec.load_occupancy(text) for _, text in self._parts.items())
        if timestamp == tallying.say_at:
            tallying.say_at = None
            row = codec.dump_tally(journey, int(version), tally, timestamp)
            yield routed(Route.METRIC, "journeys_inside", row)
        if not tally.is_over:
            tallying.empty_since = None
        elif tallying.empty_since is None:
            tallying.empty_since = timestamp
            ctx.timer_service().register_processing_time_timer(timestamp + RETIRE_AFTER_MS)
        elif timestamp >= tallying.empty_since + RETIRE_AFTER_MS:
            command = Retire(journey=journey, version=int(version))
            yield routed(Route.CONTROL, key_of(command), dump_command(command).decode())
            self._parts.clear()
            self._tally.clear()
            return
        self._tally.update(codec.dump_tallying(tallying))
