"""One draft, or two side by side, over the same people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from journeys.backtest.recording import Recorded
from journeys.backtest.tally import Kind, Tally
from journeys.backtest.walking import Backtest

EXAMPLES = 3
"""People who are named for each journey that only one of two lets them into."""


class Trial:
    """Lets everybody walk through each side, and tells who enters journeys on one side only."""

    def __init__(self, sides: Sequence[Backtest]) -> None:
        """Begin with one or two sides."""
        self.sides = sides

    @property
    def tallies(self) -> list[Tally]:
        """What was counted so far, side by side."""
        return [side.tally for side in self.sides]

    def take(self, person: str, recorded: Iterable[Recorded]) -> None:
        """Let everything happen that was recorded of a person, on each side."""
        known = list(recorded)
        entered = [side.walk(person, known) for side in self.sides]
        for side, here, there in zip(self.sides, entered, reversed(entered), strict=True):
            for journey in here - there:
                side.tally[Kind.ONLY_HERE, journey] += 1
                if side.tally[Kind.ONLY_HERE, journey] <= EXAMPLES:
                    side.tally[Kind.EXAMPLE, journey, person] += 1
