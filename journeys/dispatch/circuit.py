"""Whether an endpoint is well: a circuit breaker that closes again step by step."""

from __future__ import annotations

from collections import deque

from journeys.endpoint import Breaker

LONGEST_PAUSE_MS = 60_000
"""An endpoint that stays broken is tried once in this time at least."""


class Circuit:
    """Leaves an endpoint alone after too many failures, tries it with one call, then with more.

    Closed, all calls go out. Open, none does until the pause is over; then one, the probe. If that
    succeeds, two may be under way, and one more with each success, until all may be again.

    Args:
        breaker: when it opens; None: never.
        connections: how many calls may be under way at once when all is well.
    """

    def __init__(self, breaker: Breaker | None, connections: int) -> None:
        self._breaker = breaker
        self._connections = connections
        self._latest: deque[bool] = deque(maxlen=breaker.of if breaker else 0)
        self._pause_ms = breaker.pause_ms if breaker else 0
        self._ramp: int | None = None
        self._probe: str | None = None
        self.open_until: int | None = None
        """When a probe goes out; None: it is closed."""

    def may_begin(self, running: int, now: int) -> bool:
        """Say whether one more call may go out."""
        if self.open_until is not None:
            return self._probe is None and now >= self.open_until
        return running < (self._connections if self._ramp is None else self._ramp)

    def begun(self, request_id: str) -> None:
        """Note that a call went out."""
        if self.open_until is not None:
            self._probe = request_id

    def given_up(self, request_id: str) -> None:
        """Note that nobody waits for a call any more, and nothing is learnt from it."""
        if request_id == self._probe:
            self._probe = None

    def ended(self, request_id: str, *, failed: bool, now: int, after_ms: int = 0) -> None:
        """Learn from the end of an attempt.

        Args:
            request_id: whose attempt it was.
            failed: whether the endpoint did not do what it should, whoever had asked.
            now: when it ended.
            after_ms: how long the endpoint asked to be left alone.
        """
        if self._breaker is None:
            return
        if self.open_until is not None:
            if request_id == self._probe:
                self._probe = None
                self._judge_probe(self._breaker, now, after_ms, failed=failed)
            return  # others began before it opened
        self._latest.append(failed)
        if self._ramp is not None:
            self._ramp = max(1, self._ramp // 2) if failed else self._ramp + 1
            if self._ramp >= self._connections:
                self._ramp = None
        is_full = len(self._latest) == self._breaker.of
        if is_full and sum(self._latest) * 100 >= self._breaker.failures * self._breaker.of:
            self.open_until = now + max(self._pause_ms, min(after_ms, LONGEST_PAUSE_MS))

    def _judge_probe(self, breaker: Breaker, now: int, after_ms: int, *, failed: bool) -> None:
        if failed:
            longest = max(LONGEST_PAUSE_MS, breaker.pause_ms)
            self._pause_ms = min(self._pause_ms * 2, longest)
            self.open_until = now + max(self._pause_ms, min(after_ms, longest))
            return
        self._pause_ms = breaker.pause_ms
        self._latest.clear()
        self._ramp = 2
        self.open_until = None
