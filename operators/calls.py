"""Calls in flight: a background event loop that carries out action requests, with retries.

Knows no Flink: the dispatch operator hands requests in and takes results out on its own thread.
The loop's thread must never touch Java objects (design §4).
"""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping

from journeys.errors import PortError
from journeys.messages import ActionRequest, ActionResult, ActionStatus, Delivery
from journeys.outcomes import Reason
from journeys.ports import ActionChannel

OpenChannels = Callable[[], Mapping[str, ActionChannel]]
"""Builds the channels by name. Called once, on the event loop."""

CONCURRENCY = 64
"""Calls at once to one endpoint. One slow endpoint holds its own calls and no others."""
SWITCH_INTERVAL_S = 0.0005
"""How long the loop's thread may keep the interpreter from the operators of the same process; the
default of 5 ms would be met several times by each event."""
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
"""Pauses between attempts double from the first to the longest, each shortened by chance, so that
a service that comes back is not met by all callers at once."""
_WITHHELD = {"egress_denied": Reason.EGRESS_DENIED}
"""Codes of refusals on our own side: nothing was sent."""


class Calls:
    """All calls of one operator instance.

    Call order: `start`, then any number of `submit`, `withdraw` and `finished`, then `stop`.
    """

    def __init__(self, open_channels: OpenChannels, concurrency: int = CONCURRENCY) -> None:
        self._open_channels = open_channels
        self._concurrency = concurrency
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="journeys-calls", daemon=True)
        self._finished: dict[str, deque[ActionResult]] = defaultdict(deque)
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._channels: Mapping[str, ActionChannel] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Start the loop's thread and open the channels."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        except BaseException:
            self.stop()
            raise

    @property
    def is_running(self) -> bool:
        """Say whether the loop's thread runs."""
        return self._thread.is_alive()

    def submit(self, request: ActionRequest) -> None:
        """Begin a call; its result will come out of `finished`."""
        self._loop.call_soon_threadsafe(self._begin, request)

    def withdraw(self, request_id: str) -> None:
        """Give up a call, wherever it stands; it may have ended by now."""
        self._loop.call_soon_threadsafe(self._cancel, request_id)

    def finished(self, endpoint: str) -> list[ActionResult]:
        """Take the results that have come since the last time, of one endpoint."""
        queue = self._finished[endpoint]
        return [queue.popleft() for _ in range(len(queue))]

    def stop(self) -> None:
        """Abandon what is in flight and close the channels."""
        if not self.is_running:
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _open(self) -> None:
        self._channels = self._open_channels()

    async def _close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in self._channels.values():
            await channel.close()

    def _begin(self, request: ActionRequest) -> None:
        task = self._loop.create_task(self._carry_out(request))
        self._tasks[request.request_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(request.request_id, None))

    def _cancel(self, request_id: str) -> None:
        if request_id in self._tasks:
            self._tasks[request_id].cancel()

    async def _carry_out(self, request: ActionRequest) -> None:
        gate = self._gates.get(request.endpoint)
        if gate is None:
            gate = self._gates[request.endpoint] = asyncio.Semaphore(self._concurrency)
        async with gate:
            result = await call(self._channels, request)
        self._finished[request.endpoint].append(result)


async def call(channels: Mapping[str, ActionChannel], request: ActionRequest) -> ActionResult:
    """Carry out one request: attempts with pauses, within its total time. Never raises."""
    attempt = _Attempts(channels.get(request.channel), request)
    started = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(request.timeout_ms / 1000):
            delivery = await attempt.until_accepted()
    except TimeoutError:
        limit = f"no success within {request.timeout_ms} ms"
        detail = f"{limit}; the last attempt said: {attempt.last}" if attempt.last else limit
        ended = _ended(request, ActionStatus.TIMEOUT, "timedout", detail=detail)
    except PortError as error:
        ended = _refused(request, error)
    except Exception as error:  # a defect of a channel fails this call, never the job
        detail = f"{type(error).__name__}: {error}"
        ended = _ended(request, ActionStatus.ERROR, "internalError", detail=detail)
    else:
        ended = _ended(request, ActionStatus.SUCCEEDED, delivery.code)
        ended |= {
            "response": delivery.response,
            "provider_message_id": delivery.provider_message_id,
        }
    latency = asyncio.get_running_loop().time() - started
    return ActionResult(**ended, attempts=attempt.count, latency_ms=round(latency * 1000))  # type: ignore[arg-type]  # named fields


class _Attempts:
    def __init__(self, channel: ActionChannel | None, request: ActionRequest) -> None:
        self.channel = channel
        self.request = request
        self.count = 0
        self.last: PortError | None = None

    async def until_accepted(self) -> Delivery:
        """Try until the provider accepts, says a final no, or the attempts are used up."""
        if self.channel is None:
            message = f"no channel {self.request.channel!r} is set up for this job"
            raise PortError(message, code="internalError", retryable=False)
        while True:
            self.count += 1
            try:
                return await self.channel.send(self.request)
            except PortError as error:
                self.last = error
                if not error.retryable or self.count >= self.request.max_attempts:
                    raise
            await asyncio.sleep(self._pause(self.last))

    def _pause(self, error: PortError) -> float:
        if error.retry_after_ms is not None:
            return error.retry_after_ms / 1000
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (self.count - 1))
        return random.uniform(longest / 2, longest)  # noqa: S311  # spreads load, guards nothing


def _ended(
    request: ActionRequest, status: ActionStatus, code: str, **fields: object
) -> dict[str, object]:
    return {
        "request_id": request.request_id,
        "profile_id": request.profile_id,
        "instance_id": request.instance_id,
        "status": status,
        "code": code,
        **fields,
    }


def _refused(request: ActionRequest, error: PortError) -> dict[str, object]:
    reason = _WITHHELD.get(error.code)
    status = ActionStatus.NOT_SENT if reason else ActionStatus.ERROR
    fields = {"reason": reason, "detail": str(error), "response": error.response}
    return _ended(request, status, error.code, **fields)
