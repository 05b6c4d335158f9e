"""The dispatch operator: carries out action requests, keyed by the endpoint they share limits with.

Flink's own asynchronous operator refuses thread mode and stalls all calls behind the slowest
(design §4), so this one keeps pending requests in keyed state, calls on an event loop of its own,
and looks for finished calls on its own thread, by a short timer while any are in flight. What is
pending at a failure is asked for again under the same request id.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys import codec
from journeys.command import WithdrawCalls
from journeys.formats import to_text
from operators.calls import Calls, OpenChannels
from operators.descriptors import PENDING, FlinkContext, Route, routed

LOOK_EVERY_MS = 5
"""How often finished calls are collected: the price is this much latency and one timer."""


class DispatchFunction(KeyedProcessFunction):
    """Input: `ROW(request)` keyed by endpoint. Output: `ROUTED` rows for the results topic."""

    def __init__(self, open_channels: OpenChannels) -> None:
        self._open_channels = open_channels
        self._in_flight: dict[str, set[str]] = {}
        """Endpoint to the ids of the requests that this instance has begun."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Start the event loop; Flink calls it before any record."""
        self._pending = runtime_context.get_map_state(PENDING)
        self._calls = Calls(self._open_channels)
        self._calls.start()

    def close(self) -> None:
        """Stop the event loop; what is in flight stays pending in state."""
        self._calls.stop()

    def process_element(self, value: Row, ctx: FlinkContext) -> None:
        """Begin a call, unless the same request is already pending; or give calls up."""
        in_flight = self._of(ctx.get_current_key())
        request = codec.load_asked(value[0])
        if isinstance(request, WithdrawCalls):
            self._withdraw(request.profile_id)
            return
        if self._pending.contains(request.request_id):
            return
        self._pending.put(request.request_id, value[0])
        if not in_flight:
            self._look_soon(ctx)
        in_flight.add(request.request_id)
        self._calls.submit(request)

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Row]:
        """Collect what has finished."""
        endpoint = ctx.get_current_key()
        in_flight = self._of(endpoint)
        for result in self._calls.finished(endpoint):
            in_flight.discard(result.request_id)
            if not self._pending.contains(result.request_id):
                continue  # it was withdrawn, too late to keep it from ending
            self._pending.remove(result.request_id)
            yield routed(Route.RESULT, result.profile_id, codec.dump_result(result))
        if in_flight:
            self._look_soon(ctx)

    def _withdraw(self, profile_id: str) -> None:
        """Give up the calls that were asked for in the name of an identity: nobody waits for them.

        Nothing of them is left, so that a failure brings none of them back.
        """
        written = to_text(profile_id)  # looking for it first is much faster than reading all
        for request_id, text in list(self._pending.items()):
            if written in text and codec.load_request(text).profile_id == profile_id:
                self._pending.remove(request_id)
                self._calls.withdraw(request_id)

    def _of(self, endpoint: str) -> set[str]:
        """Give the calls in flight; at first sight of an endpoint, begin what a failure left.

        The timer that looks for them was set before the failure and is restored with the state.
        """
        in_flight = self._in_flight.get(endpoint)
        if in_flight is None:
            in_flight = self._in_flight[endpoint] = set()
            for request_id, text in self._pending.items():
                in_flight.add(request_id)
                self._calls.submit(codec.load_request(text))
        return in_flight

    @staticmethod
    def _look_soon(ctx: FlinkContext) -> None:
        timers = ctx.timer_service()
        timers.register_processing_time_timer(timers.current_processing_time() + LOOK_EVERY_MS)
