"""What may have been done already: calls that a failure left, or that records ask for again.

After a failure the job goes on from its last checkpoint. Calls that were made since then are asked
for again, as nothing that was stored knows of them; but the results of those that ended lie on the
topic of results, and are read again too. So such calls are held for a while: of each whose result
comes, the result is given again, and only the others are made. Those were under way.

A result may come before its call is asked for again. Whoever owns the doubts stores what has
`ended`: the next failure does not bring that result once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from journeys.dispatch.ticket import Ticket
from journeys.messages import ActionResult

DOUBT_MS = 10_000
"""For how long after a failure calls are doubtful, and how long they are held after the last that
was heard of any of them."""
LONGEST_MS = 60_000
"""How long they are held at most."""
MAX_ENDED = 100_000
"""Results that are kept for calls which may be asked for again."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What an operator that goes on after a failure makes of the time before it and just after."""

    begun_at: int
    """When it began to work."""
    after_failure: bool
    """Whether it goes on from one."""

    def is_doubtful(self, now: int) -> bool:
        """Say whether what is asked for now may have been asked for, and done, before."""
        return self.after_failure and now < self.begun_at + DOUBT_MS

    def is_before(self, timestamp: int) -> bool:
        """Say whether a record was written before the operator began, and may come again."""
        return self.after_failure and timestamp < self.begun_at


class Doubts:
    """Calls of one endpoint that may have been made."""

    def __init__(self) -> None:
        self.held: dict[str, Ticket] = {}
        self.ended: dict[str, ActionResult] = {}
        """Results that came before their calls were asked for again, by request."""
        self._since: int | None = None
        self._until = 0

    @property
    def over_at(self) -> int | None:
        """When those that are held are made after all, and results forgotten; None: never."""
        return self._until if self.held or self.ended else None

    def recall(self, ended: Iterable[ActionResult], now: int) -> list[ActionResult]:
        """Take up the results that were kept when a failure came; give those of held calls."""
        return [result for result in ended if self.settle(result, now) is not None]

    def hold(self, ticket: Ticket, now: int) -> ActionResult | None:
        """Hold a call, unless its result has come."""
        self._begin(now)
        result = self.ended.get(ticket.request_id)
        if result is None:
            self.held[ticket.request_id] = ticket
        return result

    def settle(self, result: ActionResult, now: int) -> ActionResult | None:
        """Take a result that came again; give it if its call is held, or else keep it for a while.

        Of a call that is asked for later the result has come first.
        """
        self._begin(now)
        if self.held.pop(result.request_id, None) is not None:
            return result
        if len(self.ended) < MAX_ENDED:
            self.ended[result.request_id] = result
        return None

    def over(self, now: int) -> list[Ticket]:
        """Give the calls that are to be made after all, once it is time, and forget results."""
        if self._since is None or now < self._until:
            return []
        released = list(self.held.values())
        self.held.clear()
        self.ended.clear()
        self._since = None
        return released

    def withdraw(self, profile_id: str) -> list[Ticket]:
        """Give up those in the name of an identity."""
        gone = [ticket for ticket in self.held.values() if ticket.profile_id == profile_id]
        for ticket in gone:
            del self.held[ticket.request_id]
        return gone

    def forget(self, profile_id: str) -> list[str]:
        """Forget the results of an identity, and give the ids of their requests."""
        gone = [name for name, result in self.ended.items() if result.profile_id == profile_id]
        for name in gone:
            del self.ended[name]
        return gone

    def _begin(self, now: int) -> None:
        if self._since is None:
            self._since = now
        self._until = min(now + DOUBT_MS, self._since + LONGEST_MS)
