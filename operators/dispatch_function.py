"""The dispatch operator: carries out action requests, keyed by the endpoint they share limits with.

Flink's own asynchronous operator refuses thread mode and stalls all calls behind the slowest
(design §4), so this one keeps pending requests in keyed state, calls on an event loop of its own,
and looks for finished calls on its own thread, by a short timer while any are in flight. What is
pending at a failure is asked for again under the same request id, unless its result comes by the
topic of results, where it lies if the call had ended. As all calls to an endpoint pass
through one key, its limits hold over the whole job. When which call goes out, `journeys.dispatch`
decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyflink.common import Row
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext

from journeys import codec, dispatch_codec
from journeys.command import WithdrawCalls
from journeys.dispatch.desk import Desk
from journeys.dispatch.ticket import Attempt, ticket_of
from journeys.dispatch_codec import Doubtful
from journeys.endpoint import EndpointDefinition, Limited
from journeys.limits import CONNECTIONS
from journeys.messages import ActionRequest, ActionResult
from operators.calls import Calls, OpenChannels
from operators.descriptors import ENDED, PENDING, QUOTA, FlinkContext, Route, Said, routed
from operators.measures import Measures
from operators.subtask import attempt_number

LOOK_EVERY_MS = 10
"""How often finished calls are collected, of all endpoints at the same instants: the price is half
of it in latency, and one call into Python."""


class _Endpoint:
    """What an instance of the operator knows of one endpoint while it runs."""

    def __init__(self, name: str, limited: Limited | None, desk: Desk, written: str | None) -> None:
        self.name, self.limited, self.desk = name, limited, desk
        self.written = written
        """What is stored of it."""
        self.is_open = False
        """Whether it was told last that calls are held back."""
        self.is_busy = False
        """Whether it was told last that there are calls."""
        self.remembers = False
        """Whether results of calls that are to be asked for again are stored."""
        self.owed: list[ActionResult] = []
        """Results to give that a failure left."""
        self.alarm: int | None = None


class DispatchFunction(KeyedProcessFunction):
    """Input: `ROW(message)` keyed by endpoint. Output: `ROUTED` rows, results and metrics."""

    def __init__(
        self,
        open_channels: OpenChannels,
        limits: Mapping[str, Limited] | None = None,
        usual: Mapping[str, int] | None = None,
        *,
        after_failure: bool = False,
    ) -> None:
        self._open_channels = open_channels
        self._limits = limits or {}
        """What held at submission, by endpoint; what is said later comes as a message."""
        self._usual = usual or {}
        """Calls under way at once where a channel makes another number than is usual."""
        self._after_failure = after_failure
        """Whether what is pending may have ended all the same."""
        self._endpoints: dict[str, _Endpoint] = {}

    def open(self, runtime_context: RuntimeContext) -> None:
        """Start the event loop; Flink calls it before any record."""
        self._pending = runtime_context.get_map_state(PENDING)
        self._ended = runtime_context.get_map_state(ENDED)
        self._quota = runtime_context.get_state(QUOTA)
        self._after_failure |= attempt_number(runtime_context) > 0
        self._measures = Measures(runtime_context)
        self._calls = Calls(self._open_channels)
        self._calls.start()

    def close(self) -> None:
        """Stop the event loop; what is in flight stays pending in state."""
        self._calls.stop()

    def process_element(self, value: Row, ctx: FlinkContext) -> Iterator[Said]:
        """Take a call, unless the same is pending already; give calls up; or take other limits."""
        now = ctx.timer_service().current_processing_time()
        known = self._known(ctx.get_current_key(), now)
        message = dispatch_codec.load_asked(value[0])
        fresh: ActionRequest | None = None
        match message:
            case WithdrawCalls(profile_id):
                self._withdraw(known, profile_id)
            case Limited():
                _limit(known, message, now)
            case ActionResult():
                yield from self._settle(known, message, value[0], now)
            case Doubtful(request) if self._is_new(request, value[0]):
                yield from self._leave(known.desk.doubts.hold(ticket_of(request, now), now))
            case ActionRequest() if self._is_new(message, value[0]):
                ended = known.desk.doubts.ended.get(message.request_id)
                fresh = message if ended is None else None
                yield from self._leave(ended or known.desk.offer(ticket_of(message, now), now))
        yield from self._go_on(known, now, ctx, fresh)

    def on_timer(self, timestamp: int, ctx: FlinkContext) -> Iterator[Said]:
        """Collect what has finished, and let go out what is due."""
        now = max(timestamp, ctx.timer_service().current_processing_time())
        endpoint = ctx.get_current_key()
        known = self._known(endpoint, now)
        if known.alarm is not None and known.alarm <= timestamp:
            known.alarm = None
        for ended in self._calls.finished(endpoint):
            yield from self._leave(*known.desk.ended(ended))
        yield from self._go_on(known, now, ctx)

    def _go_on(
        self,
        known: _Endpoint,
        now: int,
        ctx: FlinkContext,
        fresh: ActionRequest | None = None,
    ) -> Iterator[Said]:
        """Let go out what is due, store what outlives a failure, and say when to look again."""
        attempts, ends = known.desk.due(now)
        if attempts:
            self._calls.submit([(self._request(attempt, fresh), attempt) for attempt in attempts])
        yield from self._leave(*known.owed, *ends)
        known.owed.clear()
        yield from _told(known, now)
        self._store(known)
        if known.remembers and not known.desk.doubts.ended:
            self._ended.clear()
            known.remembers = False
        self._measure(known, now)
        _look_again(known, now, ctx)

    def _is_new(self, request: ActionRequest, text: str) -> bool:
        """Keep a request until its result has left, and say whether it was not kept already."""
        if self._pending.contains(request.request_id):
            return False
        self._pending.put(request.request_id, text)
        return True

    def _settle(
        self, known: _Endpoint, result: ActionResult, text: str, now: int
    ) -> Iterator[Said]:
        """Take a result that was read again, and keep it if its call is still to be asked for."""
        doubts = known.desk.doubts
        yield from self._leave(doubts.settle(result, now))
        if result.request_id in doubts.ended:
            self._ended.put(result.request_id, text)
            known.remembers = True

    def _leave(self, *results: ActionResult | None) -> Iterator[Said]:
        for result in results:
            if result is not None:
                self._pending.remove(result.request_id)
                yield routed(Route.RESULT, result.profile_id, codec.dump_result(result))

    def _request(self, attempt: Attempt, fresh: ActionRequest | None) -> ActionRequest:
        if fresh is not None and fresh.request_id == attempt.request_id:
            return fresh
        return codec.load_request(self._pending.get(attempt.request_id))

    def _withdraw(self, known: _Endpoint, profile_id: str) -> None:
        """Give up the calls that were asked for in the name of an identity: nobody waits for them.

        Nothing of them is left, so that a failure brings none of them back.
        """
        gone = known.desk.withdraw(profile_id)
        for request_id in gone:
            self._pending.remove(request_id)
        for request_id in known.desk.doubts.forget(profile_id):
            self._ended.remove(request_id)
        self._calls.withdraw(gone)

    def _known(self, endpoint: str, now: int) -> _Endpoint:
        """Give what is known; at first sight of an endpoint, take up what a failure left."""
        known = self._endpoints.get(endpoint)
        if known is None:
            written = self._quota.value()
            stored, taken = dispatch_codec.load_quota(written)
            limited = _later(stored, self._limits.get(endpoint))
            limits = limited.limits if limited else _by_default(endpoint)
            desk = Desk(limits, now, self._usual.get(endpoint, CONNECTIONS), taken)
            known = self._endpoints[endpoint] = _Endpoint(endpoint, limited, desk, written)
            left = [codec.load_request(text) for _, text in self._pending.items()]
            for request in sorted(left, key=lambda request: request.requested_at):
                ticket = ticket_of(request, now)
                if self._after_failure:
                    desk.doubts.hold(ticket, now)
                else:
                    desk.line_up(ticket)
            ended = [codec.load_result(text) for _, text in self._ended.items()]
            known.owed = desk.doubts.recall(ended, now)
            known.remembers = bool(ended)
        return known

    def _measure(self, known: _Endpoint, now: int) -> None:
        """Tell how many calls there are: now and then, and when there are none any more."""
        if self._measures.is_due(now) or (known.is_busy and known.desk.is_idle):
            for name, at in self._endpoints.items():
                at.is_busy = not at.desk.is_idle
                self._measures.set("calls_queued", at.desk.queued, name)
                self._measures.set("calls_in_flight", at.desk.in_flight, name)
            self._measures.tell(now)

    def _store(self, known: _Endpoint) -> None:
        limits = known.desk.limits
        if known.limited is None and limits.cap is None and limits.throttle is None:
            return  # nothing that does not hold of itself
        text = dispatch_codec.dump_quota(known.limited, known.desk.taken)
        if text != known.written:
            self._quota.update(text)
            known.written = text


def _by_default(endpoint: str) -> EndpointDefinition:
    return EndpointDefinition(id=endpoint, endpoint=endpoint)


def _later(one: Limited | None, other: Limited | None) -> Limited | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda limited: limited.revision)


def _limit(known: _Endpoint, said: Limited, now: int) -> None:
    if _later(known.limited, said) is said:
        known.limited = said
        known.desk.limit(said.limits, now)


def _told(known: _Endpoint, now: int) -> Iterator[Said]:
    """Tell when an endpoint begins, or ends, to be left alone."""
    is_open = known.desk.circuit.open_until is not None
    if is_open != known.is_open:
        known.is_open = is_open
        text = dispatch_codec.dump_breaker(known.name, is_open=is_open, at=now)
        yield routed(Route.METRIC, f"journeys_endpoint_open/{known.name}", text)


def _look_again(known: _Endpoint, now: int, ctx: FlinkContext) -> None:
    """Keep a timer at the next instant at which there is anything to look for."""
    at = known.desk.wakes_at(now, 1)
    if at is None:
        return
    at += -at % LOOK_EVERY_MS
    if known.alarm is not None and known.alarm <= at:
        return
    if known.alarm is not None:
        ctx.timer_service().delete_processing_time_timer(known.alarm)
    ctx.timer_service().register_processing_time_timer(at)
    known.alarm = at
