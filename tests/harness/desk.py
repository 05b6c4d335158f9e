"""A desk of an endpoint at work, on a clock that a test moves, with a service by function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from heapq import heappop, heappush

from journeys.dispatch.desk import Desk
from journeys.dispatch.ticket import Ended, Ticket, ticket_of
from journeys.endpoint import EndpointDefinition
from journeys.errors import PortError
from journeys.messages import ActionRequest, ActionResult, Delivery

STEP_MS = 5
OK = Delivery("http_200", {})
BROKEN = PortError("it is ill", code="http_503", retryable=True)
REQUEST = ActionRequest(
    request_id="r",
    profile_id="ann",
    instance_id="i",
    journey_id="j",
    journey_version=1,
    step_id="s",
    action_id="a",
    channel="webhook",
    endpoint="e",
    message={},
    timeout_ms=30_000,
    max_attempts=4,
    requested_at=0,
)
Answer = tuple[int, Delivery | PortError]
"""How long an attempt takes, and how it ends."""


class Play:
    """Lets time pass at a desk. Attempts that take longer than they may end by their time."""

    def __init__(
        self, service: Callable[[str, int], Answer] = lambda *_: (50, OK), **limits: object
    ) -> None:
        definition = EndpointDefinition(id="e", endpoint="e", **limits)  # type: ignore[arg-type]
        self.desk = Desk(definition, 0)
        self.now = 0
        self.service = service
        self.begun: list[tuple[int, str]] = []
        """When each attempt went out, and whose."""
        self.results: dict[str, ActionResult] = {}
        self.most = 0
        self._running: list[tuple[int, int, Ended]] = []

    def ask(self, request_id: str, **fields: object) -> Ticket:
        request = replace(REQUEST, request_id=request_id, **fields)  # type: ignore[arg-type]
        ticket = ticket_of(request, self.now)
        result = self.desk.offer(ticket, self.now)
        self._keep([result] if result else [])
        self._let_out()
        return ticket

    def until(self, instant: int) -> None:
        """Let time pass as the operator does: by the timer that the desk asks for."""
        while (at := self.desk.wakes_at(self.now, STEP_MS)) is not None and at <= instant:
            self.now = at
            while self._running and self._running[0][0] <= self.now:
                self._keep(self.desk.ended(heappop(self._running)[2]))
            self._let_out()
        self.now = max(self.now, instant)

    def first_calls(self) -> list[int]:
        """Give when each call went out first."""
        firsts: dict[str, int] = {}
        for at, name in self.begun:
            firsts.setdefault(name, at)
        return sorted(firsts.values())

    def _let_out(self) -> None:
        attempts, ends = self.desk.due(self.now)
        for attempt in attempts:
            self.begun.append((self.now, attempt.request_id))
            took, answer = self.service(attempt.request_id, self.now)
            ended = _ended(attempt.request_id, took, answer, attempt.time_ms)
            heappush(self._running, (self.now + ended.took_ms, len(self.begun), ended))
        self.most = max(self.most, len(self._running))
        self._keep(ends)

    def _keep(self, results: list[ActionResult]) -> None:
        for result in results:
            assert result.request_id not in self.results, "a call ends once"
            self.results[result.request_id] = result


def _ended(name: str, took: int, answer: Delivery | PortError, time_ms: int) -> Ended:
    if took >= time_ms:
        return Ended(name, time_ms)
    if isinstance(answer, Delivery):
        return Ended(name, took, answer)
    return Ended(name, took, error=answer)
