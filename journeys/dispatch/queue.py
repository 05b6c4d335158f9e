"""Whose turn it is: transactional calls before marketing, and journeys in turn within each."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from journeys.dispatch.ticket import Ticket


class FairQueue:
    """Calls that wait. No journey holds up another, however many calls it has.

    Within one journey the first come goes first, so the heads of all lines are the oldest.
    """

    def __init__(self) -> None:
        self._classes: tuple[OrderedDict[str, deque[Ticket]], ...] = (OrderedDict(), OrderedDict())
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Ticket]:
        return (ticket for lines in self._classes for line in lines.values() for ticket in line)

    def put(self, ticket: Ticket) -> None:
        """Let a call wait behind the others of its journey."""
        lines = self._classes[ticket.is_marketing]
        line = lines.get(ticket.journey_id)
        if line is None:
            line = lines[ticket.journey_id] = deque()
        line.append(ticket)
        self._size += 1

    def take(self) -> Ticket | None:
        """Give the call whose turn it is; its journey is the last in turn from then on."""
        for lines in self._classes:
            for journey, line in lines.items():
                ticket = line.popleft()
                self._size -= 1
                del lines[journey]
                if line:
                    lines[journey] = line
                return ticket
        return None

    def take_before(self, offered: int) -> list[Ticket]:
        """Take out those that came before an instant."""
        taken: list[Ticket] = []
        for lines in self._classes:
            for journey, line in list(lines.items()):
                while line and line[0].offered_at < offered:
                    taken.append(line.popleft())
                if not line:
                    del lines[journey]
        self._size -= len(taken)
        return taken

    def take_out(self, is_meant: Callable[[Ticket], bool]) -> list[Ticket]:
        """Take out those that are meant, wherever they stand."""
        taken = [ticket for ticket in self if is_meant(ticket)]
        if taken:
            kept = [ticket for ticket in self if not is_meant(ticket)]
            self._classes = (OrderedDict(), OrderedDict())
            self._size = 0
            for ticket in kept:
                self.put(ticket)
        return taken
