"""The presence operator: knows who is inside a part of a version, and nudges them in sweeps.

Keyed by part (`journeys.presence`). What it nudges goes through the topic `nudges`, keyed by
person, because a Flink graph has no cycle; Flink's own way to visit all keys is missing in Python.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import islice

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys import count_codec
from journeys.presence import (
    AGAIN_MS,
    FILL,
    PARTS_A_SECOND,
    PER_TICK,
    TELL_MS,
    TICK_MS,
    Part,
    Place,
    Sweep,
    pause_ms,
    read_part_name,
)
from operators.descriptors import INSIDE, PART, FlinkContext, Route, Said, routed


class PresenceFunction(KeyedProcessFunction):
    """Input: `ROW(presence or sweep)` keyed by part. Output: `ROUTED` nudges and occupancies."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state handles; Flink calls it before any record."""
        self._inside = runtime_context.get_map_state(INSIDE)
        self._part = runtime_context.get_state(PART)
        self._parts: dict[str, Part] = {}
        """What is stored of each part, read once: to reach the state costs more than all else."""
        self._lines: dict[str, deque[str]] = defaultdict(deque)
        """Part to those who are to be nudged; lined up anew after a failure."""
        self._again: dict[str, int] = {}
        """Part to the instant before which nobody is lined up again."""
        self._waiting: set[str] = set()
        """Parts whose timer is set."""

    def process_element(self, value: Row, ctx: FlinkContext) -> Iterator[Said]:
        """Take in who came, followed or went; or begin a sweep."""
        key, part = self._known(ctx)
        told = count_codec.load_told(value[0])
        if isinstance(told, Place):
            self._move(part, told)
        else:
            part.begin(told, (place.revision for place in self._places()))
            self._lines.pop(key, None)
            self._again.pop(key, None)
        if part.behind:
            self._wake(key, part, ctx, TICK_MS)
        elif isinstance(told, Sweep):
            yield from _said(key, part)  # at once: whoever said it may wait for that
        elif part.timer is None:
            self._wake(key, part, ctx, pause_ms(len(self._waiting), TELL_MS, PARTS_A_SECOND))
        self._keep(key, part)

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Said]:
        """Nudge the next ones in line, and say how many are inside."""
        key, part = self._known(ctx)
        if part.timer != timestamp:
            return
        part.timer = None
        self._waiting.discard(key)
        if part.behind:
            for profile_id in self._next(key, part, timestamp):
                yield routed(Route.NUDGE, profile_id, count_codec.dump_nudge())
            self._wake(key, part, ctx, TICK_MS)
        yield from _said(key, part)
        self._keep(key, part)

    def _known(self, ctx: FlinkContext) -> tuple[str, Part]:
        key: str = ctx.get_current_key()
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = count_codec.load_part(self._part.value())
        return key, part

    def _places(self) -> Iterator[Place]:
        return (count_codec.load_place(text) for _, text in self._inside.items())

    def _move(self, part: Part, place: Place) -> None:
        known = self._inside.get(place.instance_id)
        before = None if known is None else count_codec.load_place(known).revision
        part.move(before, place.revision)
        if place.revision is None:
            self._inside.remove(place.instance_id)
        else:
            self._inside.put(place.instance_id, count_codec.dump_place(place))

    def _keep(self, key: str, part: Part) -> None:
        if part.is_forgotten:
            self._part.clear()
            del self._parts[key]
        else:
            self._part.update(count_codec.dump_part(part))

    def _next(self, key: str, part: Part, now: int) -> list[str]:
        line = self._lines[key]
        if not line and now >= self._again.get(key, 0):
            behind = (p.profile_id for p in self._places() if part.is_behind(p.revision))
            line.extend(dict.fromkeys(islice(behind, FILL)))
            self._again[key] = now + AGAIN_MS + len(line) * TICK_MS // PER_TICK
        return [line.popleft() for _ in range(min(PER_TICK, len(line)))]

    def _wake(self, key: str, part: Part, ctx: FlinkContext, after_ms: int) -> None:
        """Set the one timer, unless it is set to an earlier instant."""
        timers = ctx.timer_service()
        at = timers.current_processing_time() + after_ms
        if part.timer is None or at < part.timer:
            timers.register_processing_time_timer(at)
            part.timer = at
            self._waiting.add(key)


def _said(key: str, part: Part) -> Iterator[Said]:
    """Say how many are inside."""
    if not part.is_gone:
        journey, version, bucket = read_part_name(key)
        occupancy = count_codec.dump_occupancy(part.occupancy(bucket))
        yield routed(Route.OCCUPANCY, f"{journey}/{version}", occupancy)
