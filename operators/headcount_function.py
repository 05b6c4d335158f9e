"""The headcount operator: adds up who is inside a version, and retires it when nobody is any more.

Keyed by `journey/version`. What it says goes to `metrics`; that a version is to be retired goes to
`control`, from where every subtask hears it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys import count_codec
from journeys.control import Retire, dump_command, key_of
from journeys.metrics import INSIDE
from journeys.presence import SAY_MS, VERSIONS_A_SECOND, Counting, Occupancy, pause_ms, total
from operators.descriptors import HEADCOUNT, OCCUPANCY, FlinkContext, Route, Said, routed


@dataclass(slots=True)
class _Version:
    """What is stored of a version."""

    parts: dict[int, Occupancy]
    counting: Counting


class HeadcountFunction(KeyedProcessFunction):
    """Input: `ROW(occupancy)` keyed by version. Output: `ROUTED` metrics and commands."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state handles; Flink calls it before any record."""
        self._parts = runtime_context.get_map_state(OCCUPANCY)
        self._counting = runtime_context.get_state(HEADCOUNT)
        self._versions: dict[str, _Version] = {}
        """What is stored, read once: to reach the state costs more than all else."""
        self._waiting: set[str] = set()
        """Versions of which it is to be said how many are inside."""

    def process_element(self, value: Row, ctx: FlinkContext) -> None:
        """Note what a part has said."""
        key, known = self._known(ctx)
        occupancy = count_codec.load_occupancy(value[0])
        if occupancy != known.parts.get(occupancy.bucket):
            known.parts[occupancy.bucket] = occupancy
            self._parts.put(str(occupancy.bucket), value[0])
        if known.counting.say_at is None:
            timers = ctx.timer_service()
            after_ms = pause_ms(len(self._waiting), SAY_MS, VERSIONS_A_SECOND)
            at = known.counting.say_at = timers.current_processing_time() + after_ms
            timers.register_processing_time_timer(at)
            self._counting.update(count_codec.dump_counting(known.counting))
            self._waiting.add(key)

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Said]:
        """Say how many are inside; retire the version if it has been empty for long enough."""
        key, known = self._known(ctx)
        journey, _, version = key.rpartition("/")
        counting, headcount = known.counting, total(known.parts.values())
        if timestamp == counting.say_at:
            counting.say_at = None
            self._waiting.discard(key)
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
            del self._versions[key]
            return
        self._counting.update(count_codec.dump_counting(counting))

    def _known(self, ctx: FlinkContext) -> tuple[str, _Version]:
        key: str = ctx.get_current_key()
        known = self._versions.get(key)
        if known is None:
            said = (count_codec.load_occupancy(text) for _, text in self._parts.items())
            counting = count_codec.load_counting(self._counting.value())
            known = _Version({occupancy.bucket: occupancy for occupancy in said}, counting)
            self._versions[key] = known
        return key, known
