"""The headcount operator: adds up who is inside a version, and retires it when nobody is any more.

Keyed by `journey/version`. What it says goes to `metrics`; that a version is to be retired goes to
`control`, from where every subtask hears it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys import count_codec
from journeys.control import Retire, dump_command, key_of
from journeys.metrics import INSIDE
from journeys.presence import SAY_MS, total
from operators.descriptors import HEADCOUNT, OCCUPANCY, FlinkContext, Route, routed


class HeadcountFunction(KeyedProcessFunction):
    """Input: `ROW(occupancy)` keyed by version. Output: `ROUTED` metrics and commands."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state handles; Flink calls it before any record."""
        self._parts = runtime_context.get_map_state(OCCUPANCY)
        self._counting = runtime_context.get_state(HEADCOUNT)

    def process_element(self, value: Row, ctx: FlinkContext) -> None:
        """Note what a part has said."""
        occupancy = count_codec.load_occupancy(value[0])
        self._parts.put(str(occupancy.bucket), value[0])
        counting = count_codec.load_counting(self._counting.value())
        timers = ctx.timer_service()
        at = timers.current_processing_time() + SAY_MS
        if counting.say_at is None:
            counting.say_at = at
            timers.register_processing_time_timer(at)
            self._counting.update(count_codec.dump_counting(counting))

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Row]:
        """Say how many are inside; retire the version if it has been empty for long enough."""
        journey, _, version = ctx.get_current_key().rpartition("/")
        counting = count_codec.load_counting(self._counting.value())
        headcount = total(count_codec.load_occupancy(text) for _, text in self._parts.items())
        if timestamp == counting.say_at:
            counting.say_at = None
            row = count_codec.dump_headcount(journey, int(version), headcount, timestamp)
            yield routed(Route.METRIC, f"{INSIDE}/{journey}/{version}", row)
        if not headcount.is_over:
            counting.empty_since = None
        elif counting.empty_since is None:
            counting.empty_since = timestamp
            at = timestamp + headcount.retires_after_ms
            ctx.timer_service().register_processing_time_timer(at)
        elif timestamp >= counting.empty_since + headcount.retires_after_ms:
            command = Retire(journey=journey, version=int(version))
            yield routed(Route.CONTROL, key_of(command), dump_command(command).decode())
            self._parts.clear()
            self._counting.clear()
            return
        self._counting.update(count_codec.dump_counting(counting))
