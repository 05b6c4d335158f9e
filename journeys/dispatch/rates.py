"""How many calls go out in what time. Instants are milliseconds."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from journeys.endpoint import Rate

SLACK = 1.02
"""Calls of a throttle are this much further apart than they need be: those that were held up on
their way meet those behind them, and a receiver must not count too many because of that."""
BATCH_MS = 10
"""Calls of a throttle that fall due within this time may go out together."""
SLOTS = 60
"""Parts of the period of a cap that are counted together."""
RETRY_SHARE = 0.2
"""Retries for each first attempt, at most."""
RETRY_RESERVE = 10
"""Retries that may go out besides, at most at once; one comes back each second."""


class Taken(NamedTuple):
    """What was taken of the cap and the throttle of an endpoint."""

    next_at: float = 0
    """When the throttle lets the next call go out."""
    counted: list[list[int]] = []  # noqa: RUF012  # never changed
    """Of the cap: beginning and count of each slot."""


class Throttle:
    """Spaces calls evenly. One that finds no room is to wait."""

    def __init__(self, rate: Rate, now: int, next_at: float) -> None:
        self.apart_ms = rate.every_ms / rate.at_most * SLACK
        # What another rate put far off is nearer by this one.
        self.next_at = min(next_at, now + self.apart_ms)
        """When the next call may go out."""

    def has_room(self, now: int) -> bool:
        """Say whether a call may go out now."""
        return self.next_at <= now

    def take(self, now: int) -> None:
        """Let one go out."""
        self.next_at = max(self.next_at, now - BATCH_MS) + self.apart_ms


class Cap:
    """Counts calls over a sliding period, by slots: never too many, and a slot too few at worst."""

    def __init__(self, rate: Rate, counted: list[list[int]]) -> None:
        self.rate = rate
        self._slot_ms = max(1, rate.every_ms // SLOTS)
        self._slots = deque(list(slot) for slot in counted)
        self._sum = sum(count for _, count in self._slots)

    @property
    def counted(self) -> list[list[int]]:
        """Beginning and count of each slot, as the constructor takes it back."""
        return [list(slot) for slot in self._slots]

    def has_room(self, now: int) -> bool:
        """Say whether a call may go out now."""
        while self._slots and self._slots[0][0] + self._slot_ms + self.rate.every_ms <= now:
            self._sum -= self._slots.popleft()[1]
        return self._sum < self.rate.at_most

    def take(self, now: int) -> None:
        """Count one that goes out."""
        begins = now - now % self._slot_ms
        if self._slots and self._slots[-1][0] == begins:
            self._slots[-1][1] += 1
        else:
            self._slots.append([begins, 1])
        self._sum += 1


class RetryBudget:
    """Keeps retries few beside first attempts, so that they break nothing that is ill already."""

    def __init__(self, now: int) -> None:
        self._left: float = RETRY_RESERVE
        self._since = now

    def earn(self) -> None:
        """Count a first attempt."""
        self._left += RETRY_SHARE

    def spend(self, now: int) -> bool:
        """Take a retry, if there is one left."""
        if self._left < RETRY_RESERVE:
            self._left = min(RETRY_RESERVE, self._left + (now - self._since) / 1000)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
