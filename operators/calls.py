"""Calls in flight: a background event loop that makes single attempts.

Knows no Flink and decides nothing: the dispatch operator hands attempts in and takes their ends out
on its own thread. The loop's thread must never touch Java objects (design §4).
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from journeys.dispatch.desk import Desk
from journeys.dispatch.ticket import Attempt, Ended, ticket_of
from journeys.endpoint import EndpointDefinition
from journeys.errors import PortError
from journeys.messages import ActionRequest, ActionResult
from journeys.ports import ActionChannel

OpenChannels = Callable[[], Mapping[str, ActionChannel]]
"""Builds the channels by name. Called once, on the event loop."""

LOOKUPS = 64
"""Names that are looked up at once."""
LEAST_APART_MS = 2.0
"""Calls that follow each other faster are not held apart here: a loop keeps no such time."""


class _Turn:
    """When the next call to an endpoint may go out, and who waits for it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.next_at = 0.0


class Calls:
    """All calls of one operator instance.

    Call order: `start`, then any number of `submit`, `withdraw` and `finished`, then `stop`.
    """

    def __init__(self, open_channels: OpenChannels) -> None:
        self._open_channels = open_channels
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="journeys-calls", daemon=True)
        self._asked: deque[tuple[ActionRequest, Attempt, float]] = deque()
        self._is_awake = False
        """Whether the loop has been told that something is asked, and has not looked yet."""
        self._finished: dict[str, deque[Ended]] = defaultdict(deque)
        self._channels: Mapping[str, ActionChannel] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, _Turn] = defaultdict(_Turn)

    def start(self) -> None:
        """Start the loop's thread and open the channels."""
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

    def submit(self, attempts: Sequence[tuple[ActionRequest, Attempt]]) -> None:
        """Begin attempts; their ends come in `finished`."""
        at = self._loop.time()
        self._asked.extend((request, begun, at) for request, begun in attempts)
        if not self._is_awake:  # to wake it costs more than all else here
            self._is_awake = True
            self._loop.call_soon_threadsafe(self._begin)

    def withdraw(self, request_ids: Sequence[str]) -> None:
        """Give up attempts, wherever they stand; they may have ended by now."""
        self._loop.call_soon_threadsafe(self._cancel, request_ids)

    def finished(self, endpoint: str) -> list[Ended]:
        """Take the ends that have come since the last time, of one endpoint."""
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
        # Names are looked up in threads: a few hosts whose names are slow must not hold up all.
        self._loop.set_default_executor(ThreadPoolExecutor(LOOKUPS, "journeys-names"))
        self._channels = self._open_channels()

    async def _close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in self._channels.values():
            await channel.close()

    def _begin(self) -> None:
        self._is_awake = False  # before it looks: what is asked from here on wakes it again
        while self._asked:
            request, begun, at = self._asked.popleft()
            task = self._loop.create_task(self._make(request, begun, at))
            self._tasks[request.request_id] = task

    def _cancel(self, request_ids: Sequence[str]) -> None:
        for request_id in request_ids:
            if request_id in self._tasks:
                self._tasks[request_id].cancel()

    async def _make(self, request: ActionRequest, begun: Attempt, at: float) -> None:
        try:
            if begun.apart_ms >= LEAST_APART_MS:
                await self._stand_apart(request.endpoint, begun.apart_ms)
            channel = self._channels.get(request.channel)
            ended = await attempt(channel, request, begun.time_ms, at)
        finally:
            del self._tasks[request.request_id]
        self._finished[request.endpoint].append(ended)

    async def _stand_apart(self, endpoint: str, apart_ms: float) -> None:
        """Wait until the call before has gone out for long enough.

        The desk spaces calls on its own clock; whatever holds this thread up would let those that
        gathered meanwhile go out together.
        """
        turn = self._turns[endpoint]
        async with turn.lock:
            while (wait := turn.next_at - self._loop.time()) > 0:
                await asyncio.sleep(wait)
            turn.next_at = self._loop.time() + apart_ms / 1000


async def carry_out(channel: ActionChannel | None, request: ActionRequest) -> ActionResult:
    """Carry one request out by itself, through all its attempts, as the job would."""
    loop = asyncio.get_running_loop()
    desk = Desk(EndpointDefinition(id=request.endpoint, endpoint=request.endpoint), 0)
    desk.offer(ticket_of(request, 0), 0)
    ends: list[ActionResult] = []
    while not ends:
        now = round(loop.time() * 1000)
        begun, ends = desk.due(now)
        for one in begun:
            ends += desk.ended(await attempt(channel, request, one.time_ms, loop.time()))
        if not ends:
            await asyncio.sleep(((desk.wakes_at(now, 1) or now) - now) / 1000)
    return ends[0]


async def attempt(
    channel: ActionChannel | None, request: ActionRequest, time_ms: int, at: float
) -> Ended:
    """Make one attempt within a time that began at an instant of the loop. Never raises."""
    delivery, error = None, None
    try:
        if channel is None:
            message = f"no channel {request.channel!r} is set up for this job"
            raise PortError(message, code="internalError", retryable=False)  # noqa: TRY301
        async with asyncio.timeout_at(at + time_ms / 1000):
            delivery = await channel.send(request)
    except TimeoutError:
        pass
    except PortError as refusal:
        error = refusal
    except Exception as defect:  # of a channel: it fails this call, never the job
        detail = f"{type(defect).__name__}: {defect}"
        error = PortError(detail, code="internalError", retryable=False)
    took_ms = round((asyncio.get_running_loop().time() - at) * 1000)
    return Ended(request.request_id, took_ms, delivery, error)
