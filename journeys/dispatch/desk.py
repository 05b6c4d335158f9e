"""The desk of one endpoint: decides which calls go out when, and what becomes of each.

A call is offered, waits for its turn, goes out, and ends; after a failure that may pass it goes
out again. Nothing here calls anybody: whoever owns the desk asks it what is `due`, makes those
attempts, and tells it how each `ended`.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush

from journeys.clock import format_duration
from journeys.dispatch import results
from journeys.dispatch.circuit import Circuit
from journeys.dispatch.doubts import Doubts
from journeys.dispatch.memory import Memory
from journeys.dispatch.queue import FairQueue
from journeys.dispatch.rates import Cap, RetryBudget, Taken, Throttle
from journeys.dispatch.ticket import Attempt, Ended, Ticket
from journeys.endpoint import EndpointDefinition, Rate
from journeys.errors import PortError
from journeys.identifiers import draw
from journeys.limits import CONNECTIONS
from journeys.messages import ActionResult

FIRST_PAUSE_MS = 200
LONGEST_PAUSE_MS = 10_000
"""Pauses between attempts double from the first to the longest, each shortened by chance, so that
a service that comes back is not met by all callers at once."""
NO_BUDGET_PAUSE_MS = 1_000
"""How long a retry is put off when there were too many of them."""
SWEEP_MS = 1_000
"""How often the queue is looked through for calls whose turn did not come in time."""


class Desk:
    """All calls to one endpoint, wherever in the job they come from.

    Args:
        limits: those that hold at first.
        now: the present instant, milliseconds.
        usual: calls under way at once where the limits name no number.
        taken: what was taken of cap and throttle before.
    """

    def __init__(
        self,
        limits: EndpointDefinition,
        now: int,
        usual: int = CONNECTIONS,
        taken: Taken | None = None,
    ) -> None:
        self._usual = usual
        self._queue = FairQueue()
        self._running: dict[str, Ticket] = {}
        self._retries: list[tuple[int, int, Ticket]] = []
        self._number = 0
        self._memory = Memory()
        self.doubts = Doubts()
        self._sharing: dict[str, list[Ticket]] = {}
        """Question that is under way to those who asked it after the first."""
        self._budget = RetryBudget(now)
        self._swept_at = now
        self.throttle: Throttle | None = None
        self.cap: Cap | None = None
        self.limit(limits, now, taken)

    def limit(self, limits: EndpointDefinition, now: int, taken: Taken | None = None) -> None:
        """Put the desk under other limits; what is under way goes on.

        Args:
            limits: those that hold from now on.
            now: the present instant.
            taken: what was taken of cap and throttle; by default what this desk knows.
        """
        taken = taken or self.taken
        self.limits = limits
        self.circuit = Circuit(limits.breaker, limits.connections or self._usual)
        self.throttle = Throttle(limits.throttle, now, taken.next_at) if limits.throttle else None
        self.cap = Cap(limits.cap, taken.counted) if limits.cap else None

    @property
    def taken(self) -> Taken:
        """Give what was taken of cap and throttle: it outlives the desk."""
        return Taken(
            self.throttle.next_at if self.throttle else 0, self.cap.counted if self.cap else []
        )

    @property
    def is_idle(self) -> bool:
        """Say whether nothing waits and nothing is under way."""
        return not (self._queue or self._running or self._retries or self.doubts.held)

    @property
    def queued(self) -> int:
        """How many calls wait for their turn, for another attempt, or for what a failure left."""
        return len(self._queue) + len(self._retries) + len(self.doubts.held)

    @property
    def in_flight(self) -> int:
        """How many calls are under way."""
        return len(self._running)

    def wakes_at(self, now: int, step_ms: int) -> int | None:
        """Give when to look again: soon while anything is under way or due; None: never.

        Args:
            now: the present instant.
            step_ms: how long soon is.
        """
        if self._running:
            return now + step_ms
        later = [] if self.doubts.over_at is None else [self.doubts.over_at]
        if self._queue:
            later.append(self._turn_at())
        if self._retries:
            later.append(max(self._retries[0][0], self._turn_at()))
        if self._queue or self._retries:
            later.append(self._swept_at + SWEEP_MS)
        return max(now + step_ms, min(later)) if later else None

    def offer(self, ticket: Ticket, now: int) -> ActionResult | None:
        """Take a call in; give its result if that is known at once."""
        question = ticket.question
        if question is not None:
            known = self._memory.answer(question, now)
            if known is not None:
                return results.remembered(ticket, known, now)
            if question in self._sharing:
                self._sharing[question].append(ticket)
                return None
        at_once = not self._queue and self._has_room(now)
        if len(self._queue) >= self.limits.queue and not at_once:
            detail = f"{self.limits.queue} calls wait for the endpoint already"
            return results.capped(ticket, detail, now)
        self.line_up(ticket)
        return None

    def line_up(self, ticket: Ticket) -> None:
        """Let a call wait for its turn, however many do."""
        if ticket.question is not None:
            self._sharing.setdefault(ticket.question, [])
        self._queue.put(ticket)

    def due(self, now: int) -> tuple[list[Attempt], list[ActionResult]]:
        """Give the attempts that go out now, and the ends of calls that go out no more."""
        attempts: list[Attempt] = []
        ends: list[ActionResult] = []
        for doubtful in self.doubts.over(now):
            self.line_up(doubtful)
        while self._retries and self._retries[0][0] <= now and self._has_room(now):
            self._retry(heappop(self._retries)[2], now, attempts, ends)
        while self._queue and self._has_room(now):
            ticket = self._queue.take()
            if ticket is None or not self._is_within_cap(ticket, now, ends):
                continue
            ticket.first_at = now
            self._budget.earn()
            attempts.append(self._begin(ticket, now))
        if now - self._swept_at >= SWEEP_MS:
            self._swept_at = now
            self._sweep(now, ends)
        return attempts, ends

    def ended(self, ended: Ended) -> list[ActionResult]:
        """Learn how an attempt ended; give the ends of calls that follow from it."""
        ticket = self._running.pop(ended.request_id, None)
        if ticket is None:
            return []  # it was withdrawn, too late to keep it from ending
        now, error = ticket.begun_at + ended.took_ms, ended.error
        self._learn(ended, now)
        if ended.delivery is not None:
            delivery = ended.delivery
            if ticket.question is not None and ticket.keep_ms:
                self._memory.keep(ticket.question, delivery, now + ticket.keep_ms)
            return self._all(ticket, lambda asked: results.delivered(asked, delivery, now))
        if error is None:
            return self._all(ticket, lambda asked: results.late(asked, now))
        ticket.last = error
        if not error.retryable or ticket.attempts >= ticket.max_attempts:
            return self._all(ticket, lambda asked: results.refused(asked, error, now))
        at = now + _pause(ticket, error)
        if at >= ticket.ends_at:
            return self._all(ticket, lambda asked: results.late(asked, now))
        self._put_off(ticket, at)
        return []

    def withdraw(self, profile_id: str) -> list[str]:
        """Give up all calls in the name of an identity, and give their ids."""
        sharing: list[Ticket] = []
        for question, asking in self._sharing.items():
            sharing += [one for one in asking if one.profile_id == profile_id]
            self._sharing[question] = [one for one in asking if one.profile_id != profile_id]
        gone = self._queue.take_out(lambda ticket: ticket.profile_id == profile_id)
        gone += self.doubts.withdraw(profile_id)
        gone += [ticket for _, _, ticket in self._retries if ticket.profile_id == profile_id]
        self._retries = [entry for entry in self._retries if entry[2].profile_id != profile_id]
        heapify(self._retries)
        running = [one for one in self._running.values() if one.profile_id == profile_id]
        for ticket in running:
            del self._running[ticket.request_id]
            self.circuit.given_up(ticket.request_id)
        gone += running
        for ticket in gone:
            for heir in self._sharing.pop(ticket.question or "", []):
                self._ask_for(heir)
        return [ticket.request_id for ticket in (*gone, *sharing)]

    def _ask_for(self, heir: Ticket) -> None:
        """Let a call that shared the answer of one given up be made itself, or share again."""
        if heir.question in self._sharing:
            self._sharing[heir.question].append(heir)
        else:
            self.line_up(heir)

    def _has_room(self, now: int) -> bool:
        if self.throttle is not None and not self.throttle.has_room(now):
            return False
        return self.circuit.may_begin(len(self._running), now)

    def _is_within_cap(self, ticket: Ticket, now: int, ends: list[ActionResult]) -> bool:
        if self.cap is None or self.cap.has_room(now):
            return True
        detail = _over(self.cap.rate)
        ends += self._all(ticket, lambda asked: results.capped(asked, detail, now))
        return False

    def _retry(
        self, ticket: Ticket, now: int, attempts: list[Attempt], ends: list[ActionResult]
    ) -> None:
        if now >= ticket.ends_at:
            ends += self._all(ticket, lambda asked: results.late(asked, now))
        elif not self._budget.spend(now):
            self._put_off(ticket, min(now + NO_BUDGET_PAUSE_MS, ticket.ends_at))
        elif self._is_within_cap(ticket, now, ends):
            attempts.append(self._begin(ticket, now))

    def _begin(self, ticket: Ticket, now: int) -> Attempt:
        if self.throttle is not None:
            self.throttle.take(now)
        if self.cap is not None:
            self.cap.take(now)
        self.circuit.begun(ticket.request_id)
        ticket.attempts += 1
        ticket.begun_at = now
        self._running[ticket.request_id] = ticket
        apart_ms = self.throttle.apart_ms if self.throttle else 0
        return Attempt(ticket.request_id, ticket.ends_at - now, apart_ms)

    def _put_off(self, ticket: Ticket, at: int) -> None:
        self._number += 1
        heappush(self._retries, (at, self._number, ticket))

    def _sweep(self, now: int, ends: list[ActionResult]) -> None:
        """End what waited too long; what is to be tried again has its own, shorter time."""
        wait = self.limits.wait_ms
        for ticket in self._queue.take_before(now - wait):
            ends += self._all(ticket, lambda asked: results.unattended(asked, wait, now))
        over = [ticket for _, _, ticket in self._retries if ticket.ends_at <= now]
        if over:
            self._retries = [entry for entry in self._retries if entry[2].ends_at > now]
            heapify(self._retries)
        for ticket in over:
            ends += self._all(ticket, lambda asked: results.late(asked, now))

    def _learn(self, ended: Ended, now: int) -> None:
        error = ended.error
        if error is not None and not (error.retryable or error.code.startswith(("http_", "smtp_"))):
            self.circuit.given_up(ended.request_id)  # a fault on our side says nothing of theirs
            return
        failed = ended.delivery is None and (error is None or error.retryable)
        after = error.retry_after_ms or 0 if error else 0
        self.circuit.ended(ended.request_id, failed=failed, now=now, after_ms=after)

    def _turn_at(self) -> int:
        """Give when the next call can go out, if nothing else changes."""
        pace = -int(-self.throttle.next_at // 1) if self.throttle else 0
        return max(pace, self.circuit.open_until or 0)

    def _all(self, ticket: Ticket, end: Callable[[Ticket], ActionResult]) -> list[ActionResult]:
        """End a call, and those that asked the same."""
        sharing = [] if ticket.question is None else self._sharing.pop(ticket.question, [])
        return [end(one) for one in (ticket, *sharing)]


def _over(rate: Rate) -> str:
    return f"the endpoint may be called {rate.at_most} times in {format_duration(rate.every_ms)}"


def _pause(ticket: Ticket, error: PortError) -> int:
    if error.retry_after_ms is not None:
        return error.retry_after_ms
    longest: int = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << (ticket.attempts - 1))
    return round(longest * (0.5 + draw("pause", ticket.request_id, ticket.attempts) / 2))
