"""The watch operator of the reporting job: keeps the ledger and the alerts of one journey.

Keyed by journey. What decides is `journeys.watch`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys.alerts import MINUTE_MS, Alert, AlertRules
from journeys.control import dump_command, key_of
from journeys.metrics import Counted, read_metric
from journeys.records import DeadLetter, read_control
from journeys.watch import Drift, Told, Watch
from journeys.watch_codec import dump_watch, load_watch
from operators.descriptors import COUNTS, WATCH, FlinkContext, Route, Said, routed
from operators.record_row import record_of

TICKS = 12
"""How often it looks while the ledger's window passes."""
LONGEST_TICK_MS = 5_000


class WatchFunction(KeyedProcessFunction):
    """Input: records of `metrics` and `control`, as `JourneyFunction` reads them, keyed by journey.

    Output: `ROUTED` metrics, alerts and commands.
    """

    def __init__(self, rules: AlertRules, *, complete: bool) -> None:
        self._rules = rules
        self._complete = complete
        """Whether the step events that were read begin with the very first."""
        self._tick_ms = min(LONGEST_TICK_MS, rules.drift_ms // TICKS)
        self._watches: dict[str, Watch] = {}

    def open(self, runtime_context: RuntimeContext) -> None:
        """Get the state handles; Flink calls it before any record."""
        self._counts = runtime_context.get_map_state(COUNTS)
        self._watch = runtime_context.get_state(WATCH)

    def process_element(self, value: Row, ctx: FlinkContext) -> Iterator[Said]:
        """Note one metric, or one command."""
        source, record = record_of(value)
        timers = ctx.timer_service()
        now, is_new = timers.current_processing_time(), self._watch.value() is None
        watch = self._known(ctx)
        if source == "control":
            command = read_control(record)
            if not isinstance(command, DeadLetter):
                for alert in watch.hear(command, record.offset + 1, record.timestamp):
                    yield _routed(alert)
        elif (found := read_metric(record.value or b"{}")) is not None:
            watch.take(self._rules, found, now, complete=self._complete)
            if isinstance(found, Counted) and not self._is_past(found, now):
                self._counts.put(record.key, (record.value or b"").decode())
        if is_new:
            timers.register_processing_time_timer(now + self._tick_ms)
        self._watch.update(dump_watch(watch))

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Said]:
        """Look at all that is known, and tell what is to be told."""
        watch, counts = self._known(ctx), []
        for key, text in list(self._counts.items()):
            found = read_metric(text)
            if not isinstance(found, Counted) or self._is_past(found, timestamp):
                self._counts.remove(key)
            else:
                counts.append(found)
        for told in watch.look(self._rules, counts, timestamp):
            yield _routed(told)
        self._watch.update(dump_watch(watch))
        now = max(timestamp, ctx.timer_service().current_processing_time())
        ctx.timer_service().register_processing_time_timer(now + self._tick_ms)

    def _is_past(self, count: Counted, now: int) -> bool:
        return count.minute <= now - self._rules.window_ms - MINUTE_MS

    def _known(self, ctx: FlinkContext) -> Watch:
        """Give what is remembered; samples of ledgers from before a restart are of another time."""
        journey = ctx.get_current_key()
        if journey not in self._watches:
            text = self._watch.value()
            watch = Watch(journey) if text is None else load_watch(text)
            watch.begin_again()
            self._watches[journey] = watch
        return self._watches[journey]


def _routed(told: Told) -> Said:
    match told:
        case Drift():
            return routed(Route.METRIC, told.key, told.to_text())
        case Alert():
            return routed(Route.ALERT, told.key, told.to_text())
        case _:
            return routed(Route.CONTROL, key_of(told), dump_command(told).decode())
